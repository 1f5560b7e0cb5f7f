using System.CommandLine;
using FcnSharp.Formats;
using FcnSharp.Models;

namespace FcnSharp.Cli.Commands;

/// <summary>The option --input: what image weights expect, where their names tell it wrongly.</summary>
internal static class InputOption
{
    private static readonly (string Name, Preprocessing Input)[] Known =
    [
        ("caffe", new Preprocessing(ChannelOrder.Bgr, [104, 117, 123])),
        ("caffe-rgb", new Preprocessing(ChannelOrder.Rgb, [123, 117, 104])),
        ("torchvision", WeightNames.Torchvision),
    ];

    private static readonly string Names = string.Join('|', Known.Select(k => k.Name));

    /// <summary>Creates the option.</summary>
    public static Option<string?> Create()
    {
        var option = new Option<string?>("--input") { Description = "What image the weights expect, where it is not that of their names: Caffe's BGR or RGB less the mean, or torchvision's.", HelpName = Names };
        option.CompletionSources.Add([.. Known.Select(k => k.Name)]);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Parse(result.Tokens[0].Value) is null)
            {
                result.AddError($"--input must be {string.Join(", ", Known.Select(k => k.Name))}, found '{result.Tokens[0].Value}'");
            }
        });
        return option;
    }

    /// <summary>What an option's value means; null where it was not given.</summary>
    public static Preprocessing? Parse(string? name) => Array.Find(Known, k => k.Name == name).Input;
}
