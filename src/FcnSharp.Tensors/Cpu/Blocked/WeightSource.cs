using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Packed weights of one kernel. Constant weights are packed once, when the plan is made, and kept with their tensor. Others
/// are packed at each execution: all beforehand into the kernel's workspace or, where each block of outputs is used only once,
/// block by block by who uses it, so that they never leave the cache.
/// </summary>
internal sealed unsafe class WeightSource
{
    private readonly WorkerPool _workers;
    private readonly ProgramValue _weight;
    private readonly IWeightPacking _packing;
    private readonly bool _anyMap;
    private readonly NativeBuffer? _packed;
    private float* _data;

    /// <param name="workers">The threads.</param>
    /// <param name="weight">The parameter.</param>
    /// <param name="packing">Its layout.</param>
    /// <param name="constant">Whether it never changes again.</param>
    /// <param name="usedOnce">Whether each block of outputs is used only once an execution.</param>
    /// <param name="anyMap">Whether the layout does not depend on the map, so that constant weights need no other one.</param>
    public WeightSource(WorkerPool workers, ProgramValue weight, IWeightPacking packing, bool constant, bool usedOnce, bool anyMap)
    {
        (_workers, _weight, _packing, _anyMap) = (workers, weight, packing, anyMap);
        if (constant && weight.Storage is HostTensor tensor)
        {
            _packed = tensor.Packed(packing.Key, packing.Elements, (source, target) => packing.Pack(workers, source, target));
        }

        IsPackedByUser = _packed is null && usedOnce;
    }

    /// <summary>The parameter whose own memory is no longer needed, if it is so.</summary>
    public ProgramValue? PackedParameter => _packed is not null && _anyMap ? _weight : null;

    /// <summary>Whether users pack blocks themselves, into memory of their own.</summary>
    public bool IsPackedByUser { get; }

    /// <summary>Bytes at the start of the kernel's workspace.</summary>
    public long WorkspaceBytes => _packed is not null || IsPackedByUser ? 0 : NativeBuffer.Align(checked(_packing.Elements * sizeof(float)));

    public void Prepare(KernelFrame frame)
    {
        if (_packed is not null)
        {
            _data = (float*)_packed.Pointer;
        }
        else if (IsPackedByUser)
        {
            _data = frame.Float(_weight);
        }
        else
        {
            _data = (float*)frame.Workspace;
            _packing.Pack(_workers, frame.Float(_weight), _data);
        }
    }

    /// <summary>The weights of a block of outputs.</summary>
    /// <param name="group">The group of channels.</param>
    /// <param name="outputBlock">The block in the group.</param>
    /// <param name="memory">The user's own, with room for one block.</param>
    public float* Block(int group, int outputBlock, float* memory)
    {
        if (!IsPackedByUser)
        {
            return _data + group * _packing.GroupElements + outputBlock * _packing.OutputBlockElements;
        }

        _packing.PackOutputBlock(_data, group, outputBlock, memory);
        return memory;
    }
}
