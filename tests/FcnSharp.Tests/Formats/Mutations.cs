namespace FcnSharp.Tests.Formats;

/// <summary>Damages files the way disks, downloads and attackers do.</summary>
internal static class Mutations
{
    private static readonly byte[] Telling = [.. "{}[]\",:0129-+eE. \\u\n\0\xff"u8];

    /// <summary>A copy with one to four changes within its first bytes, at times cut short.</summary>
    public static byte[] Apply(byte[] original, int within, Random random)
    {
        List<byte> bytes = [.. original];
        for (int change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(Math.Min(within, bytes.Count));
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = Telling[random.Next(Telling.Length)];
                    break;
                case 2:
                    bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                    break;
                case 3:
                    bytes.RemoveAt(at);
                    break;
                case 4:
                    bytes[random.Next(Math.Min(8, bytes.Count))] = (byte)random.Next(256);
                    break;
                case 5:
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
                default:
                    int length = Math.Min(random.Next(1, 40), bytes.Count - at);
                    bytes.InsertRange(random.Next(Math.Min(within, bytes.Count)), bytes.GetRange(at, length));
                    break;
            }
        }

        if (random.Next(20) == 0)
        {
            bytes = bytes.GetRange(0, random.Next(bytes.Count + 1));
        }

        return [.. bytes];
    }
}
