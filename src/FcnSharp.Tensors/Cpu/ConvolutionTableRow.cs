namespace FcnSharp.Tensors.Cpu;

/// <summary>A line of the table that chooses the algorithms of convolutions: the first line of a pass that fits is taken.</summary>
/// <param name="Pass">What is computed, such as "convolution forward".</param>
/// <param name="Algorithm">What computes it.</param>
/// <param name="Shapes">The convolutions that it is for, in words.</param>
public sealed record ConvolutionTableRow(string Pass, string Algorithm, string Shapes)
{
    /// <summary>The whole table of a kernel set: the rules themselves, which the device goes by.</summary>
    public static IReadOnlyList<ConvolutionTableRow> Of(KernelSet kernels, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        var rules = new ConvolutionRules(kernels.Blocked, precision);
        return
        [
            .. Rows("convolution forward", rules.Forward),
            .. Rows("convolution backward to its input", rules.BackwardInput),
            .. Rows("convolution backward to its weights", rules.BackwardWeight),
            .. Rows("transposed convolution forward", rules.TransposedForward),
            .. Rows("transposed convolution backward", rules.TransposedBackward),
        ];
    }

    private static IEnumerable<ConvolutionTableRow> Rows(string pass, IReadOnlyList<ConvolutionRule> rules) =>
        rules.Select(r => new ConvolutionTableRow(pass, r.Algorithm.Name, r.Shapes));
}
