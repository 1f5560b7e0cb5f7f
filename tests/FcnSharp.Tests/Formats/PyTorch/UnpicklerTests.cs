using System.Globalization;
using System.Numerics;
using FcnSharp.Formats.PyTorch;
using Xunit;
using static FcnSharp.Tests.Formats.PyTorch.TorchBytes;

namespace FcnSharp.Tests.Formats.PyTorch;

/// <summary>The stack machine on pickles written by hand.</summary>
public sealed class UnpicklerTests
{
    private const string Name = "hand.pth";

    [Fact]
    public void Every_plain_value_is_read()
    {
        object? value = Read(Pickle(
            "(N", 0x88, 0x89, Number(-5), "K", 200, "M", 0x34, 0x12,
            0x8A, 0, 0x8A, 2, 0xFF, 0xFF, 0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1,
            "G", 0x3F, 0xF8, 0, 0, 0, 0, 0, 0,
            Text("ä"), 0x8C, 1, "b", 0x8D, 2, 0, 0, 0, 0, 0, 0, 0, "cd", "U", 1, 0xE4, "T", 1, 0, 0, 0, "f", "t"));

        object?[] items = Assert.IsType<PickleTuple>(value).Items;
        Assert.Equal([null, true, false, -5L, 200L, 0x1234L, 0L, -1L, BigInteger.Pow(2, 64), 1.5, "ä", "b", "cd", "ä", "f"], items);
    }

    [Fact]
    public void Containers_marks_and_the_memo_work_as_in_Python()
    {
        // {'a': [1, 2, 3], 'b': (1,), 'c': ()} with the tuple remembered, a value thrown away, and 'a' set twice.
        byte[] pickle = Pickle(
            "}q", 0, "(", Text("a"), "N", Text("b"), "K", 1, 0x85, 0x94, Text("c"), ")u",
            Text("a"), "](K", 1, "K", 2, "eK", 3, "as", "h", 1, "0", "(NN1");
        PickleDict dict = Assert.IsType<PickleDict>(Read(pickle));

        Assert.Equal(["a", "b", "c"], dict.Items.Select(item => item.Key));
        Assert.Equal([1L, 2L, 3L], Assert.IsType<PickleList>(dict.Get("a")).Items);
        Assert.Equal([1L], Assert.IsType<PickleTuple>(dict.Get("b")).Items);
        Assert.Empty(Assert.IsType<PickleTuple>(dict.Get("c")).Items);
    }

    [Fact]
    public void An_OrderedDict_of_pairs_is_filled_and_its_state_ignored()
    {
        byte[] pickle = Pickle("ccollections\nOrderedDict\n](](", Text("x"), "K", 1, "e", Text("y"), "K", 2, 0x86, "e", 0x85, "R}b");

        PickleDict dict = Assert.IsType<PickleDict>(Read(pickle));

        Assert.Equal([new("x", 1L), new KeyValuePair<object?, object?>("y", 2L)], dict.Items);
    }

