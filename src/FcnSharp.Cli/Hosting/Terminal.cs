namespace FcnSharp.Cli.Hosting;

/// <summary>
/// The streams of the process. Results go to the output and nothing else does, so that it can be piped;
/// everything else goes to the error stream, which has one line that can be rewritten where it is a terminal.
/// Safe to call from several threads: a signal may arrive while progress is written.
/// </summary>
internal sealed class Terminal
{
    /// <summary>The width assumed where the real one cannot be asked for.</summary>
    public const int DefaultWidth = 80;

    private const int ContinuationIndent = 2;

    private readonly Lock _gate = new();
    private readonly Func<int> _width;
    private int _liveLength;

    /// <summary>Creates a terminal on two writers.</summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where messages and progress go.</param>
    /// <param name="isLive">Whether the error stream is a terminal whose last line can be rewritten.</param>
    /// <param name="width">The terminal's width in columns now; null for the default.</param>
    public Terminal(TextWriter output, TextWriter error, bool isLive = false, Func<int>? width = null)
    {
        Output = output;
        Error = error;
        IsLive = isLive;
        _width = width ?? (() => DefaultWidth);
    }

    /// <summary>Where paths come from that a verb takes from standard input; nothing unless told otherwise.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>How many columns results have room for; null where they do not go to a terminal, so that they can be searched line by line.</summary>
    public int? OutputWidth { get; init; }

    /// <summary>Where results go.</summary>
    public TextWriter Output { get; }

    /// <summary>Where messages and progress go.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether the error stream is a terminal whose last line can be rewritten.</summary>
    public bool IsLive { get; }

    /// <summary>The terminal's width in columns now.</summary>
    public int Width => _width();

    /// <summary>How many characters the live line has room for.</summary>
    public int UsableWidth => Math.Max(1, Width - 1);

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess()
    {
        // Without colours or cursor movement there is nothing for NO_COLOR to switch off; a dumb terminal gets plain lines.
        bool isDumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal(Console.Out, Console.Error, !Console.IsErrorRedirected && !isDumb, ConsoleWidth) { Input = Console.In, OutputWidth = Console.IsOutputRedirected || isDumb ? null : ConsoleWidth() };
    }

    /// <summary>Writes a line that stays to the error stream, above the live line if there is one; on a terminal it is broken at blanks.</summary>
    public void WriteErrorLine(string text)
    {
        lock (_gate)
        {
            ClearLiveLine();
            Error.WriteLine(IsLive && !text.Contains('\n', StringComparison.Ordinal) ? TextWrap.AtBlanks(text, Width, ContinuationIndent) : text);
        }
    }

    /// <summary>Rewrites the live line, cut to the width; only where <see cref="IsLive"/>.</summary>
    public void RewriteLiveLine(string text)
    {
        lock (_gate)
        {
            // The last column stays free: writing into it makes some terminals wrap.
            string line = text[..Math.Min(text.Length, UsableWidth)];
            Error.Write('\r' + line.PadRight(_liveLength));
            Error.Flush();
            _liveLength = line.Length;
        }
    }

    private static int ConsoleWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : DefaultWidth;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return DefaultWidth;
        }
    }

    // Overwritten with blanks and not with an escape sequence, which old Windows consoles print as it is.
    private void ClearLiveLine()
    {
        if (_liveLength > 0)
        {
            // Two more than were written: the terminal itself has put ^C there when it was pressed.
            Error.Write('\r' + new string(' ', Math.Max(_liveLength, Math.Min(_liveLength + 2, UsableWidth))) + '\r');
            _liveLength = 0;
        }
    }
}
