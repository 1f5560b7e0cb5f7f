using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace FcnSharp.Cli.Hosting;

/// <summary>The values of the options that every verb has.</summary>
/// <param name="Threads">How many threads may compute; null for as many as the machine, or its cgroup, has cores.</param>
/// <param name="Quiet">Whether only results and errors are written.</param>
/// <param name="Kernels">Name of the kernels to compute with; null for the best.</param>
/// <param name="Exact">Whether convolutions compute their sums as they are defined, without a short cut that rounds more.</param>
/// <param name="Gpu">Number of NVIDIA's graphics processor to compute on; null for the machine's own processor.</param>
internal sealed record SharedValues(int? Threads, bool Quiet, string? Kernels = null, bool Exact = false, int? Gpu = null);

/// <summary>The options that every verb has.</summary>
internal sealed class SharedOptions
{
    private const string Exact = "exact";
    private const string Cpu = "cpu";
    private const string Cuda = "cuda";

    private readonly Option<int?> _threads = new("--threads")
    {
        Description = "How many threads may compute; as many as there are cores if not given.",
        HelpName = "n",
        Recursive = true,
        CustomParser = ParseThreads,
    };

    private readonly Option<string?> _kernels = new("--kernels")
    {
        Description = "Kernels to compute with: avx512, avx2, portable128 or reference; the best this machine has if not given.",
        HelpName = "set",
        Recursive = true,
    };

    private readonly Option<string?> _precision = new("--precision")
    {
        Description = "fast (the default) takes short cuts that round a little more, exact never does.",
        HelpName = "fast|exact",
        Recursive = true,
        CustomParser = ParsePrecision,
    };

    // Hidden while nets do not run there: so far it tells whether NVIDIA's libraries are found.
    private readonly Option<string?> _device = new("--device")
    {
        Description = "What to compute on: cpu, or cuda or cuda:N, the NVIDIA graphics processor of that number.",
        HelpName = "cpu|cuda[:n]",
        Recursive = true,
        Hidden = true,
        CustomParser = ParseDevice,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "Write results and errors only, no progress.",
        Recursive = true,
    };

    /// <summary>Creates the options.</summary>
    public SharedOptions()
    {
        _kernels.CompletionSources.Add("avx512", "avx2", "portable128", "reference");
        _precision.CompletionSources.Add("fast", Exact);
    }

    /// <summary>Adds the options to the root, from which every verb has them.</summary>
    public void AddTo(Command root)
    {
        root.Add(_threads);
        root.Add(_kernels);
        root.Add(_precision);
        root.Add(_device);
        root.Add(_quiet);
    }

    /// <summary>Reads the options' values.</summary>
    public SharedValues Read(ParseResult parsed) => new(parsed.GetValue(_threads), parsed.GetValue(_quiet), parsed.GetValue(_kernels), parsed.GetValue(_precision) == Exact, GpuOf(parsed.GetValue(_device)));

    private static string? ParsePrecision(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (text is not ("fast" or Exact))
        {
            result.AddError($"--precision is fast or exact, found '{text}'");
        }

        return text;
    }

    private static string? ParseDevice(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (text != Cpu && GpuOf(text) is null)
        {
            result.AddError($"--device is cpu, cuda or cuda:N, found '{text}'");
        }

        return text;
    }

    private static int? GpuOf(string? device) =>
        device == Cuda ? 0
        : device?.StartsWith(Cuda + ":", StringComparison.Ordinal) == true && int.TryParse(device.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal) ? ordinal
        : null;

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
