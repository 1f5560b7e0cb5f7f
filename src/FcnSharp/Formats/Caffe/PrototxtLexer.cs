using System.Globalization;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>What a token of the text format is.</summary>
internal enum PrototxtToken
{
    /// <summary>A name: of a field, of an enum's value, true, false, inf, nan.</summary>
    Identifier,

    /// <summary>A number without its sign, as it is written.</summary>
    Number,

    /// <summary>A string in quotes, unescaped.</summary>
    Text,

    /// <summary>One punctuation character.</summary>
    Symbol,

    /// <summary>The end of the text.</summary>
    End,
}

/// <summary>Cuts protobuf's text format into tokens. One pass, one token of memory.</summary>
/// <param name="text">The whole text.</param>
/// <param name="source">Where it is from, for messages.</param>
internal sealed class PrototxtLexer(string text, string source)
{
    private const string Symbols = ":{}<>[],;-/.";

    private readonly string _text = text;
    private int _at;
    private int _lineStart;
    private int _lineNumber = 1;

    /// <summary>The kind of the current token.</summary>
    public PrototxtToken Kind { get; private set; } = PrototxtToken.End;

    /// <summary>The current token's text; of a string its content.</summary>
    public string Value { get; private set; } = "";

    /// <summary>The current token's line, from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>The current token's column, from 1.</summary>
    public int Column { get; private set; } = 1;

    /// <summary>Whether the current token is this symbol.</summary>
    public bool Is(char symbol) => Kind == PrototxtToken.Symbol && Value[0] == symbol;

    /// <summary>Goes to the next token.</summary>
    /// <exception cref="FcnSharpException">A character that belongs to no token, or a string without an end.</exception>
    public void Next()
    {
        SkipBlanks();
        (Line, Column) = (_lineNumber, _at - _lineStart + 1);
        if (_at == _text.Length)
        {
            (Kind, Value) = (PrototxtToken.End, "");
            return;
        }

        char c = _text[_at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            Take(PrototxtToken.Identifier, LengthWhile(_at, static c => char.IsAsciiLetterOrDigit(c) || c == '_'));
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])))
        {
            Take(PrototxtToken.Number, NumberLength());
        }
        else if (c is '"' or '\'')
        {
            (Kind, Value) = (PrototxtToken.Text, ReadText(c));
        }
        else if (Symbols.Contains(c, StringComparison.Ordinal))
        {
            Take(PrototxtToken.Symbol, 1);
        }
        else
        {
            throw Error($"unexpected character {ErrorText.Quote(c.ToString())}; remove it, or put text into quotes");
        }
    }

    /// <summary>The current token as a message shows it.</summary>
    public string Describe() => Kind == PrototxtToken.End ? "the end of the file" : ErrorText.Quote(Value);

    /// <summary>A refusal at the current token.</summary>
    public FcnSharpException Error(string problem) => PrototxtError.At(source, Line, Column, problem);

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == '\n')
            {
                _at++;
                (_lineNumber, _lineStart) = (_lineNumber + 1, _at);
            }
            else if (c == '#')
            {
                int end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            else if (c is ' ' or '\t' or '\r' or '\f' or '\v' || (c == '\uFEFF' && _at == 0))
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private void Take(PrototxtToken kind, int length)
    {
        (Kind, Value) = (kind, _text.Substring(_at, length));
        _at += length;
    }

    private int LengthWhile(int start, Func<char, bool> belongs)
    {
        int end = start;
        while (end < _text.Length && belongs(_text[end]))
        {
            end++;
        }

        return end - start;
    }

    // A sign belongs to a number only behind its exponent's letter, which in a hexadecimal number is a digit.
    private int NumberLength()
    {
        bool hexadecimal = _text.AsSpan(_at).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        int end = _at;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '.'
            || (_text[end] is '+' or '-' && !hexadecimal && _text[end - 1] is 'e' or 'E')))
        {
            end++;
        }

        return end - _at;
    }

    private string ReadText(char quote)
    {
        // Escapes give bytes, and the bytes are UTF-8.
        List<byte> bytes = [];
        Span<byte> encoded = stackalloc byte[4];
        _at++;
        while (true)
        {
            if (_at == _text.Length || _text[_at] == '\n')
            {
                throw Error("the string has no closing quote; add it on the same line");
            }

            char c = _text[_at];
            if (c == quote)
            {
                _at++;
                return Encoding.UTF8.GetString([.. bytes]);
            }

            if (c == '\\')
            {
                _at++;
                ReadEscape(bytes);
                continue;
            }

            Rune.DecodeFromUtf16(_text.AsSpan(_at), out Rune rune, out int used);
            bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            _at += used;
        }
    }

    private void ReadEscape(List<byte> bytes)
    {
        char c = _at < _text.Length ? _text[_at++] : '\0';
        switch (c)
        {
            case 'n': bytes.Add((byte)'\n'); break;
            case 'r': bytes.Add((byte)'\r'); break;
            case 't': bytes.Add((byte)'\t'); break;
            case 'a': bytes.Add(7); break;
            case 'b': bytes.Add((byte)'\b'); break;
            case 'f': bytes.Add((byte)'\f'); break;
            case 'v': bytes.Add((byte)'\v'); break;
            case '\\' or '\'' or '"' or '?': bytes.Add((byte)c); break;
            case >= '0' and <= '7':
                _at--;
                bytes.Add(unchecked((byte)ReadDigits(most: 3, digitBits: 3)));
                break;
            case 'x' or 'X':
                bytes.Add((byte)ReadDigits(most: 2, digitBits: 4));
                break;
            case 'u':
                AddRune(bytes, ReadDigits(most: 4, digitBits: 4));
                break;
            case 'U':
                AddRune(bytes, ReadDigits(most: 8, digitBits: 4));
                break;
            default:
                throw Error($"the string has the unknown escape {ErrorText.Quote("\\" + c)}; write a backslash as \\\\");
        }
    }

    private uint ReadDigits(int most, int digitBits)
    {
        uint value = 0;
        int count = 0;
        for (; count < most && _at < _text.Length && char.IsAsciiHexDigit(_text[_at]); count++, _at++)
        {
            int digit = Convert.ToInt32(_text[_at].ToString(), 16);
            if (digit >> digitBits != 0)
            {
                break;
            }

            value = (value << digitBits) | (uint)digit;
        }

        return count > 0 ? value : throw Error("the string has an escape without digits; write a backslash as \\\\");
    }

    private void AddRune(List<byte> bytes, uint code)
    {
        if (!Rune.IsValid(code))
        {
            throw Error(string.Create(CultureInfo.InvariantCulture, $"the string has the escape of {code:X}, which is no character; correct it"));
        }

        Span<byte> encoded = stackalloc byte[4];
        bytes.AddRange(encoded[..new Rune(code).EncodeToUtf8(encoded)]);
    }
}
