using System.CommandLine;
using System.Globalization;

namespace FcnSharp.Cli.Predict;

/// <summary>One of several equal shares of the work, for as many machines.</summary>
/// <param name="Number">Which one, from 1.</param>
/// <param name="Count">How many there are.</param>
internal sealed record Shard(int Number, int Count)
{
    /// <summary>The option --shard.</summary>
    public static Option<Shard?> Option() => new("--shard")
    {
        Description = "Only every n-th image, beginning with the i-th: one of n machines does its share.",
        HelpName = "i/n",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            string[] parts = text.Split('/');
            if (parts.Length == 2 && TryParse(parts[0], out int number) && TryParse(parts[1], out int count) && number >= 1 && number <= count)
            {
                return new Shard(number, count);
            }

            result.AddError($"--shard needs i/n with i from 1 to n, such as 2/8, found '{text}'");
            return null;
        },
    };

    /// <summary>The share's items: every <see cref="Count"/>-th, so that the shares of a folder with many kinds of images take alike long.</summary>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> all) => [.. all.Where((_, i) => i % Count == Number - 1)];

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
