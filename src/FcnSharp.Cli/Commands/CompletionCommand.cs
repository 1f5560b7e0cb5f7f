using System.CommandLine;
using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn completion`: a script with which a shell completes the words of fcn.</summary>
internal sealed class CompletionCommand : Verb
{
    /// <summary>The shells, and the resource that is the script of each.</summary>
    private static readonly (string Shell, string Script)[] Scripts = [("bash", "fcn.bash"), ("zsh", "fcn.zsh"), ("fish", "fcn.fish"), ("powershell", "fcn.ps1")];

    private readonly Argument<string> _shell = new("shell") { Description = "bash, zsh, fish or powershell; the script's first lines say how to load it.", HelpName = "shell" };

    /// <summary>Creates the verb.</summary>
    public CompletionCommand()
        : base("completion", "Print a script by which a shell completes verbs, options and names.", "fcn completion bash")
    {
        _shell.CompletionSources.Add([.. Scripts.Select(each => each.Shell)]);
        _shell.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var found }] && Scripts.All(each => each.Shell != found))
            {
                result.AddError($"there is a completion for {string.Join(", ", Scripts.Select(each => each.Shell))}, found '{found}'");
            }
        });
        Add(_shell);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string shell = parsed.GetRequiredValue(_shell);
        using Stream resource = typeof(CompletionCommand).Assembly.GetManifestResourceStream(Scripts.First(each => each.Shell == shell).Script)!;
        using StreamReader reader = new(resource);
        context.Output.Write(reader.ReadToEnd());
        return ExitCodes.Success;
    }
}
