using System.Text;

namespace FcnSharp.Cli.Tests.Docs;

/// <summary>A line of a shell, as far as documents use one: words, quotes, pipes and redirections; nothing is expanded.</summary>
internal static class ShellWords
{
    /// <summary>The commands of a line, each as its words.</summary>
    public static IReadOnlyList<string[]> Commands(string line)
    {
        List<string[]> commands = [];
        List<string> words = [];
        StringBuilder? word = null;
        bool redirected = false;
        char quote = '\0';

        void EndWord()
        {
            if (word is not null && !redirected)
            {
                words.Add(word.ToString());
            }

            redirected &= word is null;
            word = null;
        }

        void EndCommand()
        {
            EndWord();
            if (words.Count > 0)
            {
                commands.Add([.. words]);
            }

            words.Clear();
        }

        foreach (char c in line)
        {
            switch (c)
            {
                case var _ when quote != '\0':
                    quote = c == quote ? '\0' : quote;
                    if (quote != '\0')
                    {
                        word!.Append(c);
                    }

                    break;
                case '\'' or '"':
                    quote = c;
                    word ??= new StringBuilder();
                    break;
                case '|' or ';' or '&':
                    EndCommand();
                    break;
                case '>':
                    EndWord();
                    redirected = true;
                    break;
                case ' ' or '\t':
                    EndWord();
                    break;
                default:
                    (word ??= new StringBuilder()).Append(c);
                    break;
            }
        }

        EndCommand();
        return commands;
    }
}
