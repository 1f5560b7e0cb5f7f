using System.CommandLine;
using FcnSharp.Data;

namespace FcnSharp.Cli.Commands;

/// <summary>What the labels of a dataset mean where its layout does not say it, or says it wrongly: what the verbs that read datasets share.</summary>
internal sealed class LabelOptions
{
    private readonly Option<int?> _void = new("--void") { Description = "The label of pixels that do not count; the layout's if not given.", HelpName = "n" };
    private readonly Option<bool> _reduceZero = new("--reduce-zero") { Description = "Label 0 is void, label k is class k - 1." };
    private readonly Option<string?> _classes = new("--classes") { Description = "A file with a line 'name r g b' for each class.", HelpName = "file" };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [_void, _reduceZero, _classes];

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in All)
        {
            verb.Add(option);
        }
    }

    /// <summary>What was asked for.</summary>
    public FolderOptions Read(ParseResult parsed) => new()
    {
        IgnoreIndex = parsed.GetValue(_void),
        ReduceZero = parsed.GetValue(_reduceZero) ? true : null,
        ClassFilePath = parsed.GetValue(_classes),
    };
}
