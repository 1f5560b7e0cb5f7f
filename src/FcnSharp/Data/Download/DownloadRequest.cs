namespace FcnSharp.Data.Download;

/// <summary>A file to download.</summary>
/// <param name="Url">Where it is: http or https.</param>
/// <param name="Path">Where it goes.</param>
/// <param name="Bytes">Its length where that is published, else null.</param>
/// <param name="Checksum">Its hash where that is published, else null.</param>
/// <param name="Remedy">What to do where the server does not have it: half a sentence for messages.</param>
internal sealed record DownloadRequest(Uri Url, string Path, long? Bytes, Checksum? Checksum, string Remedy);
