namespace FcnSharp.Data.Download;

/// <summary>The stages of a download.</summary>
public enum DownloadStage
{
    /// <summary>Bytes come from the server.</summary>
    Downloading,

    /// <summary>What came is compared with what was published.</summary>
    Verifying,

    /// <summary>The files of the archive are written.</summary>
    Unpacking,
}

/// <summary>How far a download is.</summary>
/// <param name="Stage">The stage; the first report of one tells what an earlier run had done.</param>
/// <param name="Done">Bytes done in this stage.</param>
/// <param name="Total">Bytes to do in this stage; 0 where nobody knows.</param>
public readonly record struct DownloadProgress(DownloadStage Stage, long Done, long Total);
