using System.Globalization;
using FcnSharp.Data.Checks;

namespace FcnSharp.Cli.Commands;

/// <summary>The report on a dataset as text for people.</summary>
internal static class DatasetReportText
{
    private const int MaxSizes = 5;
    private const int MaxFindingsOfAKind = 20;

    /// <summary>Writes a report.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="pixels">Whether the pixels were read.</param>
    /// <param name="output">Where it goes.</param>
    public static void Write(DatasetReport report, bool pixels, TextWriter output)
    {
        output.WriteLine(report.Summary);
        foreach (SizeCount size in report.Sizes.Take(MaxSizes))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {size.Width}x{size.Height}: {size.Images} images"));
        }

        if (report.Sizes.Count > MaxSizes)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {report.Sizes.Count - MaxSizes} more sizes"));
        }

        int width = report.Classes.Max(info => info.Name.Length);
        for (int i = 0; i < report.Classes.Count; i++)
        {
            ClassShare info = report.Classes[i];
            string share = pixels ? string.Create(CultureInfo.InvariantCulture, $"  {100 * info.Share,6:0.00} %  in {info.Images} images") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {i,3}  {PlainText.Of(pixels ? info.Name.PadRight(width) : info.Name)}{share}"));
        }

        if (pixels)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  void {100 * report.VoidShare:0.00} % of all pixels"));
        }

        foreach (IGrouping<(FindingSeverity Severity, string Code), Finding> kind in report.Findings.GroupBy(finding => (finding.Severity, finding.Code)))
        {
            foreach (Finding finding in kind.Take(MaxFindingsOfAKind))
            {
                output.WriteLine($"{(finding.Severity == FindingSeverity.Error ? "error" : "warning")}: {PlainText.Of(finding.Message)}");
            }

            int more = kind.Count() - MaxFindingsOfAKind;
            if (more > 0)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {more} more of the kind '{kind.Key.Code}'; --json lists all"));
            }
        }

        int errors = report.Findings.Count(finding => finding.Severity == FindingSeverity.Error);
        if (pixels || errors > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{errors} errors, {report.Findings.Count - errors} warnings"));
        }
    }
}
