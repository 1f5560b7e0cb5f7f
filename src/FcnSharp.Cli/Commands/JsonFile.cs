using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Commands;

/// <summary>Results as one JSON object in a file, or on standard output in place of the text.</summary>
internal static class JsonFile
{
    private const string StandardOutput = "-";

    /// <summary>The option --json.</summary>
    public static Option<string?> Option()
    {
        var option = new Option<string?>("--json") { Description = "Write the results as one JSON object to this file; - for standard output in place of the text.", HelpName = "file" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var value }] && string.IsNullOrWhiteSpace(value))
            {
                result.AddError("--json needs the name of a file, or - for standard output");
            }
        });
        return option;
    }

    /// <summary>Whether the object takes the place of the text.</summary>
    public static bool ReplacesText(string? path) => path == StandardOutput;

    /// <summary>Makes the file's folder, so that a name that cannot be written fails before the work and not after it.</summary>
    /// <exception cref="FcnSharpException">It is a folder, or its folder cannot be made.</exception>
    public static void Prepare(string? path)
    {
        if (path is null || ReplacesText(path))
        {
            return;
        }

        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
        {
            throw new FcnSharpException($"{path}: expected the name of a file for --json, found a folder; add a file's name, such as {Path.Combine(path, "eval.json")}.");
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            OutputFolder.Create(folder);
        }
    }

    /// <summary>Writes the object where one was asked for; an old file is replaced as a whole.</summary>
    /// <exception cref="FcnSharpException">The file cannot be written.</exception>
    public static void Write<T>(string? path, T value, JsonTypeInfo<T> type, TextWriter output)
    {
        if (ReplacesText(path))
        {
            output.WriteLine(JsonSerializer.Serialize(value, type));
        }
        else if (path is not null)
        {
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, value, type));
        }
    }
}
