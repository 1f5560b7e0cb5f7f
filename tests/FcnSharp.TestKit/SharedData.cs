using Xunit;

namespace FcnSharp.TestKit;

/// <summary>The folder of reference data beside the repository, which not every checkout has.</summary>
public static class SharedData
{
    /// <summary>The repository's root: the folder that holds FcnSharp.slnx.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The path of a file or folder of the reference data; skips the running test, with the reason, when it is absent.</summary>
    public static string PathOrSkip(string relative)
    {
        string path = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", relative));
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            Assert.Skip($"../shared/{relative} is not here: this test compares with reference data that the project does not carry.");
        }

        return path;
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FcnSharp.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("FcnSharp.slnx was not found above the test's folder.");
    }
}
