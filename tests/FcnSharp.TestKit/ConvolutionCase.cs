using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.TestKit;

/// <summary>One convolution, or transposed convolution, to be computed forward and backward.</summary>
/// <param name="Name">What is particular about it; unique.</param>
/// <param name="Input">The input's shape.</param>
/// <param name="OutChannels">Channels of the output.</param>
/// <param name="Convolution">The geometry of a convolution, or null.</param>
/// <param name="Transposed">The geometry of a transposed convolution, or null.</param>
public sealed record ConvolutionCase(string Name, Shape Input, int OutChannels, Conv2dParameters? Convolution, ConvTranspose2dParameters? Transposed)
{
    /// <summary>The weight's shape.</summary>
    public Shape Weight => Convolution?.WeightShape(Input.C, OutChannels) ?? Transposed!.WeightShape(Input.C, OutChannels);

    /// <summary>The output's shape.</summary>
    public Shape Output => Convolution?.OutputShape(Input, Weight) ?? Transposed!.OutputShape(Input, Weight);

    /// <summary>The bias's shape.</summary>
    public Shape Bias => new(OutChannels);

    /// <summary>Groups of channels.</summary>
    public int Groups => Convolution?.Groups ?? Transposed!.Groups;

    /// <summary>Products in one element of the output, at most.</summary>
    public long ForwardProducts => (long)Input.C / Groups * Weight.H * Weight.W;

    /// <summary>Products in one element of the input's gradient, at most.</summary>
    public long BackwardInputProducts => (long)OutChannels / Groups * Weight.H * Weight.W;

    /// <summary>Products in one element of the weight's gradient, at most; also terms of the bias's.</summary>
    public long BackwardWeightProducts => (long)Input.N * Math.Max((long)Output.H * Output.W, (long)Input.H * Input.W);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
