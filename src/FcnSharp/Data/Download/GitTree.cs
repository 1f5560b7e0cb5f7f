using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FcnSharp.Data.Download;

/// <summary>
/// The id that Git gives to a folder: a SHA-1 over the names and contents of all that is in it. A public repository publishes
/// it with each commit, so it is the checksum of data that are served from one, whatever archive they came in.
/// </summary>
internal static class GitTree
{
    private const int BufferBytes = 1 << 18;

    /// <summary>Computes the id of a folder of plain, not executable files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="progress">Gets the bytes read so far.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static string Hash(string folder, Action<long> progress, CancellationToken cancellation)
    {
        long done = 0;
        return Convert.ToHexStringLower(Tree(new DirectoryInfo(folder), bytes => progress(done += bytes), cancellation));
    }

    private static byte[] Tree(DirectoryInfo folder, Action<int> progress, CancellationToken cancellation)
    {
        List<(byte[] Key, byte[] Line)> lines = [];
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            byte[] id = entry is DirectoryInfo inner ? Tree(inner, progress, cancellation) : Blob((FileInfo)entry, progress, cancellation);
            bool isFolder = entry is DirectoryInfo;

            // Git sorts a folder as if its name ended in a slash.
            lines.Add((Encoding.UTF8.GetBytes(entry.Name + (isFolder ? "/" : "")), [.. Encoding.UTF8.GetBytes($"{(isFolder ? "40000" : "100644")} {entry.Name}\0"), .. id]));
        }

        lines.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        using IncrementalHash hash = Start("tree", lines.Sum(line => (long)line.Line.Length));
        lines.ForEach(line => hash.AppendData(line.Line));
        return hash.GetHashAndReset();
    }

    private static byte[] Blob(FileInfo file, Action<int> progress, CancellationToken cancellation)
    {
        using FileStream stream = new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using IncrementalHash hash = Start("blob", stream.Length);
        byte[] buffer = new byte[BufferBytes];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            progress(read);
        }

        return hash.GetHashAndReset();
    }

    private static IncrementalHash Start(string kind, long length)
    {
        IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind} {length}\0")));
        return hash;
    }
}
