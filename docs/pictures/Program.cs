using System.Text;
using FcnSharp;
using FcnSharp.Imaging;
using FcnSharp.Pictures.Drawings;
using FcnSharp.Pictures.Trained;
using FcnSharp.Tensors;

// Draws the pictures of docs/fcn-explained.md into docs/images/explained, and prints the figures that the page quotes.
if (args is not ([] or ["--drawings"]))
{
    Console.Error.WriteLine("usage: dotnet run --project docs/pictures -c Release [-- --drawings]   (--drawings: without those that need trained nets)");
    return 2;
}

try
{
    string folder = Path.Combine(RepositoryRoot(), "docs", "images", "explained");
    Directory.CreateDirectory(folder);
    foreach ((string name, Func<string> draw) in Drawing.All)
    {
        AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(draw())));
    }

    if (args.Length == 0)
    {
        using var pictures = new TrainedPictures(Console.WriteLine, (name, image) => PngFile.WriteRgb(Path.Combine(folder, name), image));
        pictures.DrawAll();
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
