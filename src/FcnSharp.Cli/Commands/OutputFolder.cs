using System.CommandLine;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Commands;

/// <summary>The folder that a verb writes to.</summary>
internal static class OutputFolder
{
    /// <summary>The option --out. An empty name, such as an unset variable gives, would mean the current folder.</summary>
    public static Option<string> Option(string description, string? defaultValue = null)
    {
        var option = new Option<string>("--out") { Description = description, HelpName = "folder", Required = defaultValue is null };
        if (defaultValue is not null)
        {
            option.DefaultValueFactory = _ => defaultValue;
        }

        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var value }] && string.IsNullOrWhiteSpace(value))
            {
                result.AddError("--out needs the name of a folder; write . for the current one");
            }
        });
        return option;
    }

    /// <summary>Makes the folder where it is missing.</summary>
    /// <exception cref="FcnSharpException">It cannot be made.</exception>
    public static void Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{folder}: the folder could not be made ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); choose a folder that you may write to.", e);
        }
    }
}
