using System.Diagnostics;
using System.Globalization;
using System.Text;
using FcnSharp.Formats.Caffe;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>Damaged and hostile files: one clear line, in bounded time and memory, and never another exception.</summary>
public sealed class CaffeHostileTests
{
    private static readonly byte[] Data = CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2, 3, 4, 5, 6));

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "empty", [], "no layers" },
        { "text", Encoding.UTF8.GetBytes("name: \"net\"\nlayer { }\n"), "no .caffemodel" },
        { "no layer", CaffeBytes.Text(1, "net"), "no layers" },
        { "layer longer than the file", CaffeBytes.Length(100, 1000), "claims 1000 bytes" },
        { "layer of two gigabytes", CaffeBytes.Length(100, int.MaxValue), "claims 2147483647 bytes" },
        { "layer of a negative length", CaffeBytes.Length(100, -1), "byte" },
        { "blob longer than its layer", CaffeBytes.Bytes(100, CaffeBytes.Text(1, "c"), CaffeBytes.Length(7, 50), Data), "layer 'c' claims 50 bytes" },
        { "data longer than its blob", CaffeBytes.Layer("c", CaffeBytes.Shape(500_000_000), CaffeBytes.Length(5, 2_000_000_000)), "claims 2000000000 bytes" },
        { "text longer than its layer", [.. CaffeBytes.Bytes(100, CaffeBytes.Length(1, 30)), .. CaffeBytes.Text(1, new string('n', 60))], "behind its message's end" },
        { "text longer than the file", CaffeBytes.Bytes(100, CaffeBytes.Length(1, 1_999_999_999)), "near byte" },
        { "data of half a float", CaffeBytes.Layer("c", CaffeBytes.Bytes(5, [1, 2, 3, 4, 5, 6])), "6 bytes" },
        { "fewer elements than its shape", CaffeBytes.Layer("c", CaffeBytes.Shape(2, 4), Data), "2x4 with 6 elements, expected 8" },
        { "more elements than its shape", CaffeBytes.Layer("c", CaffeBytes.Shape(2, 2), Data), "2x2 with 6 elements, expected 4" },
        { "shape beyond all memory", CaffeBytes.Layer("c", CaffeBytes.Shape(2_000_000_000, 2_000_000_000, 2_000_000_000), Data), "no tensor" },
        { "shape of five axes", CaffeBytes.Layer("c", CaffeBytes.Shape(1, 1, 1, 1, 6), Data), "more than 4 axes" },
        { "shape with nothing on an axis", CaffeBytes.Layer("c", CaffeBytes.Shape(0, 6), Data), "0 elements along an axis" },
        { "shape with less than nothing", CaffeBytes.Layer("c", CaffeBytes.Shape(-2, -3), Data), "-2 elements along an axis" },
        { "shape beyond 32 bits", CaffeBytes.Layer("c", CaffeBytes.Shape(1L << 32), Data), "4294967296 elements" },
        { "older shape with a size left out", CaffeBytes.Layer("c", CaffeBytes.Varint(1, 6), Data), "0 elements along an axis" },
        { "blob of nothing", CaffeBytes.Layer("c"), "0 elements along an axis" },
        { "not a number", CaffeBytes.Layer("c", CaffeBytes.Float(5, float.NaN)), "NaN" },
        { "infinity", CaffeBytes.Layer("c", CaffeBytes.Float(5, 1), CaffeBytes.Float(5, float.NegativeInfinity)), "element 1" },
        { "double beyond floats", CaffeBytes.Layer("c", CaffeBytes.Double(8, 1e300)), "beyond 32-bit floats" },
        { "tag of zero", [.. CaffeBytes.Layer("c", Data), 0], "near byte" },
        { "endless number", [0x28, .. Enumerable.Repeat((byte)0xFF, 20)], "near byte" },
        { "group without an end", [.. CaffeBytes.Layer("c", Data), 0x0B], "near byte" },
        { "groups in groups", [.. Enumerable.Repeat((byte)0x0B, 1000)], "near byte" },
        { "too many layers", [.. Enumerable.Repeat(CaffeBytes.Bytes(2), (1 << 13) + 1).SelectMany(b => b)], "8192" },
        { "too many blobs", CaffeBytes.Bytes(100, [.. Enumerable.Repeat(CaffeBytes.Bytes(7, CaffeBytes.Float(5, 1)), 17)]), "more than 16 blobs" },
        { "name of control characters", CaffeBytes.Layer("a\n\u001b[31m\u202e", CaffeBytes.Shape(0)), "a\\u000A\\u001B[31m\\u202E" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_model_is_refused_in_one_line(string what, byte[] bytes, string problem)
    {
        using TempFolder folder = new();
        string path = folder["hostile.caffemodel"];
        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        FormatAssert.Refuses(() => CaffeModel.Read(path), path, problem);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < Bound(bytes.Length), what);
    }

    [Fact]
    public void A_file_that_is_no_file_is_refused()
    {
        using TempFolder folder = new();

        FormatAssert.Refuses(() => CaffeModel.Read(folder["none.caffemodel"]), "none.caffemodel", "not found");
        FormatAssert.Refuses(() => CaffeModel.Read(folder.Root), folder.Root, "cannot be read");
    }

    [Fact]
    public void A_file_beyond_protobuf_is_refused_before_it_is_read()
    {
        using TempFolder folder = new();
        string path = folder["large.caffemodel"];
        using (FileStream stream = File.Create(path))
        {
            stream.SetLength(1L << 31);
        }

        FormatAssert.Refuses(() => CaffeModel.Read(path), path, "at most 2147483647");
    }

    [Fact]
    public void Every_truncation_of_a_model_is_refused_or_holds_whole_layers()
    {
        byte[] whole = SmallModel();
        using TempFolder folder = new();
        string path = folder["cut.caffemodel"];
        int read = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            read += ReadOrRefuse(path, CaffeModel.Read) ? 1 : 0;
        }

        // The ends of the first and of the second layer.
        Assert.Equal(2, read);
    }

    [Fact]
    public void Mutated_models_are_read_or_refused()
    {
        byte[] small = SmallModel();
        FuzzModel(small, within: small.Length, rounds: 10_000);
    }

    [Fact]
    public void Mutations_of_a_published_model_are_read_or_refused()
    {
        byte[] real = File.ReadAllBytes(SharedData.PathOrSkip("weights/squeezenet_v1.0.caffemodel"));
        FuzzModel(real[..100_000], within: 100_000, rounds: 1000);
        FuzzModel(real, within: 200, rounds: 30);
    }

    [Fact]
    public void Mutations_of_definitions_are_built_or_refused()
    {
        string every =
            """
            name: "net" input: "data" input_shape { dim: [1, 3, 16, 20] } # comment
            layer { name: "c" type: "Convolution" bottom: "data" top: "c" param { lr_mult: 1 decay_mult: 1 } param { name: "b" lr_mult: 2 }
                    convolution_param { num_output: 4 pad: 1 kernel_size: 3 stride: 2 group: 1 dilation: 1 weight_filler { type: "gaussian" std: 0.01 } } }
            layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
            layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
            layer { name: "n" type: "LRN" bottom: "p" top: "n" lrn_param { local_size: 5 alpha: 1e-4 beta: .75 } }
            layer { name: "j" type: "Concat" bottom: "n" bottom: "p" top: "j" concat_param { axis: 1 } }
            layer { name: "u" type: "Deconvolution" bottom: "j" top: "u" convolution_param { num_output: 4 bias_term: false kernel_size: 4 stride: 2 } }
            layer { name: "k" type: "Crop" bottom: "u" bottom: "c" top: "k" crop_param { axis: 2 offset: 1 } }
            layer { name: "s" type: "Scale" bottom: "k" top: "s" scale_param { filler { type: "constant" value: 0.01 } } }
            layer { name: "e" type: "Eltwise" bottom: "s" bottom: "c" top: "e" eltwise_param { operation: SUM coeff: [0.5, 0.5] } }
            layer { name: "f" type: "Flatten" bottom: "e" top: "f" }
            layer { name: "i" type: "InnerProduct" bottom: "f" top: "i" inner_product_param { num_output: 5 } }
            layers { name: "old" type: SOFTMAX bottom: "i" top: "prob" include { phase: TEST } }
            layer { name: "data" type: "Python" top: "label" python_param { param_str: "{\'a\': \"\x41\"}" } exclude { phase: TEST } }
            layer { name: "l" type: "SoftmaxWithLoss" bottom: "i" bottom: "label" top: "l" loss_param { ignore_label: 255 normalize: false } include { phase: TRAIN } }
            """;
        Assert.Equal(["prob"], CaffeNet.Build(CaffeNetDefinition.Parse(every, "n")).Results);
        Assert.Equal(["l"], CaffeNet.Build(CaffeNetDefinition.Parse(every, "n"), CaffePhase.Train).Results);
        FuzzText(every, rounds: 10_000);
    }

    [Fact]
    public void Mutations_of_published_definitions_are_built_or_refused()
    {
        foreach (string file in (string[])["voc-fcn8s/train.prototxt", "bvlc_alexnet/train_val.prototxt", "voc-fcn8s/solver.prototxt"])
        {
            FuzzText(File.ReadAllText(SharedData.PathOrSkip("prototxt/" + file)), rounds: 500);
        }
    }

    [Fact]
    public void Many_small_parts_take_no_more_than_linear_time()
    {
        const int Count = 40_000;
        string unread = string.Concat(Enumerable.Range(0, Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"layer{{name:'{i}'type:'ReLU'bottom:'d'top:'{i}'}}")));
        Stopwatch time = Stopwatch.StartNew();
        CaffeNet net = CaffeNet.Build(CaffeNetDefinition.Parse("input:'d'" + unread, "n"));
        Prototxt.Parse(string.Concat(Enumerable.Repeat("a:1", 1_000_000 / 3).Select(f => f + " ")), "n");
        Prototxt.Parse("s:" + string.Concat(Enumerable.Repeat("''", 1_000_000)), "n");
        Prototxt.Parse("m:[" + string.Join(',', Enumerable.Repeat("{}", 500_000)) + "]", "n");

        Assert.Equal(Count, net.Results.Count);
        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    private static byte[] SmallModel() =>
    [
        .. CaffeBytes.Bytes(2, CaffeBytes.Text(2, "data"), CaffeBytes.Text(3, "c"), CaffeBytes.Text(4, "c"), CaffeBytes.Varint(5, 4),
            CaffeBytes.Bytes(6, CaffeBytes.Varint(1, 1), CaffeBytes.Varint(2, 2), CaffeBytes.Varint(3, 1), CaffeBytes.Varint(4, 3), Data)),
        .. CaffeBytes.Layer("d", CaffeBytes.Shape(2, 3), Data, CaffeBytes.Bytes(6, CaffeBytes.Floats(1, 2))),
        .. CaffeBytes.Layer("e", CaffeBytes.Float(5, 1), CaffeBytes.Float(5, 2), CaffeBytes.Bytes(8, CaffeBytes.Doubles(3)), CaffeBytes.Bytes(7, CaffeBytes.Varint(1, 3))),
    ];

    private static long Bound(long fileLength) => (12 * fileLength) + (8 << 20);

    private static void FuzzModel(byte[] original, int within, int rounds)
    {
        using TempFolder folder = new();
        string path = folder["fuzzed.caffemodel"];
        Random random = new(5);
        Stopwatch time = Stopwatch.StartNew();
        for (int round = 0; round < rounds; round++)
        {
            byte[] mutated = Damage(original, within, random);
            File.WriteAllBytes(path, mutated);
            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadOrRefuse(path, CaffeModel.Read);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < Bound(mutated.Length), string.Create(CultureInfo.InvariantCulture, $"round {round} took {allocated} bytes for a file of {mutated.Length}"));
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    // Beside what damages any file: lengths and numbers as large as there are.
    private static byte[] Damage(byte[] original, int within, Random random)
    {
        byte[] mutated = Mutations.Apply(original, within, random);
        if (mutated.Length > 0 && random.Next(3) == 0)
        {
            int at = random.Next(Math.Min(within, mutated.Length));
            byte[] giant = random.Next(2) == 0 ? [0xFF, 0xFF, 0xFF, 0xFF, 0x07] : [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
            mutated = [.. mutated[..at], .. giant, .. mutated[at..]];
        }

        return mutated;
    }

    private static void FuzzText(string original, int rounds)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(original);
        string[] words = original.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        string[] numbers = ["0", "-1", "2147483647", "-2147483648", "99999999999", "1e38", "-0x7fffffff", "1000000", "nan"];
        Random random = new(6);
        Stopwatch time = Stopwatch.StartNew();
        for (int round = 0; round < rounds; round++)
        {
            string text;
            if (round % 2 == 0)
            {
                text = Encoding.UTF8.GetString(Mutations.Apply(bytes, bytes.Length, random));
            }
            else
            {
                // Damage that stays well-formed more often: words swapped, dropped and replaced by numbers at the limits.
                List<string> changed = [.. words];
                for (int change = random.Next(1, 4); change > 0; change--)
                {
                    int at = random.Next(changed.Count);
                    changed[at] = random.Next(3) switch
                    {
                        0 => words[random.Next(words.Length)],
                        1 => numbers[random.Next(numbers.Length)],
                        _ => "",
                    };
                }

                text = string.Join(' ', changed);
            }

            BuildOrRefuse(text);
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    private static void BuildOrRefuse(string text)
    {
        Accepts(() => CaffeSolver.Parse(text, "fuzzed.prototxt"));
        Accepts(() =>
        {
            CaffeNetDefinition definition = CaffeNetDefinition.Parse(text, "fuzzed.prototxt");
            Accepts(() => CaffeNet.Build(definition, CaffePhase.Test));
            Accepts(() => CaffeNet.Build(definition, CaffePhase.Train));
        });
    }

    private static bool ReadOrRefuse(string path, Func<string, object> read) => Accepts(() => read(path));

    private static bool Accepts(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (FcnSharpException e)
        {
            FormatAssert.AssertOneLine(e.Message);
            Assert.Matches("(fuzzed|cut)\\.", e.Message);
            return false;
        }
    }
}
