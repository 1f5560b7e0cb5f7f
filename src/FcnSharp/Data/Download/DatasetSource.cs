namespace FcnSharp.Data.Download;

/// <summary>A dataset that can be had from the web: where, under which terms, and how it is told to be the right one.</summary>
public sealed record DatasetSource
{
    /// <summary>The name by which it is asked for.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in one line.</summary>
    public required string Title { get; init; }

    /// <summary>Where the archive is.</summary>
    public required Uri Url { get; init; }

    /// <summary>The page of those who made it.</summary>
    public required Uri HomePage { get; init; }

    /// <summary>What may be done with it and whom to cite, as far as its makers say.</summary>
    public required string Terms { get; init; }

    /// <summary>The archive's file name: a tar, compressed with gzip or not.</summary>
    public required string ArchiveName { get; init; }

    /// <summary>The archive's length in bytes; exact where <see cref="ArchiveChecksum"/> is given, else about.</summary>
    public required long ArchiveBytes { get; init; }

    /// <summary>The bytes that the unpacked files take, about.</summary>
    public required long UnpackedBytes { get; init; }

    /// <summary>The published hash of the archive; null where only <see cref="GitTree"/> is published.</summary>
    public Checksum? ArchiveChecksum { get; init; }

    /// <summary>The published Git id of the folder that is unpacked, 40 hexadecimal digits; null where <see cref="ArchiveChecksum"/> is published.</summary>
    public string? GitTree { get; init; }

    /// <summary>Which files of the archive are wanted, and what becomes of them; all, as they are, unless told.</summary>
    internal ArchiveContent Content { get; init; } = new FolderContent();
}
