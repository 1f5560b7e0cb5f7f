using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Numpy;

/// <summary>
/// What a .npy file says of its array: 6 bytes of magic, a version, the length of the header, and the header, a Python dict
/// of descr, fortran_order and shape. It is parsed by this grammar alone, never evaluated.
/// Source: the documentation of NumPy's module numpy.lib.format, versions 1.0 to 3.0.
/// </summary>
/// <param name="Descr">The element type as NumPy writes it, such as &lt;f4; "a record" for one with fields.</param>
/// <param name="FortranOrder">Whether the first axis runs fastest.</param>
/// <param name="Dimensions">The size along each axis, outermost first.</param>
internal sealed record NpyHeader(string Descr, bool FortranOrder, long[] Dimensions)
{
    /// <summary>How a type with fields is described here.</summary>
    public const string RecordType = "a record";

    private const int MaxLength = 1 << 16;
    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The stored type if it is a floating-point one that is read here.</summary>
    public ElementType? Type => Descr is [('<' or '>' or '=') and _, 'f', var digit]
        ? digit switch { '2' => ElementType.F16, '4' => ElementType.F32, '8' => ElementType.F64, _ => null }
        : null;

    /// <summary>Whether the most significant byte of each element comes first.</summary>
    public bool BigEndian => Descr[0] == '>';

    /// <summary>Whether a file starts as .npy files do.</summary>
    public static bool Recognises(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    /// <summary>Reads the header; the source then stands at the first element.</summary>
    /// <exception cref="FcnSharpException">No sound header of a version from 1 to 3.</exception>
    public static NpyHeader Read(ByteSource source)
    {
        Span<byte> prefix = stackalloc byte[Magic.Length + 2];
        source.ReadExactly(prefix);
        byte version = prefix[Magic.Length];
        if (!prefix.StartsWith(Magic) || version is < 1 or > 3)
        {
            throw Invalid(source, "it does not start with the mark of a .npy file of version 1 to 3");
        }

        Span<byte> length = stackalloc byte[sizeof(uint)];
        length.Clear();
        source.ReadExactly(length[..(version == 1 ? 2 : 4)]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (count > MaxLength || count > source.Remaining)
        {
            throw Invalid(source, string.Create(CultureInfo.InvariantCulture, $"it announces a header of {count} bytes, expected at most {Math.Min(MaxLength, source.Remaining)}"));
        }

        byte[] text = new byte[count];
        source.ReadExactly(text);
        return new Parser((version == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text), source).Parse();
    }

    /// <summary>The bytes before the elements of a little-endian F32 array in C order, padded to a multiple of 64.</summary>
    public static byte[] Write(Shape shape)
    {
        string sizes = string.Concat(shape.ToArray().Select(n => string.Create(CultureInfo.InvariantCulture, $"{n}, ")));
        string dimensions = shape.Rank == 1 ? sizes.TrimEnd(' ') : sizes.TrimEnd(',', ' ');
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dimensions}), }}";
        int before = Magic.Length + 4;
        int total = (before + header.Length + 1 + 63) / 64 * 64;
        byte[] bytes = new byte[total];
        Magic.CopyTo(bytes, 0);
        bytes[Magic.Length] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(Magic.Length + 2), (ushort)(total - before));
        Encoding.ASCII.GetBytes(header.PadRight(total - before - 1) + "\n").CopyTo(bytes, before);
        return bytes;
    }

    private static FcnSharpException Invalid(ByteSource source, string what) =>
        new($"{ErrorText.OneLine(source.Path)}: {source.What} is not a sound .npy array: {what}; export it again.");

    /// <summary>Reads {'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), } with the keys in any order, each once.</summary>
    private sealed class Parser(string text, ByteSource source)
    {
        private const int MaxAxes = 64;
        private int _at;

        public NpyHeader Parse()
        {
            string? descr = null;
            bool? fortran = null;
            long[]? shape = null;
            Expect('{');
            while (!Accept('}'))
            {
                string key = Quoted();
                Expect(':');
                switch (key)
                {
                    case "descr" when descr is null:
                        descr = Type();
                        break;
                    case "fortran_order" when fortran is null:
                        fortran = Truth();
                        break;
                    case "shape" when shape is null:
                        shape = Dimensions();
                        break;
                    default:
                        throw Broken();
                }

                if (!Accept(','))
                {
                    Expect('}');
                    break;
                }
            }

            SkipSpace();
            return _at == text.Length && descr is not null && fortran is not null && shape is not null
                ? new NpyHeader(descr, fortran.Value, shape)
                : throw Broken();
        }

        private string Type()
        {
            if (Next() is '\'' or '"')
            {
                string type = Quoted();
                return type.Length > 0 ? type : throw Broken();
            }

            // The fields of a record: skipped, by counting brackets outside of quotes.
            int depth = 0;
            do
            {
                switch (Next())
                {
                    case '[' or '(':
                        depth++;
                        _at++;
                        break;
                    case ']' or ')':
                        depth--;
                        _at++;
                        break;
                    case '\'' or '"' when depth > 0:
                        Quoted();
                        break;
                    case (',' or (>= '0' and <= '9')) when depth > 0:
                        _at++;
                        break;
                    default:
                        throw Broken();
                }
            }
            while (depth > 0);
            return RecordType;
        }

        private long[] Dimensions()
        {
            List<long> sizes = [];
            Expect('(');
            while (!Accept(')'))
            {
                int start = SkipSpace();
                while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                {
                    _at++;
                }

                if (!long.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long size) || sizes.Count == MaxAxes)
                {
                    throw Broken();
                }

                // Python 2 marked long integers so.
                Accept('L');
                sizes.Add(size);
                if (!Accept(','))
                {
                    Expect(')');
                    break;
                }
            }

            return [.. sizes];
        }

        private bool Truth()
        {
            SkipSpace();
            foreach ((string word, bool value) in (ReadOnlySpan<(string, bool)>)[("True", true), ("False", false)])
            {
                if (text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
                {
                    _at += word.Length;
                    return value;
                }
            }

            throw Broken();
        }

        private string Quoted()
        {
            char quote = Next();
            int end = quote is '\'' or '"' ? text.IndexOf(quote, _at + 1) : -1;
            if (end < 0)
            {
                throw Broken();
            }

            string inside = text[(_at + 1)..end];
            _at = end + 1;
            return inside.Contains('\\', StringComparison.Ordinal) ? throw Broken() : inside;
        }

        private bool Accept(char expected)
        {
            SkipSpace();
            bool found = _at < text.Length && text[_at] == expected;
            _at += found ? 1 : 0;
            return found;
        }

        private void Expect(char expected)
        {
            if (!Accept(expected))
            {
                throw Broken();
            }
        }

        private char Next()
        {
            SkipSpace();
            return _at < text.Length ? text[_at] : throw Broken();
        }

        private int SkipSpace()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n')
            {
                _at++;
            }

            return _at;
        }

        private FcnSharpException Broken() => Invalid(source, string.Create(CultureInfo.InvariantCulture, $"its header {ErrorText.Quote(text.Trim())} is not a dict of descr, fortran_order and shape (at character {_at})"));
    }
}
