namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>What a convolution on blocked channels is to do.</summary>
/// <param name="PaddingY">Zero rows above the input.</param>
/// <param name="PaddingX">Zero columns left of the input.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Backward">Whether it is the data gradient of the weight's convolution.</param>
/// <param name="Relu">Whether outputs below 0 become 0.</param>
/// <param name="ConstantWeights">Whether the weights never change again.</param>
/// <param name="Unpooled">Shape of the convolution's own result, when the output is that result after max-pooling of 2x2 with stride 2.</param>
internal readonly record struct BlockedOptions(int PaddingY, int PaddingX, int Groups = 1, bool Backward = false, bool Relu = false, bool ConstantWeights = false, Shape? Unpooled = null);
