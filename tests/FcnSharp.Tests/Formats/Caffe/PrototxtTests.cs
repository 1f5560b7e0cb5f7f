using FcnSharp.Formats.Caffe;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>Protobuf's text format: every way of writing a value, and what is refused, with its place.</summary>
public sealed class PrototxtTests
{
    private const string Source = "net.prototxt";

    [Fact]
    public void Messages_may_have_a_colon_or_angle_brackets_and_nest()
    {
        PrototxtMessage root = Parse("a { b: { c < d: 1 > } }");

        Assert.Equal(1, root.Message("a")!.Message("b")!.Message("c")!.Integer("d", 0));
    }

    [Fact]
    public void Repeated_fields_and_lists_are_the_same()
    {
        PrototxtMessage root = Parse("dim: 1 dim: 2 dim: [3, 4] empty: [] m: [{ x: 1 }, { x: 2 }] m { x: 3 }");

        Assert.Equal([1, 2, 3, 4], root.Integers("dim"));
        Assert.False(root.Has("empty"));
        Assert.Equal([1, 2, 3], root.Messages("m").Select(m => m.Integer("x", 0)));
    }

    [Fact]
    public void Comments_separators_and_blank_lines_do_not_matter()
    {
        PrototxtMessage root = Parse("\uFEFF# first\r\na: 1, b: 2; # rest of the line { \" '\r\n\t\n c:3 # at the end");

        Assert.Equal([1, 2, 3], root.Fields.Select(f => root.Integer(f.Name, 0)));
        Assert.Equal([(2, 1), (2, 7), (4, 2)], root.Fields.Select(f => (f.Line, f.Column)));
    }

    [Theory]
    [InlineData("""  "plain" """, "plain")]
    [InlineData("""  'single "inside"' """, "single \"inside\"")]
    [InlineData("""  "one" 'two'  "three" """, "onetwothree")]
    [InlineData("""  "\n\r\t\a\b\f\v\\\'\"\?" """, "\n\r\t\a\b\f\v\\'\"?")]
    [InlineData("""  "\101\60\0x\x41\x7a" """, "A0\0xAz")]
    [InlineData("""  "\303\251 \xc3\xa9 \u00e9 \U0001F600 é" """, "é é é 😀 é")]
    [InlineData("""  "{\'split\': \'train\', \'mean\': (104.00699, 116.66877)}" """, "{'split': 'train', 'mean': (104.00699, 116.66877)}")]
    [InlineData("""  "# no comment" """, "# no comment")]
    public void Strings_are_unescaped_and_joined(string written, string expected) =>
        Assert.Equal(expected, Parse("s: " + written).Text("s"));

    [Theory]
    [InlineData("7", 7)]
    [InlineData("-7", -7)]
    [InlineData("- 7", -7)]
    [InlineData("0", 0)]
    [InlineData("0x1F", 31)]
    [InlineData("010", 8)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("-2147483648", int.MinValue)]
    public void Whole_numbers_are_decimal_hexadecimal_or_octal(string written, int expected) =>
        Assert.Equal(expected, Parse("n: " + written).Integer("n", 99));

    [Theory]
    [InlineData("1e-14", 1e-14f)]
    [InlineData("1E+2", 100f)]
    [InlineData("0.0005", 0.0005f)]
    [InlineData(".5", 0.5f)]
    [InlineData("-2.5f", -2.5f)]
    [InlineData("3.", 3f)]
    [InlineData("4", 4f)]
    public void Numbers_have_fractions_and_exponents(string written, float expected) =>
        Assert.Equal(expected, Parse("n: " + written).Number("n", 99));

    [Fact]
    public void Truth_values_and_words()
    {
        PrototxtMessage root = Parse("a: true b: false c: 1 d: 0 e: t f: MAX");

        Assert.Equal([true, false, true, false, true], "abcde".Select(n => root.Flag(n.ToString(), n is 'b' or 'd')));
        Assert.Equal("MAX", root.Word("f", ""));
        Assert.True(root.Flag("absent", true));
        Assert.Equal("AVE", root.Word("absent", "AVE"));
    }

