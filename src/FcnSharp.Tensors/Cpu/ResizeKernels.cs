using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Where the output pixels of one axis come from, and the output pixels that each input pixel went to.</summary>
internal sealed class ResizeAxis
{
    public ResizeAxis(int input, int output, bool alignCorners)
    {
        (First, Second, FirstWeight, SecondWeight) = (new int[output], new int[output], new float[output], new float[output]);
        (Begin, End) = (new int[input], new int[input]);
        Array.Fill(Begin, output);
        for (int o = 0; o < output; o++)
        {
            (int first, double fraction) = BilinearResize2dParameters.Source(o, input, output, alignCorners);
            First[o] = first;
            Second[o] = Math.Min(first + 1, input - 1);
            FirstWeight[o] = (float)(1 - fraction);
            SecondWeight[o] = (float)fraction;

            // The coordinate grows with the output pixel, so those of an input pixel are neighbours.
            foreach (int i in (ReadOnlySpan<int>)[first, Second[o]])
            {
                Begin[i] = Math.Min(Begin[i], o);
                End[i] = o + 1;
            }
        }
    }

    public int[] First { get; }

    public int[] Second { get; }

    public float[] FirstWeight { get; }

    public float[] SecondWeight { get; }

    public int[] Begin { get; }

    public int[] End { get; }

    /// <summary>Share of an input pixel in an output pixel.</summary>
    public float Weight(int input, int output) =>
        (First[output] == input ? FirstWeight[output] : 0) + (Second[output] == input ? SecondWeight[output] : 0);
}

/// <summary>What both directions share: an item is some rows of a plane of the target, and each worker has a row of scratch memory.</summary>
internal abstract unsafe class ResizeKernel(WorkerPool workers, bool alignCorners, Shape fine, Shape coarse, ProgramValue source, ProgramValue target) : ParallelKernel(workers)
{
    private const int RowsOfItem = 8;
    private readonly int _threads = workers.Threads;
    private readonly int _blocks = (target.Shape.H + RowsOfItem - 1) / RowsOfItem;
    private readonly int _sourcePlane = checked(source.Shape.H * source.Shape.W);
    private float* _source;
    private float* _target;
    private float* _scratch;

    public override long WorkspaceBytes => checked((long)_threads * RowLength * sizeof(float));

    protected ResizeAxis Rows { get; } = new(coarse.H, fine.H, alignCorners);

    protected ResizeAxis Columns { get; } = new(coarse.W, fine.W, alignCorners);

    protected override int Items => checked(target.Shape.N * target.Shape.C * _blocks);

    /// <summary>The rows of both directions are mixed first, so a row of scratch is as long as the source's.</summary>
    private int RowLength => source.Shape.W;

    public override void Run(int item, int worker)
    {
        int plane = item / _blocks;
        int first = item % _blocks * RowsOfItem;
        float* mixed = _scratch + ((nint)worker * RowLength);
        for (int y = first; y < Math.Min(first + RowsOfItem, target.Shape.H); y++)
        {
            MixRows(_source + ((nint)plane * _sourcePlane), y, mixed);
            MixColumns(mixed, _target + ((((nint)plane * target.Shape.H) + y) * target.Shape.W));
        }
    }

    protected abstract void MixRows(float* plane, int y, float* mixed);

    protected abstract void MixColumns(float* mixed, float* row);

    protected override void Bind(KernelFrame frame)
    {
        _source = frame.Float(source);
        _target = frame.Float(target);
        _scratch = (float*)frame.Workspace;
    }

    /// <summary>mixed = weight * row, or is added to.</summary>
    protected static void AddRow(float* row, float weight, float* mixed, int length, bool overwrite)
    {
        var factor = new Vector<float>(weight);
        int x = 0;
        for (; x <= length - Vector<float>.Count; x += Vector<float>.Count)
        {
            Vector<float> product = Vector.Load(row + x) * factor;
            (overwrite ? product : product + Vector.Load(mixed + x)).Store(mixed + x);
        }

        for (; x < length; x++)
        {
            float product = row[x] * weight;
            mixed[x] = overwrite ? product : product + mixed[x];
        }
    }
}

/// <summary>Mixes two rows, then two neighbours of the mixed row for each output pixel.</summary>
internal sealed unsafe class BilinearResizeForwardKernel(WorkerPool workers, BilinearResize2dForward operation)
    : ResizeKernel(workers, operation.AlignCorners, operation.Output.Shape, operation.Input.Shape, operation.Input, operation.Output)
{
    private readonly int _fromWidth = operation.Input.Shape.W;
    private readonly int _toWidth = operation.Output.Shape.W;

    protected override void MixRows(float* plane, int y, float* mixed)
    {
        AddRow(plane + ((nint)Rows.First[y] * _fromWidth), Rows.FirstWeight[y], mixed, _fromWidth, overwrite: true);
        if (Rows.SecondWeight[y] != 0)
        {
            AddRow(plane + ((nint)Rows.Second[y] * _fromWidth), Rows.SecondWeight[y], mixed, _fromWidth, overwrite: false);
        }
    }

    protected override void MixColumns(float* mixed, float* row)
    {
        int[] first = Columns.First;
        int[] second = Columns.Second;
        float[] firstWeight = Columns.FirstWeight;
        float[] secondWeight = Columns.SecondWeight;
        for (int x = 0; x < _toWidth; x++)
        {
            row[x] = (mixed[first[x]] * firstWeight[x]) + (mixed[second[x]] * secondWeight[x]);
        }
    }
}

/// <summary>
/// Each input pixel gathers the gradients of the output pixels that it had a share in, rows first: nothing is scattered, so no two
/// items write one element and the order of a sum follows from the shapes.
/// </summary>
internal sealed unsafe class BilinearResizeBackwardKernel(WorkerPool workers, BilinearResize2dBackward operation)
    : ResizeKernel(workers, operation.AlignCorners, operation.GradOutput.Shape, operation.GradInput.Shape, operation.GradOutput, operation.GradInput)
{
    private readonly int _fromWidth = operation.GradOutput.Shape.W;
    private readonly int _toWidth = operation.GradInput.Shape.W;

    protected override void MixRows(float* plane, int y, float* mixed)
    {
        // An input row that a coarser output steps over has no share in anything.
        new Span<float>(mixed, _fromWidth).Clear();
        for (int o = Rows.Begin[y]; o < Rows.End[y]; o++)
        {
            AddRow(plane + ((nint)o * _fromWidth), Rows.Weight(y, o), mixed, _fromWidth, overwrite: false);
        }
    }

    protected override void MixColumns(float* mixed, float* row)
    {
        for (int x = 0; x < _toWidth; x++)
        {
            float sum = 0;
            for (int o = Columns.Begin[x]; o < Columns.End[x]; o++)
            {
                sum += Columns.Weight(x, o) * mixed[o];
            }

            row[x] = sum;
        }
    }
}
