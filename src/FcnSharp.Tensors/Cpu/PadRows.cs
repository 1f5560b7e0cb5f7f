namespace FcnSharp.Tensors.Cpu;

/// <summary>Copies rows of each image to longer rows that end in zeros, with rows of zeros behind those of each image. One item a row.</summary>
/// <param name="images">Images.</param>
/// <param name="sourceRows">Rows of an image there are.</param>
/// <param name="rows">Rows of an image that are written, no fewer.</param>
/// <param name="sourceElements">Numbers of a row there are.</param>
/// <param name="elements">Numbers of a row that are written, no fewer.</param>
internal sealed unsafe class PadRows(int images, int sourceRows, int rows, nint sourceElements, nint elements) : IParallelJob
{
    private float* _source;
    private float* _target;

    public void Run(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, images * rows);
    }

    public void Run(int item, int worker)
    {
        int row = item % rows;
        float* target = _target + item * elements;
        nint count = row < sourceRows ? sourceElements : 0;
        if (count > 0)
        {
            Buffer.MemoryCopy(_source + ((nint)(item / rows) * sourceRows + row) * sourceElements, target, count * sizeof(float), count * sizeof(float));
        }

        new Span<float>(target + count, checked((int)(elements - count))).Clear();
    }
}
