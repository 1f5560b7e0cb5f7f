using System.Net;

namespace FcnSharp.Server;

/// <summary>A model file and the name by which requests ask for it.</summary>
/// <param name="Name">The name; requests and answers have it as it is.</param>
/// <param name="Path">A .safetensors file written by FcnSharp.</param>
public sealed record ModelSource(string Name, string Path)
{
    /// <summary>A model that is called as its file is, without the ending.</summary>
    public static ModelSource Of(string path) => new(System.IO.Path.GetFileNameWithoutExtension(path), path);
}

/// <summary>What a server serves, where, and what it accepts.</summary>
public sealed record ServerOptions
{
    /// <summary>The models; the first is the one that requests get which name none.</summary>
    public IReadOnlyList<ModelSource> Models { get; init; } = [];

    /// <summary>The address to listen on; the default is reached from this machine alone.</summary>
    public string Host { get; init; } = IPAddress.Loopback.ToString();

    /// <summary>The port to listen on; 0 for any that is free.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>The most bytes of a request's body.</summary>
    public long MaxBodyBytes { get; init; } = 32L << 20;

    /// <summary>The most pixels of an image, looked at in its header before it is decoded.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>A folder of training runs to show; null for none.</summary>
    public string? RunsFolder { get; init; }
}