    [Theory]
    [InlineData("a: 1\nb {\n  c: 2\n", 4, 1, "not closed")]
    [InlineData("a: 1 }", 1, 6, "expected a field's name")]
    [InlineData("a 1", 1, 3, "expected ':' or '{'")]
    [InlineData("a: \"open\nb: 1", 1, 4, "no closing quote")]
    [InlineData("a: 'open", 1, 4, "no closing quote")]
    [InlineData("a: \"\\q\"", 1, 4, "unknown escape")]
    [InlineData("a: \"\\x\"", 1, 4, "escape without digits")]
    [InlineData("a: \"\\uD800\"", 1, 4, "no character")]
    [InlineData("a: @", 1, 4, "unexpected character")]
    [InlineData("a: 1\n  b: }", 2, 6, "expected a value of 'b'")]
    [InlineData("a: -\"x\"", 1, 5, "expected a value of 'a'")]
    [InlineData("a: [1, 2", 1, 9, "expected ',' or ']'")]
    [InlineData("a: [1 2]", 1, 7, "expected ',' or ']'")]
    [InlineData("[ext.name]: 1", 1, 1, "expected a field's name")]
    public void What_is_no_text_format_is_refused_with_its_place(string text, int line, int column, string problem)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Parse(text));

        Assert.StartsWith($"{Source}:{line}:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        FormatAssert.AssertOneLine(error.Message);
    }

    [Theory]
    [InlineData("x: 'text'")]
    [InlineData("x: 1.5")]
    [InlineData("x: 2147483648")]
    [InlineData("x: 0xFFFFFFFFFFFFFFFF")]
    [InlineData("x: 08")]
    [InlineData("x: MAX")]
    [InlineData("x { }")]
    [InlineData("x: 1 x: 2")]
    public void A_whole_number_is_refused_when_it_is_none_or_two(string text) => RefusesAt(() => Parse(text).Integer("x", 0));

    [Theory]
    [InlineData("x: inf")]
    [InlineData("x: nan")]
    [InlineData("x: 1e99")]
    [InlineData("x: 1.2.3")]
    [InlineData("x: '1'")]
    public void A_number_is_refused_when_it_is_none_or_not_finite(string text) => RefusesAt(() => Parse(text).Number("x", 0));

    [Fact]
    public void Other_kinds_are_refused_as_well()
    {
        PrototxtMessage root = Parse("x: 2");

        RefusesAt(() => root.Flag("x", true));
        RefusesAt(() => root.Text("x"));
        RefusesAt(() => root.Word("x", ""));
        RefusesAt(() => root.Message("x"));
        RefusesAt(() => Parse("x: 'true'").Flag("x", true));
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("a{", depth)) + string.Concat(Enumerable.Repeat("}", depth));

        Assert.Single(Parse(Nested(100)).Fields);
        Assert.Contains("nested more than 100 deep", Assert.Throws<FcnSharpException>(() => Parse(Nested(101))).Message, StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => Parse(Nested(1_000_000)));
    }

    [Fact]
    public void Files_that_are_absent_or_too_large_are_refused()
    {
        using TempFolder folder = new();
        string large = folder["large.prototxt"];
        File.WriteAllText(large, new string(' ', (4 << 20) + 1));

        FormatAssert.Refuses(() => Prototxt.Read(folder["none.prototxt"]), "none.prototxt", "not found");
        FormatAssert.Refuses(() => Prototxt.Read(folder.Root), folder.Root, "cannot be read");
        FormatAssert.Refuses(() => Prototxt.Read(large), large, "give the net's definition");
    }

    private static PrototxtMessage Parse(string text) => Prototxt.Parse(text, Source);

    private static void RefusesAt(Action action)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(action);
        Assert.StartsWith($"{Source}:1:", error.Message, StringComparison.Ordinal);
        FormatAssert.AssertOneLine(error.Message);
    }
}
