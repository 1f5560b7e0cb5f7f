using System.Buffers.Binary;
using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Numpy;

/// <summary>Single arrays, written by hand.</summary>
public sealed class NpyTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string ArrayPath => _temp["conv.weight.npy"];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_version_is_read_and_the_file_names_the_tensor(int version)
    {
        File.WriteAllBytes(ArrayPath, NpyBytes.File(version, NpyBytes.Header("<f4", "(2, 3)"), SafetensorsBytes.Counting(6)));

        LoadedWeights loaded = WeightFile.Read(ArrayPath);

        Assert.Equal("NumPy, npy", loaded.Report.Format);
        NamedTensor tensor = Assert.Single(loaded.Tensors);
        Assert.Equal(("conv.weight", new Shape(2, 3)), (tensor.Name, tensor.Tensor.Shape));
        Assert.Equal([1f, 2, 3, 4, 5, 6], tensor.Tensor.Span.ToArray());
        Assert.Empty(loaded.Report.Coerced);
    }

    [Theory]
    [InlineData("<f2", ElementType.F16)]
    [InlineData(">f2", ElementType.F16)]
    [InlineData("<f4", ElementType.F32)]
    [InlineData(">f4", ElementType.F32)]
    [InlineData("<f8", ElementType.F64)]
    [InlineData(">f8", ElementType.F64)]
    public void Every_float_in_both_byte_orders_is_read(string descr, ElementType type)
    {
        float[] values = [.. Enumerable.Range(0, 70_001).Select(i => ((i % 300) - 150) / 8f)];
        byte[] data = [.. values.SelectMany(value => Bytes(value, descr))];
        File.WriteAllBytes(ArrayPath, NpyBytes.File(NpyBytes.Header(descr, "(70001,)"), data));

        LoadedWeights loaded = WeightFile.Read(ArrayPath);

        Assert.Equal(values, loaded.Tensors[0].Tensor.Span.ToArray());
        Assert.Equal(type == ElementType.F32 ? [] : [type], loaded.Report.Coerced.Select(e => e.Type));
    }

    [Theory]
    [InlineData("(2, 3, 4, 5)")]
    [InlineData("(7, 1, 3)")]
    [InlineData("(6, 5)")]
    [InlineData("(9,)")]
    [InlineData("()")]
    public void Fortran_order_becomes_row_major(string shape)
    {
        int[] sizes = [.. shape.Trim('(', ')').Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        int count = sizes.Aggregate(1, (a, b) => a * b);
        File.WriteAllBytes(ArrayPath, NpyBytes.File(NpyBytes.Header("<f4", shape, fortran: true), SafetensorsBytes.Counting(count)));

        Tensor tensor = WeightFile.Read(ArrayPath).Tensors[0].Tensor;

        Assert.Equal(new Shape(sizes), tensor.Shape);
        for (int i = 0; i < count; i++)
        {
            (int rest, int place, int stride) = (i, 0, count);
            foreach ((int axis, int size) in sizes.Index().Reverse())
            {
                stride = sizes[..axis].Aggregate(1, (a, b) => a * b);
                place += rest % size * stride;
                rest /= size;
            }

            Assert.Equal(place + 1, tensor.Span[i]);
        }
    }

    [Theory]
    [InlineData("{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f4\"}")]
    [InlineData("{'descr': '=f4', 'fortran_order': False, 'shape': (2L,)}   \n")]
    public void Other_writers_headers_are_read(string header)
    {
        File.WriteAllBytes(ArrayPath, NpyBytes.File(header, SafetensorsBytes.Counting(2)));
        Assert.Equal([1f, 2f], WeightFile.Read(ArrayPath).Tensors[0].Tensor.Span.ToArray());
    }

    [Theory]
    [InlineData("<i8", "<i8 2")]
    [InlineData("|b1", "|b1 2")]
    [InlineData("|O", "|O 2")]
    [InlineData("<c8", "<c8 2")]
    [InlineData("<f16", "<f16 2")]
    [InlineData("|f4", "|f4 2")]
    [InlineData("f4", "f4 2")]
    public void Arrays_of_other_types_are_named_and_refused(string descr, string found)
    {
        File.WriteAllBytes(ArrayPath, NpyBytes.File(NpyBytes.Header(descr, "(2,)"), new byte[16]));
        FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath, "no floating-point tensor", found);
    }

    [Fact]
    public void Records_are_named_and_refused()
    {
        File.WriteAllBytes(ArrayPath, NpyBytes.File("{'descr': [('a', '<f4'), ('b', '<f4', (2, 3))], 'fortran_order': False, 'shape': (2,), }", new byte[16]));
        FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath, "a record 2");
    }

    [Theory]
    [InlineData("(1, 1, 1, 1, 1)", "5 axes")]
    [InlineData("(0,)", "no elements")]
    [InlineData("(3, 0)", "no elements")]
    [InlineData("(2147483647, 2147483647)", "too many elements")]
    [InlineData("(9223372036854775807, 9223372036854775807, 9223372036854775807, 9223372036854775807)", "too many elements")]
    [InlineData("(3,)", "8 bytes of data, F32 3 needs 12")]
    [InlineData("(1,)", "8 bytes of data, F32 1 needs 4")]
    [InlineData("(99999999999999999999,)", "not a dict")]
    [InlineData("(-1,)", "not a dict")]
    [InlineData("(1,,)", "not a dict")]
    [InlineData("(1 2)", "not a dict")]
    [InlineData("(1.0,)", "not a dict")]
    [InlineData("2", "not a dict")]
    [InlineData("[2]", "not a dict")]
    [InlineData("(2", "not a dict")]
    public void Shapes_that_lie_are_refused(string shape, string part)
    {
        File.WriteAllBytes(ArrayPath, NpyBytes.File(NpyBytes.Header("<f4", shape), new byte[8]));
        FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath, part);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, }")]
    [InlineData("{'descr': '<f4', 'shape': (2,), }")]
    [InlineData("{'fortran_order': False, 'shape': (2,), }")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x")]
    [InlineData("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': <f4, 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': [('a, 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': not True, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1+1,)}")]
    [InlineData("{'descr': '<f4")]
    [InlineData("{'descr'")]
    public void Headers_are_never_evaluated(string header)
    {
        File.WriteAllBytes(ArrayPath, NpyBytes.File(header, new byte[8]));
        FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath, "not a dict of descr");
    }

    [Fact]
    public void Versions_and_header_lengths_are_checked_before_memory_is_asked_for()
    {
        byte[] file = NpyBytes.File(2, NpyBytes.Header("<f4", "(2,)"), new byte[8]);
        foreach (uint count in (uint[])[uint.MaxValue, 1 << 24, (uint)file.Length - 11])
        {
            File.WriteAllBytes(ArrayPath, [.. file[..8], .. BitConverter.GetBytes(count), .. file[12..]]);
            FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath, $"header of {count} bytes");
        }

        foreach (byte version in (byte[])[0, 4, 255])
        {
            File.WriteAllBytes(ArrayPath, [.. file[..6], version, .. file[7..]]);
            FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath, "version 1 to 3");
        }

        for (int length = 1; length < file.Length; length++)
        {
            File.WriteAllBytes(ArrayPath, file[..length]);
            FormatAssert.Refuses(() => WeightFile.Read(ArrayPath), ArrayPath);
        }
    }

    private static byte[] Bytes(float value, string descr)
    {
        byte[] bytes = new byte[descr[2] - '0'];
        switch (bytes.Length)
        {
            case 2: BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value); break;
            case 4: BinaryPrimitives.WriteSingleLittleEndian(bytes, value); break;
            default: BinaryPrimitives.WriteDoubleLittleEndian(bytes, value); break;
        }

        return descr[0] == '>' ? [.. bytes.Reverse()] : bytes;
    }
}
