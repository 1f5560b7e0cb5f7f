using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Models;

/// <summary>A finer value of the trunk that scores are made of, too.</summary>
/// <param name="Name">Its stage, such as "pool4": the layers are score_pool4, fuse_pool4 and upscore_pool4.</param>
/// <param name="Features">Its features.</param>
/// <param name="Factor">What its scores are multiplied by before they are added: less than 1 for large features.</param>
internal readonly record struct Skip(string Name, GraphValue Features, float Factor = 1);

/// <summary>
/// What makes a trunk an FCN (CVPR 2015, section 4.2, figure 3): 1x1 score layers on the coarse features and on each skip,
/// doubled, laid over each other and summed from coarse to fine, then upsampled to the image. Kernels and offsets of all crops
/// follow from where the grids lie (<see cref="PixelGrids"/>), in the reference's padding as in the tight one.
/// </summary>
internal sealed class FcnHead(GraphBuilder b, GraphValue image, NetOptions options)
{
    private readonly PixelGrids _rows = new(vertical: true);

    /// <summary>Writes the head and the outputs "scores", "classes", "confidentClasses", "confidence", "probabilities" and "loss".</summary>
    /// <param name="labels">Int32 [N, 1, H, W].</param>
    /// <param name="coarse">The coarsest features.</param>
    /// <param name="skips">Finer ones, from coarse to fine.</param>
    public void Write(GraphValue labels, GraphValue coarse, params IReadOnlyList<Skip> skips)
    {
        GraphValue score = Score("score_fr", coarse);
        string upsample = "upscore";
        for (int i = 0; i < skips.Count; i++)
        {
            upsample = i == 0 ? "upscore2" : "upscore_" + skips[i - 1].Name;
            score = Fuse(upsample, skips[i], score);
        }

        double stride = _rows.Of(score)!.Value.Stride;
        string last = skips.Count == 0 ? "upscore" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"upscore{stride}");
        (GraphValue up, int offset) = Upsample(last, score, image);
        WriteOutputs(labels, b.Crop("score", up, image, offset));
    }

    /// <summary>A 1x1 convolution to scores; it starts at zero, as in the reference, so that each skip begins as no change.</summary>
    private GraphValue Score(string name, GraphValue features) =>
        b.Conv2d(name, features, options.Classes, Conv2dParameters.Square(1), Initializer.Zero);

    /// <summary>Doubles the coarse scores and adds those of the skip, each cut to what both have.</summary>
    private GraphValue Fuse(string upsampleName, Skip skip, GraphValue coarse)
    {
        GraphValue fine = Score("score_" + skip.Name, skip.Features);
        (GraphValue up, int offset) = Upsample(upsampleName, coarse, skip.Features);
        if (offset >= 0)
        {
            up = b.Crop(upsampleName + "c", up, fine, offset);
        }
        else
        {
            fine = b.Crop($"score_{skip.Name}c", fine, up, -offset);
        }

        return b.WeightedSum("fuse_" + skip.Name, [1, skip.Factor], up, fine);
    }

    /// <summary>
    /// Transposed convolution to the grid of a finer value, and the offset at which that value begins in it. Where pixel 0 of the
    /// coarse grid lies on a pixel of the fine one the kernel is odd, 2f - 1, and where it lies between two it is even, 2f. In tight
    /// padding what lies outside is not computed, so the offset is 0.
    /// </summary>
    private (GraphValue Value, int Offset) Upsample(string name, GraphValue coarse, GraphValue fine)
    {
        (PixelGrid from, PixelGrid to) = (_rows.Of(coarse)!.Value, _rows.Of(fine)!.Value);
        int factor = (int)(from.Stride / to.Stride);
        double first = (from.Centre - to.Centre) / to.Stride;
        int kernel = first == Math.Floor(first) ? 2 * factor - 1 : 2 * factor;
        double shift = (kernel - 1) / 2.0 - first;
        if (shift != Math.Floor(shift))
        {
            throw new FcnSharpException($"{name}: the coarse scores lie at {first} of the finer pixels; no bilinear kernel puts them there.");
        }

        int offset = (int)shift;
        int padding = options.Padding == BorderPadding.Tight ? offset : 0;
        int outputPadding = 0;
        if (options.Padding == BorderPadding.Tight)
        {
            // The n-th coarse pixel must reach to the end of the longest fine value that has n of them.
            (int slope, int constant) = _rows.LongestBefore(coarse, fine);
            outputPadding = Math.Max(0, constant - (slope * -1 + kernel - 2 * padding));
        }

        int groups = options.Kernels == UpsamplingKernels.PerClass ? options.Classes : 1;
        Multipliers multipliers = options.Upsampling == Upsampling.Learned ? new Multipliers(1, 0, 1, 0) : Multipliers.Frozen;
        var geometry = ConvTranspose2dParameters.Square(kernel, factor, padding, groups: groups, outputPadding: outputPadding);
        return (b.ConvTranspose2d(name, coarse, options.Classes, geometry, multipliers: multipliers), offset - padding);
    }

    private void WriteOutputs(GraphValue labels, GraphValue score)
    {
        b.Output("scores", score);
        b.Output("classes", b.ArgMax("classes", score));

        // Classes beside a confidence come from the pass that makes both; alone they are cheaper.
        (GraphValue classes, GraphValue confidence) = b.ClassifyPixels("confidence", score);
        b.Output("confidentClasses", classes);
        b.Output("confidence", confidence);
        b.Output("probabilities", b.Softmax("probabilities", score));
        b.Output("loss", b.SoftmaxCrossEntropyLoss("loss", score, labels, options.IgnoreIndex, options.Loss, classWeights: options.ClassWeights));
    }
}
