using System.CommandLine;
using System.Globalization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>Which classifier, and how its classes are called: what the verbs that use one share.</summary>
internal sealed class ClassifierOptions
{
    private const int MostSuggestions = 5;

    private readonly Option<string> _weights = new("--weights") { Description = "Weights of a classifier: .caffemodel, .pth, .safetensors, .npz.", Required = true, HelpName = "file" };
    private readonly Option<string?> _net = new("--net") { Description = "The classifier's name; told by the weights if not given.", HelpName = "name" };
    private readonly Option<string?> _prototxt = new("--prototxt") { Description = "The definition of a net of Caffe that is in no list; --weights is its .caffemodel.", HelpName = "file" };
    private readonly Option<string?> _classes = new("--classes") { Description = "A file with the name of a class in each line; ImageNet's are known.", HelpName = "file" };
    private readonly Option<string?> _input = InputOption.Create();
    private readonly Option<int> _top = Numbers.WholeNumber("--top", "How many classes are listed.", 5, 1, 1000);

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_weights);
        verb.Add(_net);
        verb.Add(_prototxt);
        verb.Add(_classes);
        verb.Add(_input);
        verb.Add(_top);
    }

    /// <summary>Loads the classifier.</summary>
    /// <exception cref="UsageException">Two options say which net it is.</exception>
    /// <exception cref="FcnSharpException">A file cannot be read or does not fit.</exception>
    public NamedClassifier Open(ParseResult parsed, IDevice device)
    {
        string weights = parsed.GetRequiredValue(_weights);
        string? definition = parsed.GetValue(_prototxt);
        string? net = parsed.GetValue(_net);
        if (definition is not null && net is not null)
        {
            throw new UsageException("--net and --prototxt both say which net it is; give one of them");
        }

        string? file = parsed.GetValue(_classes);
        string[]? given = file is null ? null : [.. ClassFile.Read(file).Select(c => c.Name)];
        Preprocessing? input = InputOption.Parse(parsed.GetValue(_input));
        Classifier classifier = definition is null ? Classifier.Load(weights, device, net, input) : Classifier.LoadCaffe(weights, definition, device, input);
        if (given is not null && given.Length != classifier.Names.Count)
        {
            classifier.Dispose();
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{file} names {given.Length} classes, {classifier.Net} has {classifier.Names.Count}; give the file that belongs to the weights."));
        }

        return new NamedClassifier(classifier, given ?? classifier.Names, parsed.GetValue(_top));
    }

    /// <summary>A classifier, what its classes are called, and how many of them are listed.</summary>
    internal sealed record NamedClassifier(Classifier Classifier, IReadOnlyList<string> Names, int Top) : IDisposable
    {
        /// <summary>The classes of the largest numbers, the largest first.</summary>
        public IReadOnlyList<ClassScore> Best(IReadOnlyList<float> probabilities) =>
            [.. probabilities.Select((p, i) => new ClassScore(i, Names[i], p)).OrderByDescending(s => s.Probability).ThenBy(s => s.Index).Take(Top)];

        /// <summary>The index of a class by its number, its name, or one of its names where commas part them.</summary>
        /// <exception cref="FcnSharpException">There is none, or several.</exception>
        public int Find(string text)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                return index < Names.Count ? index : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"--class {index}: the classes are 0 to {Names.Count - 1}."));
            }

            int[] found = [.. Names.Index().Where(n => n.Item.Split(',', StringSplitOptions.TrimEntries).Append(n.Item).Any(name => Same(name, text))).Select(n => n.Index)];
            return found switch
            {
                [int one] => one,
                [] => throw new FcnSharpException($"--class: there is no class '{text}'{Suggestion(text)}; give one of the names or an index."),
                _ => throw new FcnSharpException($"--class: '{text}' names {string.Join(" and ", found.Select(i => i.ToString(CultureInfo.InvariantCulture)))}; give the index."),
            };
        }

        /// <inheritdoc/>
        public void Dispose() => Classifier.Dispose();

        private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

        private string Suggestion(string text)
        {
            string[] near = [.. Names.Where(n => text.Length > 0 && n.Contains(text, StringComparison.OrdinalIgnoreCase)).Take(MostSuggestions)];
            return near.Length == 0 ? "" : $", but {string.Join(", ", near)}";
        }
    }
}

/// <summary>A class and how probable it is.</summary>
/// <param name="Index">The class.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Probability">From 0 to 1.</param>
internal sealed record ClassScore(int Index, string Name, float Probability);
