using System.CommandLine;

namespace FcnSharp.Cli.Commands;

/// <summary>Options that take one of a few words.</summary>
internal static class Choices
{
    /// <summary>An option whose value is one of some words; null where it is not given.</summary>
    public static Option<string?> Create(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', words) };
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !words.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{name} must be {string.Join(", ", words[..^1])} or {words[^1]}, found '{result.Tokens[0].Value}'");
            }
        });
        return option;
    }
}
