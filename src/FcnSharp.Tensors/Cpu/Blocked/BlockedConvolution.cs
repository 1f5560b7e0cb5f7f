using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Convolution of stride 1, forward and data gradient, by a <see cref="WinogradScheme"/>. Tiles of the input are transformed to
/// points, [point][block of channels][tile][channel]; at each point the tiles are multiplied with the transformed weights;
/// the products are transformed back, with bias and ReLU, to the output's planes. Every output is summed over the channels in
/// one order, so neither the division into blocks nor the threads change a bit.
/// Small weights stay in the cache while blocks of tiles pass by, each worker with its own; large ones are read once for a
/// large block of tiles that the workers share, each with its own output channels.
/// The file is long because three jobs work on the same buffers: both ways of sharing tiles, and the transform before the second.
/// </summary>
internal sealed unsafe class BlockedConvolution : IKernel, IPacksParameter
{
    /// <summary>Columns of a strip of input tiles: what is transformed at once, small enough for the nearest cache.</summary>
    private const int StripColumns = 64;

    /// <summary>Tiles of a strip of outputs: a whole number of vectors for every scheme.</summary>
    private const int OutputStripTiles = 8;

    /// <summary>Blocks of channels multiplied at a time, so that the weights of one point stay in the nearest cache.</summary>
    private const int DepthBlocks = 16;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly WinogradScheme _scheme;
    private readonly WinogradTransforms? _transforms;
    private readonly WinogradWeights _packing;
    private readonly WeightSource _weights;
    private readonly ProgramValue _input;
    private readonly ProgramValue? _bias;
    private readonly ProgramValue _output;
    private readonly Shape _result;
    private readonly bool _pooled;
    private readonly float _floor;
    private readonly int _paddingY;
    private readonly int _paddingX;
    private readonly int _groups;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _inputBlocks;
    private readonly int _outputBlocks;
    private readonly int _gridHeight;
    private readonly int _gridWidth;
    private readonly TilePartition _partition;
    private readonly int _inputStripTiles;
    private readonly StripLoader _strips;
    private readonly int _tileRoom;
    private readonly nint _pointPlane;
    private readonly nint _productPlane;
    private readonly nint _productBlock;
    private readonly nint _stripRow;
    private readonly nint _outputStripRow;
    private readonly float[] _paddedBias;
    private readonly long _pointBytes;
    private readonly long _workerBytes;
    private readonly TransformJob _transform;
    private readonly MultiplyJob _multiply;
    private readonly WholeJob _whole;

    private float* _inputData;
    private float* _outputData;
    private byte* _points;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="scheme">The transform; its kernel is the weight's.</param>
    /// <param name="input">What is convolved [N, C, H, W].</param>
    /// <param name="weight">Weights [C_out, C_in / groups, r, r] of the convolution, also for its data gradient.</param>
    /// <param name="bias">One number an output channel, or none.</param>
    /// <param name="output">The result.</param>
    /// <param name="options">Padding, groups, direction, ReLU.</param>
    /// <param name="anyMap">Whether the choice of this algorithm does not depend on the map, so that constant weights need no other layout.</param>
    public BlockedConvolution(WorkerPool workers, BlockedKernels kernels, WinogradScheme scheme, ProgramValue input, ProgramValue weight, ProgramValue? bias, ProgramValue output, BlockedOptions options, bool anyMap)
    {
        (_workers, _kernels, _scheme, _input, _bias, _output) = (workers, kernels, scheme, input, bias, output);
        _transforms = kernels.TransformsOf(scheme);
        (_paddingY, _paddingX, _groups) = (options.PaddingY, options.PaddingX, options.Groups);
        _floor = options.Relu ? 0 : float.NegativeInfinity;
        int lanes = kernels.Lanes;
        _channels = input.Shape.C / _groups;
        _outputs = output.Shape.C / _groups;
        _inputBlocks = (_channels + lanes - 1) / lanes;
        _outputBlocks = (_outputs + 2 * lanes - 1) / (2 * lanes);
        _packing = new WinogradWeights(kernels, scheme, weight.Shape, _groups, options.Backward);

        _pooled = options.Unpooled is not null;
        _result = options.Unpooled ?? output.Shape;
        _gridHeight = (_result.H + scheme.Outputs - 1) / scheme.Outputs;
        _gridWidth = (_result.W + scheme.Outputs - 1) / scheme.Outputs;
        _inputStripTiles = (StripColumns - (scheme.Tile - scheme.Outputs)) / scheme.Outputs;
        _stripRow = (StripColumns + lanes + 1) * lanes;
        _strips = new StripLoader(kernels, input.Shape, _stripRow);
        _outputStripRow = (OutputStripTiles * scheme.Outputs + lanes + 1) * lanes;

        long bytesPerTile = (long)scheme.PointCount * _inputBlocks * lanes * sizeof(float);
        _partition = new TilePartition(kernels, checked(output.Shape.N * _gridHeight * _gridWidth), bytesPerTile, _packing.GroupElements * sizeof(float), _outputBlocks, options.ConstantWeights);
        int rows = _partition.Rows;

        // Pixels are copied in whole squares. An odd number of vectors, so that the points of one tile do not fall on the same sets of the cache.
        _tileRoom = rows + (scheme.Tile == 1 ? lanes : 0);
        _pointPlane = ((_inputBlocks * _tileRoom) | 1) * (nint)lanes;
        _productBlock = 2 * rows * (nint)lanes;
        _productPlane = ((_partition.OutputBlocksPerItem * 2 * rows) | 1) * (nint)lanes;
        _pointBytes = NativeBuffer.Align((scheme.PointCount * _pointPlane + lanes) * sizeof(float));
        _workerBytes = (_partition.Shared ? 0 : _pointBytes)
            + NativeBuffer.Align((scheme.PointCount * _productPlane + lanes * lanes) * sizeof(float))
            + StripBytes + OutputStripBytes + BackScratchBytes;
        _weights = new WeightSource(workers, weight, _packing, options.ConstantWeights, usedOnce: _partition is { Shared: true, Blocks: 1, Parts: 1 }, anyMap);
        _workerBytes += _weights.IsPackedByUser ? WeightBlockBytes * _partition.OutputBlocksPerItem : 0;
        _paddedBias = GC.AllocateArray<float>(_groups * _outputBlocks * 2 * lanes, pinned: true);
        _transform = new TransformJob(this);
        _multiply = new MultiplyJob(this);
        _whole = new WholeJob(this);
    }

