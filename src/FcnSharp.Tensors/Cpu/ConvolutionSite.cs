using FcnSharp.Tensors.Cpu.Blocked;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu;

/// <summary>What the choice of an algorithm may look at.</summary>
/// <param name="Parameters">The convolution; of a transposed one, that whose data gradient it is.</param>
/// <param name="Weight">Weights [C_out, C_in / groups, kH, kW]; of a transposed one [C_in, C_out / groups, kH, kW].</param>
/// <param name="Map">The map that tiles would be cut from, [N, any, H, W].</param>
/// <param name="ConstantWeights">Whether the weights never change again.</param>
internal readonly record struct ConvolutionSite(Conv2dParameters Parameters, Shape Weight, Shape Map, bool ConstantWeights)
{
    /// <summary>Channels of a group that are summed over, forward.</summary>
    public int Inputs => Weight.C;

    /// <summary>Pixels of the map, all images.</summary>
    public long Pixels => (long)Map.N * Map.H * Map.W;

    /// <summary>Channels of a group that are computed, forward.</summary>
    public int Outputs => Weight.N / Parameters.Groups;

    /// <summary>Multiplications of a pair of channels when tiles of a scheme are cut from the map: those at its edges are whole, too.</summary>
    public long Points(WinogradScheme scheme) =>
        (long)Map.N * ((Map.H + scheme.Outputs - 1) / scheme.Outputs) * ((Map.W + scheme.Outputs - 1) / scheme.Outputs) * scheme.PointCount;
}

/// <summary>One condition, for the choice and for people.</summary>
/// <param name="Words">What it asks for.</param>
/// <param name="Holds">Whether a convolution has it.</param>
internal sealed record ConvolutionCondition(string Words, Func<ConvolutionSite, bool> Holds);

/// <summary>A line of the table of algorithms.</summary>
/// <param name="Algorithm">What computes the convolutions of this line.</param>
/// <param name="Conditions">What they have in common; all must hold, and no line above fits.</param>
internal sealed record ConvolutionRule(ConvolutionAlgorithm Algorithm, params ConvolutionCondition[] Conditions)
{
    /// <summary>Whether all conditions hold.</summary>
    public bool Fits(ConvolutionSite site) => Conditions.All(c => c.Holds(site));

    /// <summary>The conditions in words.</summary>
    public string Shapes => Conditions.Length == 0 ? "any other" : string.Join(", ", Conditions.Select(c => c.Words));
}
