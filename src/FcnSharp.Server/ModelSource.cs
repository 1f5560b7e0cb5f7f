namespace FcnSharp.Server;

/// <summary>A model file and the name by which requests ask for it.</summary>
/// <param name="Name">The name; requests and answers have it as it is.</param>
/// <param name="Path">A .safetensors file written by FcnSharp.</param>
public sealed record ModelSource(string Name, string Path)
{
    /// <summary>A model that is called as its file is, without the ending.</summary>
    public static ModelSource Of(string path) => new(System.IO.Path.GetFileNameWithoutExtension(path), path);
}
