using System.Buffers;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Inference;

/// <summary>Runs a net on whole images. Nothing is handed out before the model's file is known to be right.</summary>
/// <param name="network">The net.</param>
/// <param name="preprocessing">How pixels become its input.</param>
/// <param name="file">Where its weights are from; null for a net in memory.</param>
internal sealed class SegmentationNet(Network network, Preprocessing preprocessing, OpenModel? file)
{
    /// <summary>The output of classes alone.</summary>
    public static readonly CompileTarget Classes = CompileTarget.Inference("classes");

    /// <summary>The outputs of classes and of their confidence.</summary>
    public static readonly CompileTarget ClassesAndConfidence = CompileTarget.Inference("confidentClasses", "confidence");

    private static readonly CompileTarget AllProbabilities = CompileTarget.Inference("probabilities");

    /// <summary>Bytes that a computation may take.</summary>
    public long MemoryBudget => network.Device.MemoryBudget;

    /// <summary>The class of each pixel of images of one size, computed at once.</summary>
    /// <param name="images">At least one.</param>
    /// <param name="withConfidence">Whether the probability of that class is wanted.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    public (LabelMap Map, float[]? Confidence)[] Classify(ReadOnlySpan<RgbImage> images, bool withConfidence, CancellationToken cancellation)
    {
        CompileTarget target = withConfidence ? ClassesAndConfidence : Classes;
        CompiledNet net = Compile(target, images.Length, images[0]);
        using IExecution execution = Run(net, images, mirror: false, cancellation);
        var results = new (LabelMap Map, float[]? Confidence)[images.Length];
        int pixels = images[0].Width * images[0].Height;
        int length = images.Length * pixels;
        int[] classes = ArrayPool<int>.Shared.Rent(length);
        float[] confidence = withConfidence ? ArrayPool<float>.Shared.Rent(length) : [];
        try
        {
            execution.Read(net.Outputs[target.Outputs[0]], classes.AsSpan(0, length));
            if (withConfidence)
            {
                execution.Read(net.Outputs[target.Outputs[1]], confidence.AsSpan(0, length));
            }

            for (int i = 0; i < results.Length; i++)
            {
                var map = new LabelMap(images[i].Width, images[i].Height);
                ReadOnlySpan<int> own = classes.AsSpan(i * pixels, pixels);
                for (int p = 0; p < own.Length; p++)
                {
                    map.Labels[p] = (ushort)own[p];
                }

                results[i] = (map, withConfidence ? confidence.AsSpan(i * pixels, pixels).ToArray() : null);
            }

            return results;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(classes);
            if (withConfidence)
            {
                ArrayPool<float>.Shared.Return(confidence);
            }
        }
    }

    /// <summary>The probability of each class at each pixel.</summary>
    /// <param name="image">The image, H x W.</param>
    /// <param name="mirror">Whether it is to be seen with left and right swapped; so is the result then.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <returns>[1, classes, H, W].</returns>
    public Tensor Probabilities(RgbImage image, bool mirror, CancellationToken cancellation)
    {
        CompiledNet net = Compile(AllProbabilities, 1, image);
        using IExecution execution = Run(net, [image], mirror, cancellation);
        ProgramValue output = net.Outputs[AllProbabilities.Outputs[0]];
        var probabilities = new Tensor(output.Shape);
        execution.Read(output, probabilities.Span);
        return probabilities;
    }

    private CompiledNet Compile(CompileTarget target, int count, RgbImage image) =>
        network.Compile(target, new Dictionary<string, Shape> { ["image"] = new Shape(count, 3, image.Height, image.Width) });

    private IExecution Run(CompiledNet net, ReadOnlySpan<RgbImage> images, bool mirror, CancellationToken cancellation)
    {
        IExecution execution = net.Plan.Begin();
        try
        {
            Write(execution, net.Inputs["image"], images, mirror);
            execution.Run(cancellation);
            file?.WaitForCheck(cancellation);
            return execution;
        }
        catch
        {
            execution.Dispose();
            throw;
        }
    }

    private void Write(IExecution execution, ProgramValue input, ReadOnlySpan<RgbImage> images, bool mirror)
    {
        int length = images[0].Pixels.Length;
        float[] planes = ArrayPool<float>.Shared.Rent(images.Length * length);
        try
        {
            for (int i = 0; i < images.Length; i++)
            {
                InputEncoder.Encode(images[i], preprocessing, planes.AsSpan(i * length, length), mirror);
            }

            execution.Write(input, planes.AsSpan(0, images.Length * length));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(planes);
        }
    }
}
