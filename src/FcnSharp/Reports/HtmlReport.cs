using System.Text;
using FcnSharp.Evaluation;
using FcnSharp.Tensors;

namespace FcnSharp.Reports;

/// <summary>
/// A training report as one HTML page that needs nothing else: styles, curves and pictures are inside, there is no script and no request.
/// The markup is also well-formed XML.
/// </summary>
public static class HtmlReport
{
    /// <summary>Renders the page into a file; the old file stays until the new one is whole.</summary>
    /// <exception cref="FcnSharpException">As <see cref="Render"/>, or the file cannot be written.</exception>
    public static void Write(string path, ReportContent content)
    {
        byte[] page = Encoding.UTF8.GetBytes(Render(content));
        AtomicFile.Write(path, stream => stream.Write(page));
    }

    /// <summary>Renders the page. The same content gives the same text, whatever the culture.</summary>
    /// <exception cref="FcnSharpException">The classes do not fit the confusion matrix, or a sample's sizes or labels do not fit.</exception>
    public static string Render(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        Check(content);
        SegmentationMetrics metrics = SegmentationMetrics.From(content.Confusion);
        HtmlBuilder html = new();
        html.Write($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>{content.Title}</title>
            <style>{ReportStyle.Css}</style>
            </head>
            <body>
            <main>
            <header class="title"><p class="eyebrow">FcnSharp training report</p><h1>{content.Title}</h1><p class="lead">{content.Summary}</p></header>

            """);
        Summary(html, content, metrics);
        Curves(html, content);
        Samples(html, content);
        Classes(html, content, metrics);
        Settings(html, content);
        html.Write($"""
            <footer><p>IoU: intersection over union. Means leave out classes that occur neither in the truth nor in the prediction; void pixels are not counted.</p></footer>
            </main>
            </body>
            </html>

            """);
        return html.ToString();
    }

    private static void Check(ReportContent content)
    {
        if (content.Classes.Count != content.Confusion.Classes)
        {
            throw new FcnSharpException($"The report has {content.Classes.Count} classes, its confusion matrix {content.Confusion.Classes}; both must be of the same dataset.");
        }

        foreach (ReportSample sample in content.Samples)
        {
            if (sample.Image.Width != sample.Truth.Width || sample.Image.Height != sample.Truth.Height)
            {
                throw new FcnSharpException($"Report sample {sample.Name}: the image has {sample.Image.Width}x{sample.Image.Height} pixels, its labels {sample.Truth.Width}x{sample.Truth.Height}; both must have the same size.");
            }
        }
    }

    private static void Summary(HtmlBuilder html, ReportContent content, SegmentationMetrics metrics)
    {
        html.Write($"<section aria-label=\"Summary\"><dl class=\"figures\">\n");
        html.Write($"<div class=\"hero\"><dt>Mean IoU</dt><dd>{Figures.Percent(metrics.MeanIoU)}<small> %</small></dd></div>\n");
        Figure(html, "Pixel accuracy", Figures.Percent(metrics.PixelAccuracy), "%");
        Figure(html, "Mean accuracy", Figures.Percent(metrics.MeanAccuracy), "%");
        Figure(html, "Frequency-weighted IoU", Figures.Percent(metrics.FrequencyWeightedIoU), "%");
        if (content.TrainingTime is TimeSpan time)
        {
            Figure(html, "Training time", Figures.Duration(time), "");
        }

        if (content.ImagesPerSecond is double speed)
        {
            Figure(html, "Training speed", Figures.Short(speed), "images/s");
        }

        if (content.Parameters is long parameters)
        {
            Figure(html, "Parameters", Figures.Count(parameters), "");
        }

        html.Write($"</dl></section>\n");
    }

    private static void Figure(HtmlBuilder html, string name, string value, string unit) =>
        html.Write($"<div><dt>{name}</dt><dd>{value}<small> {unit}</small></dd></div>\n");

    private static void Curves(HtmlBuilder html, ReportContent content)
    {
        if (content.Loss.Count + content.ValidationMeanIoU.Count == 0)
        {
            return;
        }

        html.Write($"<section><h2>Training</h2>\n<div class=\"charts\">\n");
        CurveChart.Loss(html, content.Loss);
        CurveChart.MeanIoU(html, content.ValidationMeanIoU);
        html.Write($"</div></section>\n");
    }

    private static void Samples(HtmlBuilder html, ReportContent content)
    {
        if (content.Samples.Count == 0)
        {
            return;
        }

        html.Write($"<section><h2>Held-out images</h2>\n");
        SampleGallery.Legend(html, content);
        foreach (ReportSample sample in content.Samples)
        {
            SampleGallery.Row(html, sample, content.Classes, content.IgnoreIndex);
        }

        html.Write($"</section>\n");
    }

    private static void Classes(HtmlBuilder html, ReportContent content, SegmentationMetrics metrics)
    {
        html.Write($"<section><h2>Classes</h2>\n");
        ClassTables.PerClass(html, content.Classes, metrics);
        html.Write($"</section>\n<section><h2>Confusion matrix</h2>\n<p>Each row shows where the pixels of one true class went, in percent of that class.</p>\n");
        ClassTables.Confusion(html, content.Classes, content.Confusion);
        html.Write($"</section>\n");
    }

    private static void Settings(HtmlBuilder html, ReportContent content)
    {
        if (content.Settings.Count > 0)
        {
            html.Write($"<section><h2>Settings</h2>\n<div class=\"scroll card\"><table class=\"settings\"><thead><tr><th scope=\"col\">Setting</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
            foreach (ReportSetting setting in content.Settings)
            {
                html.Write($"<tr><th scope=\"row\">{setting.Name}</th><td>{setting.Value}</td></tr>\n");
            }

            html.Write($"</tbody></table></div></section>\n");
        }

        if (content.Reproduce.Count > 0)
        {
            html.Write($"<section><h2>How to reproduce</h2>\n<pre class=\"card\"><code>{string.Join('\n', content.Reproduce)}</code></pre></section>\n");
        }
    }
}
