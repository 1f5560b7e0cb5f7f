using FcnSharp.Data.Download;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Data.Download;

/// <summary>Labels of SBD in MATLAB files.</summary>
public sealed class MatFileTests
{
    [Theory]
    [InlineData(5, 7, true)]
    [InlineData(5, 7, false)]
    [InlineData(1, 1, true)]
    [InlineData(2, 2, false)]
    [InlineData(375, 500, true)]
    public void Columns_become_rows(int height, int width, bool compressed)
    {
        LabelMap labels = Read(MatBytes.Sbd(height, width, (x, y) => (byte)((x + (3 * y)) % 21), compressed));
        Assert.Equal((width, height), (labels.Width, labels.Height));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Assert.Equal((x + (3 * y)) % 21, labels.Row(y)[x]);
            }
        }
    }

    [Fact]
    public void What_is_no_such_file_or_has_no_such_field_is_named()
    {
        byte[] good = MatBytes.Numbers(2, 3, new byte[6]);
        AssertRefused([], "header of a little-endian MATLAB 5 file");
        AssertRefused("MATLAB 7.3 MAT-file".PadRight(200).Select(c => (byte)c).ToArray(), "header of a little-endian MATLAB 5 file");
        AssertRefused(MatBytes.File(), "a struct GTcls with a field Segmentation");
        AssertRefused(MatBytes.File(MatBytes.Struct("GTinst", ("Segmentation", good))), "a struct GTcls");
        AssertRefused(MatBytes.File(MatBytes.Struct("GTcls", ("Boundaries", good))), "a struct GTcls");
        AssertRefused(MatBytes.File(MatBytes.Struct("GTcls", ("Segmentation", MatBytes.Numbers(2, 4, new byte[6])))), "expected 2x4 bytes of Segmentation, found 6");
        AssertRefused(MatBytes.File(MatBytes.Struct("GTcls", ("Segmentation", MatBytes.Numbers(65536, 65536, new byte[6])))), "expected 65536x65536 bytes of Segmentation, found 6");
        AssertRefused(MatBytes.File(MatBytes.Struct("GTcls", ("Segmentation", MatBytes.Numbers(-2, -3, new byte[6])))), "expected -2x-3 bytes");
        AssertRefused(MatBytes.File(MatBytes.Struct("GTcls", ("Segmentation", MatBytes.Numbers(2, 3, new byte[6], flags: 8)))), "a matrix of rows and columns");
        AssertRefused(MatBytes.File(MatBytes.Element(MatBytes.Compressed, [1, 2, 3, 4, 5, 6, 7, 8, 9])), "can be decompressed");
        AssertRefused(MatBytes.File(MatBytes.Element(MatBytes.Compressed, MatBytes.Zlib(new byte[80_000_000]), pad: false)), "at most 67108864 bytes");
    }

    [Fact]
    public void A_damaged_file_is_one_line_wherever_it_is_cut_or_changed()
    {
        byte[] whole = MatBytes.Sbd(9, 8, (x, y) => (byte)(x * y), compressed: false);
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            damaged = i % 2 == 0 ? damaged : damaged[..random.Next(whole.Length)];
            try
            {
                Read(damaged);
            }
            catch (FcnSharpException e)
            {
                Assert.StartsWith("cls/x.mat: ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static LabelMap Read(byte[] file) => MatFile.ReadLabels(file, "cls/x.mat", "GTcls", "Segmentation");

    private static void AssertRefused(byte[] file, string expected) =>
        Assert.Contains(expected, Assert.Throws<FcnSharpException>(() => Read(file)).Message, StringComparison.Ordinal);
}
