using System.CommandLine;
using System.Globalization;

namespace FcnSharp.Cli.Commands;

/// <summary>Options that take numbers, with one line for what is not one.</summary>
internal static class Numbers
{
    /// <summary>An option for a whole number.</summary>
    public static Option<int> WholeNumber(string name, string description, int defaultValue, int minimum, int maximum = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "n",
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= minimum && number <= maximum)
            {
                return number;
            }

            string range = maximum == int.MaxValue ? $"of at least {minimum}" : $"from {minimum} to {maximum}";
            result.AddError($"{name} needs a whole number {range}, found '{text}'");
            return defaultValue;
        },
    };
}
