using System.CommandLine;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Commands;

/// <summary>The option --model: a trained model, or the one that comes with the program.</summary>
internal static class ModelOption
{
    private const string ShippedFile = "fcn8s-googlenet-camvid.safetensors";

    /// <summary>Creates the option.</summary>
    public static Option<string?> Create() => new("--model")
    {
        Description = "A model file, such as demo/model.safetensors; the street scene model that comes with fcn if not given.",
        HelpName = "file",
    };

    /// <summary>The model that was asked for.</summary>
    /// <exception cref="FcnSharpException">None was, and none came with the program.</exception>
    public static string Path(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) ?? Shipped();

    /// <summary>The model that comes with the program.</summary>
    /// <exception cref="FcnSharpException">It is not there.</exception>
    public static string Shipped()
    {
        string shipped = System.IO.Path.Combine(AppContext.BaseDirectory, "models", ShippedFile);
        return File.Exists(shipped) ? shipped : throw new FcnSharpException($"{shipped} was not found, the model that comes with fcn; name another by --model.");
    }
}
