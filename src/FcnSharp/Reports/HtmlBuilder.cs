using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace FcnSharp.Reports;

/// <summary>
/// Collects markup from interpolated strings: what is typed in the code is markup, what is in braces is text and gets escaped.
/// Nothing that a user named can thus become a tag. Numbers are written the same under every culture.
/// </summary>
internal sealed class HtmlBuilder
{
    private readonly StringBuilder _text = new();

    /// <summary>Appends markup with escaped values.</summary>
#pragma warning disable CA1822 // The handler's constructor receives this builder and has written everything by the time of the call.
    public void Write([InterpolatedStringHandlerArgument("")] ref Markup markup)
#pragma warning restore CA1822
    {
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Escape(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => _text.Append("&amp;"),
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '"' => _text.Append("&quot;"),
                '\'' => _text.Append("&#39;"),

                // Control characters are not allowed in a page, not even escaped.
                < ' ' and not '\n' and not '\t' => _text.Append(' '),
                _ => _text.Append(c),
            };
        }
    }

    /// <summary>What the compiler turns an interpolated string into.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Markup
    {
        private readonly HtmlBuilder _html;

        /// <summary>The compiler passes both lengths to every handler; the builder grows by itself.</summary>
        public Markup(int literalLength, int formattedCount, HtmlBuilder html) => _html = html;

        public void AppendLiteral(string markup) => _html._text.Append(markup);

        public void AppendFormatted(string? text) => _html.Escape(text);

        public void AppendFormatted<T>(T value, string? format = null)
            where T : IFormattable => _html.Escape(value.ToString(format, CultureInfo.InvariantCulture));
    }
}
