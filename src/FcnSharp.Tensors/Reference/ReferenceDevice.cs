using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Reference;

/// <summary>
/// Every primitive in its naive, obviously right version: the oracle of the tests. Slow, one thread, allocates.
/// </summary>
public sealed unsafe class ReferenceDevice(long? memoryBudget = null) : HostDevice(memoryBudget)
{
    /// <inheritdoc/>
    public override string Name => "reference";

    /// <inheritdoc/>
    public override string Description => "naive reference, 1 thread";

    /// <inheritdoc/>
    public override void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients)
    {
        CheckSameShape(weight, gradient, velocity);
        Span<float> w = ((HostTensor)weight).Span;
        Span<float> g = ((HostTensor)gradient).Span;
        Span<float> v = ((HostTensor)velocity).Span;
        for (int i = 0; i < w.Length; i++)
        {
            v[i] = coefficients.Momentum * v[i] + coefficients.LearningRate * (coefficients.GradientScale * g[i] + coefficients.WeightDecay * w[i]);
            w[i] -= v[i];
            g[i] = 0;
        }
    }

    /// <inheritdoc/>
    public override void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients)
    {
        CheckSameShape(weight, gradient, firstMoment, secondMoment);
        Span<float> w = ((HostTensor)weight).Span;
        Span<float> g = ((HostTensor)gradient).Span;
        Span<float> m = ((HostTensor)firstMoment).Span;
        Span<float> v = ((HostTensor)secondMoment).Span;
        AdamWCoefficients k = coefficients;
        for (int i = 0; i < w.Length; i++)
        {
            double scaled = (double)k.GradientScale * g[i];
            double first = k.Beta1 * (double)m[i] + (1 - (double)k.Beta1) * scaled;
            double second = k.Beta2 * (double)v[i] + (1 - (double)k.Beta2) * scaled * scaled;
            double direction = first / (1 - Math.Pow(k.Beta1, k.Step)) / (Math.Sqrt(second / (1 - Math.Pow(k.Beta2, k.Step))) + k.Epsilon);
            m[i] = (float)first;
            v[i] = (float)second;
            w[i] = (float)(w[i] - k.LearningRate * (direction + k.WeightDecay * (double)w[i]));
            g[i] = 0;
        }
    }

    internal override IKernel CreateKernel(Operation operation, bool constantParameters) => new Kernel(operation switch
    {
        Conv2dForward o => f => Forward(f, o),
        Conv2dBackwardInput o => f => ConvolutionReference.ToFine(o.Parameters, o.GradInput.Shape, o.GradOutput.Shape, f.Float(o.GradOutput), f.Float(o.Weight), null, f.Float(o.GradInput)),
        Conv2dBackwardWeight o => f => BackwardWeight(f, o),
        ConvTranspose2dForward o => f => ConvolutionReference.ToFine(o.Parameters.Convolution, o.Output.Shape, o.Input.Shape, f.Float(o.Input), f.Float(o.Weight), Optional(f, o.Bias), f.Float(o.Output)),
        ConvTranspose2dBackwardInput o => f => ConvolutionReference.ToCoarse(o.Parameters.Convolution, o.GradOutput.Shape, o.GradInput.Shape, f.Float(o.GradOutput), f.Float(o.Weight), null, f.Float(o.GradInput)),
        ConvTranspose2dBackwardWeight o => f => BackwardWeight(f, o),
        MaxPool2dForward o => f => ElementReference.MaxPool(o.Parameters, o.Input.Shape, o.Output.Shape, f.Float(o.Input), f.Float(o.Output), o.ArgMax is null ? null : f.Int(o.ArgMax)),
        MaxPool2dBackward o => f => ElementReference.MaxPoolBackward(o.GradInput.Shape, o.GradOutput.Shape, f.Float(o.GradOutput), f.Int(o.ArgMax), f.Float(o.GradInput)),
        ReluForward o => f => ElementReference.Relu(o.Input.Shape.ElementCount, f.Float(o.Input), f.Float(o.Output)),
        ReluBackward o => f => ElementReference.ReluBackward(o.Output.Shape.ElementCount, f.Float(o.GradOutput), f.Float(o.Output), f.Float(o.GradInput)),
        DropoutApply o => f => ElementReference.Dropout(o, f.Seed, f.Step, f.Float(o.Input), f.Float(o.Output)),
        CropForward o => f => ElementReference.Crop(o.Input.Shape, o.Output.Shape, o.OffsetY, o.OffsetX, f.Float(o.Input), f.Float(o.Output)),
        CropBackward o => f => ElementReference.CropBackward(o.GradInput.Shape, o.GradOutput.Shape, o.OffsetY, o.OffsetX, f.Float(o.GradOutput), f.Float(o.GradInput)),
        SumForward o => f => Sum(f, o),
        SoftmaxCrossEntropyForward o => f => SoftmaxLossReference.Forward(o.Logits.Shape, o.IgnoreIndex, o.Reduction, o.ClassWeights, f.Float(o.Logits), f.Int(o.Labels), f.Float(o.Loss)),
        SoftmaxCrossEntropyBackward o => f => SoftmaxLossReference.Backward(o.Logits.Shape, o.IgnoreIndex, o.Reduction, o.Weight, o.ClassWeights, f.Float(o.Logits), f.Int(o.Labels), f.Float(o.Loss), f.Float(o.GradLogits)),
        ArgMaxForward o => f => ElementReference.ArgMax(o.Scores.Shape, f.Float(o.Scores), f.Int(o.Classes)),
        BilinearResize2dForward o => f => ResizeReference.Forward(o.AlignCorners, o.Input.Shape, o.Output.Shape, f.Float(o.Input), f.Float(o.Output)),
        BilinearResize2dBackward o => f => ResizeReference.Backward(o.AlignCorners, o.GradInput.Shape, o.GradOutput.Shape, f.Float(o.GradOutput), f.Float(o.GradInput)),
        BatchNorm2dStatistics o => f => BatchNormReference.Statistics(o.Input.Shape, o.Parameters.Epsilon, o.Parameters.Momentum, f.Float(o.Input), f.Float(o.RunningMean), f.Float(o.RunningVariance), f.Float(o.Statistics), f.Float(o.NextMean), f.Float(o.NextVariance)),
        BatchNorm2dRunningStatistics o => f => BatchNormReference.RunningStatistics(o.RunningMean.Shape[0], o.Parameters.Epsilon, f.Float(o.RunningMean), f.Float(o.RunningVariance), f.Float(o.Statistics)),
        BatchNorm2dNormalize o => f => BatchNormReference.Normalize(o.Input.Shape, f.Float(o.Input), f.Float(o.Statistics), f.Float(o.Weight), f.Float(o.Bias), f.Float(o.Output)),
        BatchNorm2dGradientSums o => f => BatchNormReference.GradientSums(o.Input.Shape, f.Float(o.Input), f.Float(o.GradOutput), f.Float(o.Statistics), f.Float(o.Sums)),
        BatchNorm2dBackwardWeight o => f => BatchNormReference.AddWeightGradient(o.Sums.Shape[1], f.Float(o.Sums), Optional(f, o.GradWeight), Optional(f, o.GradBias)),
        BatchNorm2dBackwardInput o => f => BatchNormReference.BackwardInput(o.GradInput.Shape, f.Float(o.GradOutput), o.Sums is null ? null : f.Float(o.Input), f.Float(o.Statistics), f.Float(o.Weight), Optional(f, o.Sums), f.Float(o.GradInput)),
        AvgPool2dForward o => f => PoolingReference.AvgPool(o.Parameters, o.Input.Shape, o.Output.Shape, f.Float(o.Input), f.Float(o.Output)),
        AvgPool2dBackward o => f => PoolingReference.AvgPoolBackward(o.Parameters, o.GradInput.Shape, o.GradOutput.Shape, f.Float(o.GradOutput), f.Float(o.GradInput)),
        MaxUnpool2dForward o => f => PoolingReference.MaxUnpool(o.Input.Shape, o.Output.Shape, f.Float(o.Input), f.Int(o.ArgMax), f.Float(o.Output)),
        MaxUnpool2dBackward o => f => PoolingReference.MaxUnpoolBackward(o.GradInput.Shape, o.GradOutput.Shape, f.Float(o.GradOutput), f.Int(o.ArgMax), f.Float(o.GradInput)),
        LocalResponseNormForward o => f => NormalizationReference.LocalResponse(o.Parameters, o.Input.Shape, f.Float(o.Input), f.Float(o.Output), Optional(f, o.Scale)),
        LocalResponseNormBackward o => f => NormalizationReference.LocalResponseBackward(o.Parameters, o.Input.Shape, f.Float(o.GradOutput), f.Float(o.Input), f.Float(o.GradInput)),
        ConcatForward o => f => MixingReference.Concat(f, o),
        SliceChannels o => f => MixingReference.Slice(f, o),
        ScaleApply o => f => MixingReference.Scale(f, o),
        WeightedSumForward o => f => MixingReference.WeightedSum(f, o),
        Pad2dForward o => f => MixingReference.Pad(f, o),
        SoftmaxForward o => f => SoftmaxReference.Forward(f, o),
        SoftmaxBackward o => f => SoftmaxReference.Backward(f, o),
        ClassifyPixelsForward o => f => SoftmaxReference.Classify(f, o),
        _ => throw new NotSupportedException($"The reference device has no {operation.Kind}."),
    });

    private static float* Optional(KernelFrame frame, ProgramValue? value) => value is null ? null : frame.Float(value);

    private static void Forward(KernelFrame f, Conv2dForward o)
    {
        float* output = f.Float(o.Output);
        ConvolutionReference.ToCoarse(o.Parameters, o.Input.Shape, o.Output.Shape, f.Float(o.Input), f.Float(o.Weight), Optional(f, o.Bias), output);
        for (long i = 0; o.Relu && i < o.Output.Shape.ElementCount; i++)
        {
            output[i] = output[i] < 0 ? 0 : output[i];
        }
    }

    private static void BackwardWeight(KernelFrame f, Conv2dBackwardWeight o)
    {
        if (o.GradWeight is { } gradWeight)
        {
            ConvolutionReference.AddWeightGradient(o.Parameters, o.Input.Shape, o.GradOutput.Shape, gradWeight.Shape, f.Float(o.GradOutput), f.Float(o.Input), f.Float(gradWeight));
        }

        if (o.GradBias is { } gradBias)
        {
            ConvolutionReference.AddBiasGradient(o.GradOutput.Shape, f.Float(o.GradOutput), f.Float(gradBias));
        }
    }

    private static void BackwardWeight(KernelFrame f, ConvTranspose2dBackwardWeight o)
    {
        if (o.GradWeight is { } gradWeight)
        {
            ConvolutionReference.AddWeightGradient(o.Parameters.Convolution, o.GradOutput.Shape, o.Input.Shape, gradWeight.Shape, f.Float(o.Input), f.Float(o.GradOutput), f.Float(gradWeight));
        }

        if (o.GradBias is { } gradBias)
        {
            ConvolutionReference.AddBiasGradient(o.GradOutput.Shape, f.Float(o.GradOutput), f.Float(gradBias));
        }
    }

    private static void Sum(KernelFrame frame, SumForward operation)
    {
        float* output = frame.Float(operation.Output);
        for (long i = 0; i < operation.Output.Shape.ElementCount; i++)
        {
            float sum = 0;
            foreach (ProgramValue term in operation.Terms)
            {
                sum += frame.Float(term)[i];
            }

            output[i] = sum;
        }
    }

    private sealed class Kernel(Action<KernelFrame> body) : IKernel
    {
        public long WorkspaceBytes => 0;

        public void Execute(KernelFrame frame) => body(frame);
    }
}
