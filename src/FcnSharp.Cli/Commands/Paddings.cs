using System.CommandLine.Parsing;
using FcnSharp.Models;

namespace FcnSharp.Cli.Commands;

/// <summary>The values of the option --padding.</summary>
internal static class Paddings
{
    private const string Tight = "tight";
    private const string Reference = "reference";

    /// <summary>All values.</summary>
    public static string[] Words => [Tight, Reference];

    /// <summary>What was asked for; null where the option was not given.</summary>
    public static BorderPadding? Parse(string? text) => text switch
    {
        null => null,
        Reference => BorderPadding.Reference,
        _ => BorderPadding.Tight,
    };

    /// <summary>The option's validator.</summary>
    public static void RefuseOthers(OptionResult result)
    {
        if (result.Tokens.Count > 0 && result.Tokens[0].Value is not (Tight or Reference))
        {
            result.AddError($"--padding must be {Tight} or {Reference}, found '{result.Tokens[0].Value}'");
        }
    }
}
