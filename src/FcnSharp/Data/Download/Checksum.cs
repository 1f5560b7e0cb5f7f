using System.Security.Cryptography;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Download;

/// <summary>A hash that somebody has published for a file.</summary>
/// <param name="Algorithm">How it is computed.</param>
/// <param name="Hex">Its digits, lower case.</param>
public sealed record Checksum(HashAlgorithmName Algorithm, string Hex)
{
    private const int BufferBytes = 1 << 20;

    /// <inheritdoc/>
    public override string ToString() => $"{Algorithm.Name} {Hex}";

    /// <summary>Computes a file's hash by the same algorithm.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Gets the bytes done and all bytes.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <exception cref="FcnSharpException">The file cannot be read.</exception>
    internal Checksum Of(string path, Action<long, long> progress, CancellationToken cancellation)
    {
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(Algorithm);
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            byte[] buffer = new byte[BufferBytes];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                progress(stream.Position, stream.Length);
            }

            return this with { Hex = Convert.ToHexStringLower(hash.GetHashAndReset()) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{path}: the file could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check that it is there and may be read.", e);
        }
    }
}
