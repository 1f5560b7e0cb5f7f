using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace FcnSharp.Cli.Hosting;

/// <summary>The values of the options that every verb has.</summary>
/// <param name="Threads">How many threads may compute; null for as many as the machine, or its cgroup, has cores.</param>
/// <param name="Quiet">Whether only results and errors are written.</param>
internal sealed record SharedValues(int? Threads, bool Quiet);

/// <summary>The options that every verb has.</summary>
internal sealed class SharedOptions
{
    private readonly Option<int?> _threads = new("--threads")
    {
        Description = "How many threads may compute; as many as there are cores if not given.",
        HelpName = "n",
        Recursive = true,
        CustomParser = ParseThreads,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "Write results and errors only, no progress.",
        Recursive = true,
    };

    /// <summary>Adds the options to the root, from which every verb has them.</summary>
    public void AddTo(Command root)
    {
        root.Add(_threads);
        root.Add(_quiet);
    }

    /// <summary>Reads the options' values.</summary>
    public SharedValues Read(ParseResult parsed) => new(parsed.GetValue(_threads), parsed.GetValue(_quiet));

    private static int? ParseThreads(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads > 0)
        {
            return threads;
        }

        result.AddError($"--threads needs a whole number of at least 1, found '{text}'");
        return null;
    }
}
