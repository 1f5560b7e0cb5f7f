using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Reports;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Reports;

public sealed class HtmlReportTests
{
    private const string Hostile = "<script>alert('x')</script> & \"quotes\" \u0001";

    [Fact]
    public void The_page_is_well_formed_and_holds_every_part()
    {
        XDocument page = Parse(HtmlReport.Render(Content()));

        Assert.Equal(["Training", "Held-out images", "Classes", "Confusion matrix", "Settings", "How to reproduce"], page.Descendants("h2").Select(h => h.Value));
        Assert.Equal(["85.1 %", "92.0 %", "91.9 %", "85.2 %", "1 min 30 s", "1234 images/s", "1,234,567"], page.Descendants("dd").Select(figure => figure.Value.Trim()));
        Assert.Equal(2, page.Descendants("svg").Count());
        Assert.Equal(4, page.Descendants("img").Count());
    }

    [Fact]
    public void The_page_asks_for_nothing_from_outside_and_runs_nothing()
    {
        string html = HtmlReport.Render(Content());
        XDocument page = Parse(html);

        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "iframe" or "object" or "base");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || a.Name == "href");
        Assert.All(page.Descendants().Attributes("src"), src => Assert.StartsWith("data:image/png;base64,", src.Value, StringComparison.Ordinal));
        Assert.DoesNotMatch("https?://|url\\(|@import", html);
    }

    [Fact]
    public void Pictures_have_texts_and_tables_have_headers()
    {
        XDocument page = Parse(HtmlReport.Render(Content()));

        Assert.All(page.Descendants("img"), img => Assert.NotEqual("", (string?)img.Attribute("alt") ?? ""));
        Assert.All(page.Descendants("svg"), svg => Assert.Contains("at step", (string?)svg.Attribute("aria-label"), StringComparison.Ordinal));
        Assert.All(page.Descendants("th"), th => Assert.Contains((string?)th.Attribute("scope"), new[] { "row", "col" }));
        Assert.All(page.Descendants("tr"), row => Assert.NotEmpty(row.Elements("th")));
    }

    [Fact]
    public void Pictures_hold_the_pixels()
    {
        ReportContent content = Content();
        XDocument page = Parse(HtmlReport.Render(content));
        byte[][] files = [.. page.Descendants("img").Select(img => Convert.FromBase64String(img.Attribute("src")!.Value.Split(',')[1]))];

        Assert.Equal(content.Samples[0].Image.Pixels, PngFile.ReadRgb(new MemoryStream(files[0]), "image").Pixels);
        Assert.Equal(content.Samples[0].Prediction.Labels, PngFile.ReadLabels(new MemoryStream(files[2]), "prediction").Labels);

        // Right, wrong, right and void: grey, vermilion, grey, khaki.
        byte[] errors = PngFile.ReadRgb(new MemoryStream(files[3]), "errors").Pixels;
        Assert.True(errors[0] == errors[1] && errors[1] == errors[2]);
        Assert.Equal([235, 70, 20], errors[3..6]);
        Assert.Equal([224, 224, 192], errors[9..12]);
    }

    [Fact]
    public void The_style_sheet_holds_no_escapes_as_browsers_would_not_undo_them()
    {
        string html = HtmlReport.Render(Content());
        Assert.DoesNotContain('&', html[html.IndexOf("<style>", StringComparison.Ordinal)..html.IndexOf("</style>", StringComparison.Ordinal)]);
    }

    [Fact]
    public void The_legend_names_void_only_where_there_is_some()
    {
        ReportContent content = Content();
        Assert.Equal(["background", "thing", "void", "error"], Parse(HtmlReport.Render(content)).Descendants("li").Select(item => item.Value));

        ReportSample full = content.Samples[0] with { Truth = content.Samples[0].Prediction };
        Assert.Equal(["background", "thing", "error"], Parse(HtmlReport.Render(content with { Samples = [full] })).Descendants("li").Select(item => item.Value));
    }

    [Fact]
    public void Whatever_a_user_named_stays_text()
    {
        ReportContent content = Content();
        content = content with
        {
            Title = Hostile,
            Summary = Hostile,
            Classes = [new(Hostile, 1, 2, 3), content.Classes[1]],
            Samples = [content.Samples[0] with { Name = Hostile }],
            Settings = [new(Hostile, Hostile)],
            Reproduce = [Hostile],
        };
        XDocument page = Parse(HtmlReport.Render(content));

        Assert.Empty(page.Descendants("script"));
        Assert.Equal(Hostile.Replace('\u0001', ' '), page.Descendants("h1").Single().Value);
        Assert.Contains(page.Descendants("td"), td => td.Value == Hostile.Replace('\u0001', ' '));
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void The_page_is_the_same_under_every_culture(string culture)
    {
        string expected = HtmlReport.Render(Content());
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            Assert.Equal(expected, HtmlReport.Render(Content()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_page_without_curves_samples_or_pixels_is_still_a_page()
    {
        ReportContent content = new() { Title = "Empty", Classes = Content().Classes, Confusion = new ConfusionMatrix(2) };
        XDocument page = Parse(HtmlReport.Render(content));
        Assert.Equal("– %", page.Descendants("dd").First().Value);
        Assert.DoesNotContain("NaN", page.Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Curves_with_one_point_flat_values_or_gaps_stay_inside_their_frame()
    {
        IReadOnlyList<CurvePoint>[] curves =
        [
            [new(0, 0)],
            [new(5, 2.5)],
            [new(1, 3), new(2, 3), new(3, 3)],
            [new(1, double.NaN), new(2, 1), new(3, double.PositiveInfinity), new(4, 2)],
            [new(1, -1), new(2, -0.5)],
            [.. Enumerable.Range(1, 5000).Select(i => new CurvePoint(i, i == 2500 ? 1e9 : 1e5 / i))],
        ];
        foreach (IReadOnlyList<CurvePoint> curve in curves)
        {
            XDocument page = Parse(HtmlReport.Render(Content() with { Loss = curve, ValidationMeanIoU = [] }));
            foreach (string points in page.Descendants("polyline").Select(line => line.Attribute("points")!.Value))
            {
                double[] numbers = [.. points.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
                Assert.InRange(numbers.Length, 2, 2 * 602);
                Assert.All(numbers.Where((_, i) => i % 2 == 0), x => Assert.InRange(x, 52, 466));
                Assert.All(numbers.Where((_, i) => i % 2 == 1), y => Assert.InRange(y, 12, 226));
            }
        }
    }

    [Fact]
    public void Classes_that_do_not_fit_the_matrix_are_refused()
    {
        ReportContent content = Content() with { Confusion = new ConfusionMatrix(3) };
        Assert.Contains("2 classes, its confusion matrix 3", Assert.Throws<FcnSharpException>(() => HtmlReport.Render(content)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ticks_are_round_and_cover_the_range()
    {
        Assert.Equal([0, 0.5, 1, 1.5, 2], Curve.Ticks(0, 1.9, 5));
        Assert.Equal([0, 200, 400, 600, 800, 1000, 1200], Curve.Ticks(0, 1200, 6));
        Assert.Equal([-2, 0, 2, 4, 6], Curve.Ticks(-1, 6, 5));
    }

    [Fact]
    public void Smoothing_keeps_straight_lines_and_both_ends()
    {
        CurvePoint[] line = [.. Enumerable.Range(0, 1000).Select(i => new CurvePoint(i, 3 + (0.5 * i)))];
        List<CurvePoint> smooth = Curve.Smooth(line);
        Assert.Equal((0, 999), (smooth[0].Step, smooth[^1].Step));
        Assert.All(smooth, point => Assert.Equal(3 + (0.5 * point.Step), point.Value, 1e-9));
    }

    private static XDocument Parse(string html)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static ReportContent Content()
    {
        // 50  4   Pixel 92 / 100.  Accuracy 50/54 = 0.9259 and 42/46 = 0.9130, mean 0.9195.
        //  4 42   IoU 50/58 = 0.8621 and 42/50 = 0.84, mean 0.8510; weighted 0.54 * 0.8621 + 0.46 * 0.84 = 0.8519.
        ConfusionMatrix matrix = new(2);
        Count(matrix, 0, 0, 50);
        Count(matrix, 0, 1, 4);
        Count(matrix, 1, 0, 4);
        Count(matrix, 1, 1, 42);
        return new()
        {
            Title = "A report",
            Summary = "A net on some data.",
            Classes = [new("background", 10, 20, 30), new("thing", 200, 100, 0)],
            Confusion = matrix,
            TrainingTime = TimeSpan.FromSeconds(90.25),
            ImagesPerSecond = 1234.4,
            Parameters = 1234567,
            Loss = [.. Enumerable.Range(1, 100).Select(i => new CurvePoint(i, 2.0 / i))],
            ValidationMeanIoU = [new(50, 0.5), new(100, 0.8625)],
            Samples = [new("0042", new RgbImage(2, 2, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 100, 200]), new LabelMap(2, 2, [0, 1, 1, 255]), new LabelMap(2, 2, [0, 0, 1, 1]))],
            Settings = [new("Learning rate", "0.05")],
            Reproduce = ["fcn demo --seed 1"],
        };
    }

    private static void Count(ConfusionMatrix matrix, ushort truth, ushort prediction, int pixels) =>
        matrix.Add([.. Enumerable.Repeat(truth, pixels)], [.. Enumerable.Repeat(prediction, pixels)], 255);
}
