using System.CommandLine;
using System.CommandLine.Parsing;
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
        CustomParser = result => Whole(result, name, minimum, maximum) ?? defaultValue,
    };

    /// <summary>An option for a whole number that something else decides where it is not given.</summary>
    public static Option<int?> OptionalWholeNumber(string name, string description, int minimum, int maximum = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "n",
        CustomParser = result => Whole(result, name, minimum, maximum),
    };

    /// <summary>An option for a number that something else decides where it is not given.</summary>
    public static Option<double?> OptionalNumber(string name, string description, double minimum, double maximum = double.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "x",
        CustomParser = result =>
        {
            string text = Text(result);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= minimum && number <= maximum)
            {
                return number;
            }

            result.AddError($"{name} needs a number {Range(minimum, maximum, maximum < double.MaxValue)}, found '{text}'");
            return null;
        },
    };

    /// <summary>An option for two numbers with something between them, such as 0.5-2.</summary>
    public static Option<(double First, double Second)?> OptionalPair(string name, string description, char separator, string example) => new(name)
    {
        Description = description,
        HelpName = example,
        CustomParser = result =>
        {
            string text = Text(result);
            string[] parts = text.Split(separator);
            if (parts.Length == 2
                && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double first)
                && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double second)
                && first > 0 && second > 0 && double.IsFinite(first) && double.IsFinite(second))
            {
                return (first, second);
            }

            result.AddError($"{name} needs two numbers above 0, such as {example}, found '{text}'");
            return null;
        },
    };

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[0].Value : "";

    private static int? Whole(ArgumentResult result, string name, int minimum, int maximum)
    {
        string text = Text(result);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        result.AddError($"{name} needs a whole number {Range(minimum, maximum, maximum < int.MaxValue)}, found '{text}'");
        return null;
    }

    private static string Range(double minimum, double maximum, bool bounded) =>
        bounded ? FormattableString.Invariant($"from {minimum} to {maximum}") : FormattableString.Invariant($"of at least {minimum}");
}
