using System.CommandLine;
using System.CommandLine.Parsing;
using FcnSharp.Cli.Predict;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Commands;

/// <summary>The images that a verb reads, and the files that it writes for them.</summary>
internal static class ImageArguments
{
    /// <summary>The argument for one image or more.</summary>
    public static Argument<string[]> Argument()
    {
        var images = new Argument<string[]>("image") { Description = "PNG, JPEG or WebP images.", Arity = ArgumentArity.OneOrMore };
        images.Validators.Add(RefuseOptions);
        return images;
    }

    /// <summary>The argument for images, and for what names many of them; - is standard input.</summary>
    public static Argument<string[]> Sources()
    {
        var sources = new Argument<string[]>("image") { Description = "PNG, JPEG or WebP images; folders, with all below them; patterns such as 'photos/**/*.jpg'; @list.txt, a list of paths; - for a list on standard input.", Arity = ArgumentArity.ZeroOrMore };
        sources.Validators.Add(RefuseOptions);
        return sources;
    }

    /// <summary>Neither the results of another image nor an image itself may be overwritten.</summary>
    /// <param name="images">The images.</param>
    /// <param name="outputsOf">The files that are written for one of them.</param>
    /// <exception cref="FcnSharpException">A file would be written twice, or over an image.</exception>
    public static void CheckOutputs(string[] images, Func<string, string[]> outputsOf) =>
        CheckOutputs([.. images.Select(image => (image, (IReadOnlyList<string>)outputsOf(image)))]);

    /// <summary>Neither the results of another image nor an image itself may be overwritten.</summary>
    /// <param name="images">The images, and the files that are written for each.</param>
    /// <exception cref="FcnSharpException">A file would be written twice, or over an image.</exception>
    public static void CheckOutputs(IReadOnlyList<(string Image, IReadOnlyList<string> Outputs)> images)
    {
        // Where the file system takes a.png and A.png for one file, so must we.
        StringComparer names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        HashSet<string> inputs = new(images.Select(each => each.Image).Where(File.Exists).Select(Path.GetFullPath), names);
        Dictionary<string, string> writers = new(names);
        foreach ((string image, IReadOnlyList<string> outputs) in images)
        {
            foreach (string output in outputs)
            {
                if (inputs.Contains(Path.GetFullPath(output)))
                {
                    throw new FcnSharpException($"{output}: the result for {image} would overwrite this image; choose another folder for --out.");
                }

                if (!writers.TryAdd(output, image))
                {
                    throw new FcnSharpException($"{output}: the results of {writers[output]} and {image} would overwrite each other; predict them into two folders.");
                }
            }
        }
    }

    /// <summary>The parser takes an option that it does not know for one more image.</summary>
    private static void RefuseOptions(ArgumentResult result)
    {
        string? option = result.Tokens.Select(token => token.Value).FirstOrDefault(value => value.StartsWith('-') && value != ImageSources.StandardInput && !File.Exists(value));
        if (option is not null)
        {
            result.AddError($"unknown option '{option}'");
        }
    }
}
