namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>The transforms of one <see cref="WinogradScheme"/> in one instruction set.</summary>
internal sealed unsafe class WinogradTransforms
{
    /// <summary>A strip of input tiles to points: <see cref="WinogradInput{TOps, TVector}.Input8"/>.</summary>
    public required delegate*<float*, nint, int, int, int, float*, nint, nint, void> Input { get; init; }

    /// <summary>Points to a strip of output tiles: <see cref="WinogradOutput{TOps, TVector}.Output8To6"/>.</summary>
    public required delegate*<float*, nint, int, float*, float, float*, nint, float*, void> Output { get; init; }

    /// <summary>A kernel to points: <see cref="WinogradKernel{TOps, TVector}.Kernel3To8"/>.</summary>
    public required delegate*<float*, float*, nint, float*, void> Kernel { get; init; }

    /// <summary>A strip of tiles of the output's gradient to points: <see cref="WinogradKernel{TOps, TVector}.Gradient6To8"/>. None where no weight gradient goes that way.</summary>
    public delegate*<float*, nint, int, float*, nint, nint, void> Gradient { get; init; }

    /// <summary>Points to the gradient of a kernel: <see cref="WinogradKernelGradient{TOps, TVector}.Kernel8To3"/>. None as there.</summary>
    public delegate*<float*, nint, float*, bool, float*, void> KernelGradient { get; init; }
}