    public long WorkspaceBytes => _weights.WorkspaceBytes + (_partition.Shared ? _pointBytes : 0) + _workerBytes * _workers.Threads;

    public ProgramValue? PackedParameter => _weights.PackedParameter;

    private long WeightBlockBytes => NativeBuffer.Align(_packing.OutputBlockElements * sizeof(float));

    private long StripBytes => NativeBuffer.Align((_scheme.Tile * _stripRow + _kernels.Lanes) * sizeof(float));

    private long OutputStripBytes => NativeBuffer.Align((_scheme.Outputs * _outputStripRow + _kernels.Lanes * _kernels.Lanes) * sizeof(float));

    private long BackScratchBytes => NativeBuffer.Align((long)_scheme.PointCount * _kernels.Lanes * sizeof(float));

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_input);
        _outputData = frame.Float(_output);
        _weights.Prepare(frame);
        _points = frame.Workspace + _weights.WorkspaceBytes;
        _scratch = _points + (_partition.Shared ? _pointBytes : 0);
        PadBias(frame);
        if (!_partition.Shared)
        {
            _workers.Run(_whole, checked(_groups * _partition.Blocks));
            return;
        }

        for (int group = 0; group < _groups; group++)
        {
            for (int block = 0; block < _partition.Blocks; block++)
            {
                _transform.Start(group, block);
                _multiply.Start(group, block);
            }
        }
    }

    private void PadBias(KernelFrame frame)
    {
        if (_bias is not null)
        {
            float* bias = frame.Float(_bias);
            int padded = _outputBlocks * 2 * _kernels.Lanes;
            for (int group = 0; group < _groups; group++)
            {
                new ReadOnlySpan<float>(bias + group * _outputs, _outputs).CopyTo(_paddedBias.AsSpan(group * padded));
            }
        }
    }

    /// <summary>Transforms some tiles of one block of channels to points.</summary>
    private void TransformTiles(int group, int block, int inputBlock, int first, int end, float* points, float* strip)
    {
        int firstTile = block * _partition.TilesPerBlock;
        float* target = points + inputBlock * _tileRoom * (nint)_kernels.Lanes;
        for (int tile = first; tile < end;)
        {
            if (_transforms is null)
            {
                tile += CopyPixels(group, inputBlock, firstTile + tile, end - tile, target + tile * (nint)_kernels.Lanes, strip);
                continue;
            }

            int line = (firstTile + tile) / _gridWidth;
            int x = (firstTile + tile) % _gridWidth;
            int count = Math.Min(Math.Min(_inputStripTiles, end - tile), _gridWidth - x);
            int columns = count * _scheme.Outputs + _scheme.Tile - _scheme.Outputs;
            _strips.Load(_inputData, group * _channels, _channels, inputBlock, line / _gridHeight, line % _gridHeight * _scheme.Outputs - _paddingY, x * _scheme.Outputs - _paddingX, _scheme.Tile, columns, strip);
            float* to = target + tile * (nint)_kernels.Lanes;
            _transforms.Input(strip, _stripRow, columns, count, _scheme.Outputs, to, _pointPlane, _kernels.Lanes);
            tile += count;
        }
    }

    /// <summary>Reads pixels of one image, which are their own points, and returns how many: one image's at most.</summary>
    private int CopyPixels(int group, int inputBlock, int first, int wanted, float* target, float* strip)
    {
        Shape shape = _input.Shape;
        int plane = _gridHeight * _gridWidth;
        int image = first / plane;
        int count = Math.Min(wanted, (image + 1) * plane - first);
        int channel = inputBlock * _kernels.Lanes;
        float* source = _inputData + ((nint)image * shape.C + group * _channels + channel) * plane + (first - image * plane);
        int channels = Math.Min(_kernels.Lanes, _channels - channel);

        // Squares are written whole. What lies past this item belongs to another, whose worker may have written it already.
        int lanes = _kernels.Lanes;
        int last = (count + lanes - 1) / lanes * lanes > wanted ? count % lanes : 0;
        _kernels.FromPlanes(source, plane, channels, count - last, target);
        if (last > 0)
        {
            _kernels.FromPlanes(source + (count - last), plane, channels, last, strip);
            new ReadOnlySpan<float>(strip, last * lanes).CopyTo(new Span<float>(target + (count - last) * (nint)lanes, last * lanes));
        }

        return count;
    }

    /// <summary>Multiplies all tiles of a block with the weights of some output channels and transforms the products back.</summary>
    private void MultiplyTiles(int group, int block, int firstOutputBlock, int outputBlocks, float* points, float* products, float* strip, float* backScratch, float* weightMemory, int firstTile, int tiles)
    {
        int lanes = _kernels.Lanes;
        int[] split = _partition.Splits[tiles];
        float** weights = stackalloc float*[outputBlocks];
        for (int o = 0; o < outputBlocks; o++)
        {
            weights[o] = _weights.Block(group, firstOutputBlock + o, weightMemory + o * (WeightBlockBytes / sizeof(float)));
        }

        for (int point = 0; point < _scheme.PointCount; point++)
        {
            for (int o = 0; o < outputBlocks; o++)
            {
                float* b = weights[o] + point * _packing.PointElements;
                float* a = points + point * _pointPlane + firstTile * lanes;
                float* c = products + point * _productPlane + o * _productBlock;
                for (int first = 0; first < _inputBlocks; first += DepthBlocks)
                {
                    int depth = Math.Min(DepthBlocks, _inputBlocks - first);
                    nint row = 0;
                    foreach (int rows in split)
                    {
                        _kernels.VectorRows[rows](depth, lanes, a + row, _tileRoom * (nint)lanes, 1, b, c + row, _productBlock / 2, first > 0);
                        row += rows * lanes;
                    }

                    a += depth * _tileRoom * (nint)lanes;
                    b += depth * 2 * (nint)lanes * lanes;
                }
            }
        }

        for (int o = 0; o < outputBlocks * 2; o++)
        {
            int channel = (firstOutputBlock * 2 + o) * lanes;
            if (channel < _outputs)
            {
                StoreTiles(group, block * _partition.TilesPerBlock + firstTile, tiles, channel, products + o * (_productBlock / 2), strip, backScratch);
            }
        }
    }

    private void StoreTiles(int group, int firstTile, int end, int channel, float* products, float* strip, float* backScratch)
    {
        int lanes = _kernels.Lanes;
        Shape shape = _output.Shape;
        nint plane = (nint)shape.H * shape.W;
        int channels = Math.Min(lanes, _outputs - channel);
        fixed (float* biases = _paddedBias)
        {
            float* bias = biases + group * _outputBlocks * 2 * lanes + channel;
            if (_transforms is null)
            {
                _kernels.Finish(products, end, bias, _floor);
            }

            for (int tile = 0; tile < end;)
            {
                if (_transforms is null)
                {
                    tile += StorePixels(group, firstTile + tile, end - tile, channel, products + tile * lanes);
                    continue;
                }

                int line = (firstTile + tile) / _gridWidth;
                int x = (firstTile + tile) % _gridWidth;
                int count = Math.Min(Math.Min(OutputStripTiles, end - tile), _gridWidth - x);
                _transforms.Output(products + tile * lanes, _productPlane, count, bias, _floor, strip, _outputStripRow, backScratch);

                int image = line / _gridHeight;
                int top = line % _gridHeight * _scheme.Outputs;
                int left = x * _scheme.Outputs;
                int rows = Math.Min(_scheme.Outputs, _result.H - top);
                int columns = Math.Min(count * _scheme.Outputs, _result.W - left);
                if (_pooled)
                {
                    _kernels.PoolPairs(strip, _outputStripRow, rows, columns);
                    (top, left) = (top / 2, left / 2);
                    rows = Math.Min((rows + 1) / 2, shape.H - top);
                    columns = Math.Min((columns + 1) / 2, shape.W - left);
                }

                float* target = _outputData + ((nint)image * shape.C + group * _outputs + channel) * plane + (nint)top * shape.W + left;
                for (int row = 0; row < rows; row++)
                {
                    _kernels.ToPlanes(strip + row * _outputStripRow, columns, channels, target + (nint)row * shape.W, plane);
                }

                tile += count;
            }
        }
    }

    /// <summary>Writes pixels of one image and returns how many.</summary>
    private int StorePixels(int group, int first, int wanted, int channel, float* products)
    {
        Shape shape = _output.Shape;
        int plane = _gridHeight * _gridWidth;
        int image = first / plane;
        int count = Math.Min(wanted, (image + 1) * plane - first);
        float* target = _outputData + ((nint)image * shape.C + group * _outputs + channel) * plane + (first - image * plane);
        _kernels.ToPlanes(products, count, Math.Min(_kernels.Lanes, _outputs - channel), target, plane);
        return count;
    }

    /// <summary>A worker's scratch memory: products, strips, and points or weights where it has its own, never both.</summary>
    private BlockedScratch ScratchOf(int worker)
    {
        byte* memory = _scratch + worker * _workerBytes;
        BlockedScratch scratch;
        scratch.Strip = (float*)memory;
        memory += StripBytes;
        scratch.OutputStrip = (float*)memory;
        memory += OutputStripBytes;
        scratch.Back = (float*)memory;
        memory += BackScratchBytes;
        scratch.Products = (float*)memory;
        memory += NativeBuffer.Align((_scheme.PointCount * _productPlane + _kernels.Lanes * _kernels.Lanes) * sizeof(float));
        scratch.Points = (float*)memory;
        scratch.Weights = (float*)memory;
        return scratch;
    }

    /// <summary>Small weights: one item is a block of tiles, from input to output.</summary>
    private sealed class WholeJob(BlockedConvolution owner) : IParallelJob
    {
        public void Run(int item, int worker)
        {
            int group = item / owner._partition.Blocks;
            int block = item % owner._partition.Blocks;
            BlockedScratch scratch = owner.ScratchOf(worker);
            for (int i = 0; i < owner._inputBlocks; i++)
            {
                owner.TransformTiles(group, block, i, 0, owner._partition.TilesOf(block), scratch.Points, scratch.Strip);
            }

            for (int o = 0; o < owner._outputBlocks; o++)
            {
                owner.MultiplyTiles(group, block, o, 1, scratch.Points, scratch.Products, scratch.OutputStrip, scratch.Back, scratch.Weights, 0, owner._partition.TilesOf(block));
            }
        }
    }

    /// <summary>Large weights, first half: one item is a block of channels of some tiles.</summary>
    private sealed class TransformJob(BlockedConvolution owner) : IParallelJob
    {
        private const int TilesPerItem = 128;
        private int _group;
        private int _block;
        private int _parts;

        public void Start(int group, int block)
        {
            (_group, _block) = (group, block);
            _parts = (owner._partition.TilesOf(block) + TilesPerItem - 1) / TilesPerItem;
            owner._workers.Run(this, owner._inputBlocks * _parts);
        }

        public void Run(int item, int worker)
        {
            int part = item % _parts;
            int tiles = owner._partition.TilesOf(_block);
            int first = part * TilesPerItem;
            int end = Math.Min(tiles, first + TilesPerItem);
            owner.TransformTiles(_group, _block, item / _parts, first, end, (float*)owner._points, owner.ScratchOf(worker).Strip);
        }
    }

    /// <summary>Large weights, second half: one item is some output channels of all tiles, or of a part of them.</summary>
    private sealed class MultiplyJob(BlockedConvolution owner) : IParallelJob
    {
        private int _group;
        private int _block;
        private int _parts;

        public void Start(int group, int block)
        {
            (_group, _block) = (group, block);
            _parts = (owner._partition.TilesOf(block) + owner._partition.TilesPerPart - 1) / owner._partition.TilesPerPart;
            owner._workers.Run(this, _parts * ((owner._outputBlocks + owner._partition.OutputBlocksPerItem - 1) / owner._partition.OutputBlocksPerItem));
        }

        public void Run(int item, int worker)
        {
            int first = item / _parts * owner._partition.OutputBlocksPerItem;
            int count = Math.Min(owner._partition.OutputBlocksPerItem, owner._outputBlocks - first);
            BlockedScratch scratch = owner.ScratchOf(worker);
            int tile = item % _parts * owner._partition.TilesPerPart;
            int tiles = Math.Min(owner._partition.TilesPerPart, owner._partition.TilesOf(_block) - tile);
            owner.MultiplyTiles(_group, _block, first, count, (float*)owner._points, scratch.Products, scratch.OutputStrip, scratch.Back, scratch.Weights, tile, tiles);
        }
    }
}
