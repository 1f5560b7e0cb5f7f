namespace FcnSharp.TestKit;

/// <summary>A fresh folder for one test, deleted when disposed.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Creates the folder under the system's temporary folder.</summary>
    public TempFolder() => Root = Directory.CreateTempSubdirectory("fcnsharp-test-").FullName;

    /// <summary>The folder's full path.</summary>
    public string Root { get; }

    /// <summary>The full path of a name inside the folder.</summary>
    public string this[string name] => Path.Combine(Root, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
