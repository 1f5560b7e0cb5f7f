using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Devices;

/// <summary>
/// Frees constant parameters that kernels have in a layout of their own as soon as no other kernel reads them: before the next
/// one is laid out, so that a net's weights never lie in memory twice.
/// </summary>
internal sealed class PackedParameters
{
    private readonly Dictionary<HostTensor, int> _readers = [];

    /// <summary>Counts who reads each parameter; of a program whose parameters may change none is ever freed.</summary>
    public PackedParameters(TensorProgram program)
    {
        if (!program.ConstantParameters)
        {
            return;
        }

        foreach (ProgramValue input in program.Operations.SelectMany(o => o.Inputs))
        {
            if (input.Storage is HostTensor tensor)
            {
                _readers[tensor] = _readers.GetValueOrDefault(tensor) + 1;
            }
        }
    }

    /// <summary>Takes note of a kernel that was made; one that does not pack its parameter keeps it for good.</summary>
    public void Release(IKernel kernel)
    {
        if ((kernel as IPacksParameter)?.PackedParameter?.Storage is HostTensor tensor && _readers.ContainsKey(tensor) && --_readers[tensor] == 0)
        {
            tensor.ReleaseContent();
        }
    }
}
