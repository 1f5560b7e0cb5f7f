using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;

namespace FcnSharp.Reports;

/// <summary>Rows of image, truth, prediction and errors.</summary>
internal static class SampleGallery
{
    // Void in pale khaki, as PASCAL VOC shows it; errors in the vermilion of Okabe and Ito's palette.
    private static readonly ClassInfo Void = new("void", 224, 224, 192);
    private static readonly ClassInfo Error = new("error", 235, 70, 20);

    /// <summary>What the colours mean; void only where the samples have any.</summary>
    public static void Legend(HtmlBuilder html, ReportContent content)
    {
        bool hasVoid = content.Samples.Any(sample => sample.Truth.Labels.Any(label => label == content.IgnoreIndex));
        IEnumerable<ClassInfo> extra = hasVoid ? [Void, Error] : [Error];
        html.Write($"<ul class=\"legend\">");
        foreach (ClassInfo info in content.Classes.Concat(extra))
        {
            html.Write($"<li>");
            ClassTables.Swatch(html, info);
            html.Write($"{info.Name}</li>");
        }

        html.Write($"</ul>\n");
    }

    public static void Row(HtmlBuilder html, ReportSample sample, IReadOnlyList<ClassInfo> classes, int ignoreIndex)
    {
        ConfusionMatrix matrix = new(classes.Count);
        matrix.Add(sample.Truth, sample.Prediction, ignoreIndex);
        SegmentationMetrics metrics = SegmentationMetrics.From(matrix);
        html.Write($"<article class=\"card sample\"><header><h3>{sample.Name}</h3><p>pixel accuracy <b>{Figures.Percent(metrics.PixelAccuracy)} %</b> · mean IoU <b>{Figures.Percent(metrics.MeanIoU)} %</b></p></header>\n<div class=\"pictures\">");
        Palette palette = Colours(classes);
        Picture(html, sample.Name, "image", sample.Image, PngFile.EncodeRgb(sample.Image));
        Picture(html, sample.Name, "truth", sample.Image, PngFile.EncodeLabels(sample.Truth, palette));
        Picture(html, sample.Name, "prediction", sample.Image, PngFile.EncodeLabels(sample.Prediction, palette));
        Picture(html, sample.Name, "errors", sample.Image, PngFile.EncodeRgb(Errors(sample, ignoreIndex)));
        html.Write($"</div></article>\n");
    }

    private static void Picture(HtmlBuilder html, string name, string what, RgbImage size, byte[] png)
    {
        string data = Convert.ToBase64String(png);
        html.Write($"<figure><img src=\"data:image/png;base64,{data}\" width=\"{size.Width}\" height=\"{size.Height}\" alt=\"{name}: {what}\"/><figcaption>{what}</figcaption></figure>");
    }

    /// <summary>The classes' colours; every other label in the colour of void.</summary>
    private static Palette Colours(IReadOnlyList<ClassInfo> classes)
    {
        byte[] bytes = new byte[3 * Palette.MaxCount];
        for (int i = 0; i < Palette.MaxCount; i++)
        {
            ClassInfo info = i < classes.Count ? classes[i] : Void;
            (bytes[3 * i], bytes[(3 * i) + 1], bytes[(3 * i) + 2]) = (info.R, info.G, info.B);
        }

        return new(bytes);
    }

    /// <summary>The image in pale grey, with the wrong pixels on top.</summary>
    private static RgbImage Errors(ReportSample sample, int ignoreIndex)
    {
        RgbImage image = new(sample.Image.Width, sample.Image.Height);
        for (int i = 0; i < sample.Truth.Labels.Length; i++)
        {
            int truth = sample.Truth.Labels[i];
            ReadOnlySpan<byte> pixel = sample.Image.Pixels.AsSpan(3 * i, 3);
            byte grey = (byte)(96 + (((2 * pixel[0]) + (5 * pixel[1]) + pixel[2]) / 16));
            bool wrong = truth != ignoreIndex && truth != sample.Prediction.Labels[i];
            Set(image, i, truth == ignoreIndex ? Void : wrong ? Error : new("", grey, grey, grey));
        }

        return image;
    }

    private static void Set(RgbImage image, int pixel, ClassInfo colour)
    {
        image.Pixels[3 * pixel] = colour.R;
        image.Pixels[(3 * pixel) + 1] = colour.G;
        image.Pixels[(3 * pixel) + 2] = colour.B;
    }
}