    public static TheoryData<byte[], string> Broken => new()
    {
        { [], "ends in the middle" },
        { Join(0x80, 2), "ends in the middle" },
        { Join(0x80, 1, "N."), "protocol 1" },
        { Join(0x80, 6, "N."), "protocol 6" },
        { Pickle(), "before its value is complete" },
        { Pickle("NN"), "before its value is complete" },
        { Pickle("(N"), "before its value is complete" },
        { Pickle("0"), "where there is none" },
        { Pickle("N(0"), "where there is none" },
        { Pickle("t"), "where there is none" },
        { Pickle("N", 0x86), "where there is none" },
        { Pickle("R"), "where there is none" },
        { Pickle("q", 0), "where there is none" },
        { Pickle("Nq", 1), "out of order" },
        { Pickle("Nr", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }), "out of order" },
        { Pickle("h", 0), "never remembered" },
        { Pickle("j", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }), "never remembered" },
        { Pickle("NNa"), "no list" },
        { Pickle("N(Ne"), "no list" },
        { Pickle("N(NNu"), "no dict" },
        { Pickle("}(NNNu"), "key without its value" },
        { Pickle("X", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }), "announces 4294967295 bytes" },
        { Pickle(0x8D, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }), "announces 18446744073709551615 bytes" },
        { Pickle(0x95, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80 }, "N"), "announces" },
        { Pickle(0x8A, 65, new byte[65]), "65 bytes" },
        { Pickle(0x8C, 2, 0xFF, 0xFE), "Unicode" },
        { Pickle("c" + new string('m', 2000) + "\nn\n"), "does not end" },
        { Pickle("ccollections"), "does not end" },
        { Pickle("NN", 0x93), "no text" },
        { Pickle("ctorch._utils\n_rebuild_tensor_v2\n)R"), "arguments" },
        { Pickle("ctorch._utils\n_rebuild_parameter\nN", 0x85, "R"), "arguments" },
        { Pickle("ctorch\nSize\nN", 0x85, "R"), "arguments" },
        { Pickle("ctorch\ndevice\nN", 0x85, "R"), "arguments" },
        { Pickle("ccollections\nOrderedDict\nNN", 0x86, "R"), "arguments" },
        { Pickle("ccollections\nOrderedDict\nN", 0x85, "R"), "no list" },
        { Pickle("ccollections\nOrderedDict\n]Na", 0x85, "R"), "no pairs" },
        { OneTensor(sizes: [4], strides: []), "do not go together" },
        { OneTensor(sizes: [-1]), "do not go together" },
        { OneTensor(strides: [-1]), "do not go together" },
        { OneTensor(offset: -1), "do not go together" },
        { OneTensor(offset: 1), "reaches to element 4 of its storage, which has 4" },
        { OneTensor(count: 5), "reaches to element 4" },
        { OneTensor(count: 1, offset: 4), "reaches to element 4" },
        { OneTensor(sizes: [2, 2], strides: [3, 1], offset: 0), "reaches to element 4" },
        { OneTensor(sizes: [2, 2], strides: [1, 1]), "overlap" },
        { OneTensor(sizes: [4], strides: [0]), "overlap" },
        { OneTensor(sizes: [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], strides: [6, 5, 4, 3, 2, 1]), "reaches to element" },
        { OneTensor(storageCount: -1), "-1 elements" },
        { Pickle("(", Tensor("FloatStorage", "0", 4, 0, [4], [1]), Tensor("HalfStorage", "0", 4, 0, [4], [1]), "t"), "two types or sizes" },
        { Pickle("ctorch._utils\n_rebuild_tensor_v2\n((", Text("storage"), "ctorch\nFloatStorage\n", Text("0"), "NK", 1, "tQK", 0, "N", 0x85, ")tR"), "no whole numbers" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_is_broken_is_refused_with_its_place(byte[] pickle, string part) =>
        FormatAssert.Refuses(() => Read(pickle), Name, "not a sound PyTorch file", "at byte", part);

    public static TheoryData<byte[], string> Greedy => new()
    {
        { Pickle("cos\nsystem\n", Text("x"), 0x85, "R"), "to call os.system" },
        { Pickle(0x8C, 5, "posix", 0x8C, 6, "system", 0x93, Text("x"), 0x85, "R"), "to call posix.system" },
        { Pickle("cbuiltins\neval\n"), "to call builtins.eval" },
        { Pickle("ctorch\nload\n"), "to call torch.load" },
        { Pickle("ctorch._utils\n_rebuild_tensor_v2.__globals__\n"), "to call torch._utils._rebuild_tensor_v2.__globals__" },
        { Pickle("cnumpy.core.multiarray\nscalar\n"), "to call numpy.core.multiarray.scalar" },
        { Pickle("ctorch\nQInt8Storage\n"), "to call torch.QInt8Storage" },
        { Pickle("ca\u2028\nb\u001b\n"), "b\\u001B" },
        { Pickle("(ios\nsystem\n"), "to call os.system" },
        { Pickle("ctorch\nSize\n)", 0x81), "to construct torch.Size" },
        { Pickle("ctorch\nSize\n)}", 0x92), "to construct torch.Size" },
        { Pickle("ctorch\nFloatStorage\n)R"), "to call torch.FloatStorage" },
        { Pickle("ctorch\nfloat32\n)R"), "to call torch.float32" },
        { Pickle("N)R"), "to call None" },
        { Pickle("ctorch\nSize\nNR"), "to call torch.Size" },
        { Pickle("]}b"), "to set the state of a list" },
        { Pickle("NQ"), "an object of its own" },
        { Pickle("(", Text("module"), "NNNNtQ"), "an object of its own" },
        { Pickle("(", Text("storage"), "ctorch\nfloat32\n", Text("0"), "NK", 1, "tQ"), "an object of its own" },
        { Pickle("(", Text("storage"), "ctorch\nFloatStorage\n", Text("0"), "NK", 1, ")tQ"), "before 0.4" },
        { Pickle("P0\n"), "0x50" },
        { Pickle(0x82, 1), "0x82" },
        { Pickle("B", 0, 0, 0, 0), "0x42" },
        { Pickle(0x8F), "0x8f" },
        { Pickle("N2"), "0x32" },
        { Pickle(0xFF), "0xff" },
    };

    [Theory]
    [MemberData(nameof(Greedy))]
    public void What_is_more_than_tensors_is_refused_by_name(byte[] pickle, string wish) =>
        FormatAssert.Refuses(() => Read(pickle), Name, $"its pickle wants ", wish, "refused");

    [Fact]
    public void Values_within_themselves_are_refused_in_a_moment()
    {
        byte[] circle = Pickle("]q", 0, "h", 0, "a");
        FormatAssert.Refuses(() => StateDict.Find(Read(circle), Name), Name, "within themselves");

        byte[] throughDict = Pickle("}q", 0, Text("state_dict"), "h", 0, "s");
        FormatAssert.Refuses(() => StateDict.Find(Read(throughDict), Name), Name, "within themselves");

        // Each tuple holds the one before ten times: 10^12 leaves from 400 bytes.
        object[] laughs = [.. Enumerable.Range(0, 12).SelectMany(i => (object[])[.. Enumerable.Repeat((object)Join("h", i), 10).Prepend("("), "tq", i + 1, "0"])];
        FormatAssert.Refuses(() => StateDict.Find(Read(Pickle(["]q", 0, "0", .. laughs, "h", 12])), Name), Name, "within themselves");

        byte[] deep = Pickle([.. Enumerable.Repeat((object)"(", 10_000), "N", .. Enumerable.Repeat((object)"t", 10_000)]);
        FormatAssert.Refuses(() => StateDict.Find(Read(deep), Name), Name, "nested too deeply");
    }

    [Fact]
    public void Work_is_bounded_whatever_a_pickle_repeats()
    {
        byte[] endless = Join(0x80, 2, string.Concat(Enumerable.Repeat("N0", 1_500_000)), "N.");
        FormatAssert.Refuses(() => Read(endless), Name, "1000000 operations");

        // One list of 2,000 pairs fills dict after dict.
        object[] pairs = [.. Enumerable.Repeat((object)Join("NN", 0x86), 2000)];
        byte[] filled = Pickle(["](", .. pairs, "eq", 0, "0", .. Enumerable.Repeat((object)Join("ccollections\nOrderedDict\nh", 0, 0x85, "R0"), 2000), "N"]);
        FormatAssert.Refuses(() => Read(filled), Name, "too many dicts");
    }

    [Fact]
    public void A_prefix_that_only_some_names_have_stays()
    {
        byte[] tensor = Tensor("FloatStorage", "0", 4, 0, [4], [1]);
        StateDict found = StateDict.Find(Read(Pickle("}(", Text("module.a"), tensor, Text("b"), tensor, "u")), Name);
        Assert.Equal(["module.a", "b"], found.Tensors.Select(t => t.Key));
        Assert.Empty(found.Notes);
    }

    [Fact]
    public void Settings_under_a_usual_name_are_no_weights()
    {
        byte[] pickle = Pickle("}(", Text("model"), "}", Text("name"), Text("tiny"), "s", Text("weights"), "}", Text("w"), Tensor("FloatStorage", "0", 4, 0, [4], [1]), "su");
        StateDict found = StateDict.Find(Read(pickle), Name);
        Assert.Equal(["w"], found.Tensors.Select(t => t.Key));
        Assert.Equal(["the weights are those under 'weights'; not read: 'model'"], found.Notes);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        byte[] pickle = Pickle("}(", Text("a.b"), Tensor("FloatStorage", "0", 4, 0, [4], [1]), Text("a"), "}", Text("b"), Tensor("FloatStorage", "0", 4, 0, [4], [1]), "su");
        FormatAssert.Refuses(() => StateDict.Find(Read(pickle), Name), Name, "two tensors", "'a.b'");
    }

    [Fact]
    public void Names_of_numbers_do_not_depend_on_the_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE") { NumberFormat = { NegativeSign = "minus" } };
            byte[] pickle = Pickle("}(", Number(-2), Tensor("FloatStorage", "0", 4, 0, [4], [1]), "G", 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, "Nu");
            StateDict found = StateDict.Find(Read(pickle), Name);
            Assert.Equal(["-2"], found.Tensors.Select(t => t.Key));
            Assert.Equal(["1.5"], found.Skipped.Select(s => s.Name));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static object? Read(byte[] pickle)
    {
        PickleInput input = new(pickle, Name);
        return new Unpickler(input, new TorchGlobals(input)).Read();
    }
}
