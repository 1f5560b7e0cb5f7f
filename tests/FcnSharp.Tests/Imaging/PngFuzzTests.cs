using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>Thousands of mutations of real files: a picture or one clear refusal, never anything else.</summary>
public sealed class PngFuzzTests
{
    private const long MaxPixels = 1 << 16;

    [Fact]
    public void Mutations_of_our_own_files_give_a_picture_or_a_refusal()
    {
        Random random = new(11);
        List<byte[]> files = [];
        foreach ((PngColorType colorType, int depth, int channels) in PngTestData.Kinds)
        {
            ushort[] samples = PngTestData.Samples(random, 13, 9, channels, depth);
            files.Add(PngTestData.Write(samples, 13, 9, colorType, depth, channels));
            files.Add(PngBuilder.Image(samples, 13, 9, channels, depth, (int)colorType, interlaced: true, 0, 40));
        }

        Assert.True(Mutate(files, 200, random) > 1000);
    }

    [Fact]
    public void Mutations_of_PngSuite_give_a_picture_or_a_refusal()
    {
        string folder = SharedData.PathOrSkip("images/pngsuite");
        List<byte[]> files = [.. Directory.GetFiles(folder, "*.png").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        Assert.True(Mutate(files, 60, new Random(12)) > 1000);
    }

    /// <summary>Reads mutations of each file; returns how many were refused.</summary>
    private static int Mutate(List<byte[]> files, int rounds, Random random)
    {
        int refused = 0;
        foreach (byte[] file in files)
        {
            for (int round = 0; round < rounds; round++)
            {
                byte[] mutated = Mutation(file, random);
                refused += Reads(() => PngFile.ReadRgb(new MemoryStream(mutated), "fuzz", MaxPixels)) ? 0 : 1;
                refused += Reads(() => PngFile.ReadLabels(new MemoryStream(mutated), "fuzz", MaxPixels)) ? 0 : 1;
            }
        }

        return refused;
    }

    private static bool Reads(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (FcnSharpException e)
        {
            Assert.StartsWith("fuzz: ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }
    }

    /// <summary>Flips, cuts, repeats; half of them with the checksums set right again, so that the damage gets past those.</summary>
    private static byte[] Mutation(byte[] file, Random random)
    {
        List<byte> bytes = [.. file];
        int changes = random.Next(1, 6);
        for (int i = 0; i < changes && bytes.Count > 9; i++)
        {
            int at = random.Next(random.Next(4) == 0 ? 0 : 8, bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 3:
                    bytes[at] = (byte)(random.Next(2) * 255);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        byte[] mutated = [.. bytes];
        if (random.Next(2) == 0)
        {
            MendChecksums(mutated);
        }

        return mutated;
    }

    private static void MendChecksums(byte[] file)
    {
        int at = 8;
        while (at + 12 <= file.Length)
        {
            long length = ((long)file[at] << 24) | ((long)file[at + 1] << 16) | ((long)file[at + 2] << 8) | file[at + 3];
            if (length > file.Length - at - 12)
            {
                return;
            }

            int end = at + 8 + (int)length;
            uint crc = PngBuilder.Crc(file[(at + 4)..end]);
            (file[end], file[end + 1], file[end + 2], file[end + 3]) = ((byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc);
            at = end + 4;
        }
    }
}
