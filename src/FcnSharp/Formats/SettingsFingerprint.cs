using System.Security.Cryptography;

namespace FcnSharp.Formats;

/// <summary>
/// SHA-256 over the settings of a training run, so that edited ones are noticed: for each setting in ordinal order of the
/// names, the name and the value, each as its UTF-8 length (int32, little-endian) and its UTF-8 bytes.
/// </summary>
internal static class SettingsFingerprint
{
    /// <summary>The fingerprint in lower-case hexadecimal.</summary>
    public static string Compute(IReadOnlyDictionary<string, string> settings)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, string value) in settings.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendText(name);
            hash.AppendText(value);
        }

        return hash.Finish();
    }
}
