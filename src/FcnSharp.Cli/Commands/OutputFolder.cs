using System.CommandLine;
using System.CommandLine.Parsing;
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

        option.Validators.Add(RefuseEmpty);
        return option;
    }

    /// <summary>An option for a folder that need not be given.</summary>
    public static Option<string?> Optional(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "folder" };
        option.Validators.Add(RefuseEmpty);
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

    private static void RefuseEmpty(OptionResult result)
    {
        if (result.Tokens is [{ Value: var value }] && string.IsNullOrWhiteSpace(value))
        {
            result.AddError($"{result.Option.Name} needs the name of a folder; write . for the current one");
        }
    }
}
