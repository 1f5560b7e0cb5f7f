using System.Text;
using FcnSharp;
using FcnSharp.ApiReference;
using FcnSharp.Tensors;

// Writes docs/api: a page for each namespace of the libraries, from what the compiler kept of their types and comments.
try
{
    string folder = Path.Combine(RepositoryRoot(), "docs", "api");
    Directory.CreateDirectory(folder);
    IReadOnlyDictionary<string, string> pages = ApiPages.Write();
    foreach (string stale in Directory.GetFiles(folder, "*.md").Where(file => !pages.ContainsKey(Path.GetFileName(file))))
    {
        File.Delete(stale);
    }

    foreach ((string name, string text) in pages)
    {
        AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    return 0;
}
catch (FcnSharpException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}

static string RepositoryRoot()
{
    for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        if (File.Exists(Path.Combine(folder.FullName, "FcnSharp.slnx")))
        {
            return folder.FullName;
        }
    }

    throw new FcnSharpException($"{AppContext.BaseDirectory}: FcnSharp.slnx was expected in a folder above; run the program from a clone.");
}
