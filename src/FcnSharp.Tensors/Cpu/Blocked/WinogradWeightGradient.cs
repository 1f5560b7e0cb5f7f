using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weight gradient of a 3x3, 5x5 or 7x7 convolution of stride 1 by minimal filtering F(r x r, m x m): a tile of the output's gradient is the
/// kernel, the input under it is the image, and the r x r results of all tiles add up, which they may do at the points: the
/// transform back happens once for a block of tiles. Blocks depend on the shapes only and are added in order, so the bits do
/// not depend on the threads.
/// </summary>
internal sealed unsafe class WinogradWeightGradient : IKernel
{
    private const int StripColumns = 64;

    /// <summary>Bytes of transformed tiles of input and gradient.</summary>
    private const long BlockBytes = 12 << 20;

    /// <summary>Tiles that outweigh the transform back.</summary>
    private const int LeastTiles = 96;

    /// <summary>Input channels of an item: its sums at the points stay in the worker's own cache.</summary>
    private const int ChannelsPerItem = 64;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly WinogradScheme _scheme;
    private readonly WinogradTransforms _transforms;
    private readonly ProgramValue _input;
    private readonly ProgramValue _gradOutput;
    private readonly ProgramValue _gradWeight;
    private readonly int _paddingY;
    private readonly int _paddingX;
    private readonly int _groups;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _inputBlocks;
    private readonly int _outputBlocks;
    private readonly int _gridHeight;
    private readonly int _gridWidth;
    private readonly int _tiles;
    private readonly int _tilesPerBlock;
    private readonly int _blocks;
    private readonly int _inputStripTiles;
    private readonly int _gradientStripTiles;
    private readonly nint _stripRow;
    private readonly nint _inputTile;
    private readonly nint _inputPlane;
    private readonly nint _gradientPlane;
    private readonly nint _sumPanel;
    private readonly nint _sumPlane;
    private readonly StripLoader _inputStrips;
    private readonly StripLoader _gradientStrips;
    private readonly TransformJob _transform;
    private readonly MultiplyJob _multiply;

    private float* _inputData;
    private float* _gradientData;
    private float* _weightData;
    private float* _inputPoints;
    private float* _gradientPoints;
    private float* _kernelSums;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="scheme">The scheme of the convolution with the same tiles: its outputs are the gradient's tile.</param>
    /// <param name="operation">Whose weight gradient it is.</param>
    /// <param name="gradWeight">What is added to.</param>
    public WinogradWeightGradient(WorkerPool workers, BlockedKernels kernels, WinogradScheme scheme, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _scheme) = (workers, kernels, scheme);
        _transforms = kernels.TransformsOf(scheme)!;
        (_input, _gradOutput, _gradWeight) = (operation.Input, operation.GradOutput, gradWeight);
        Conv2dParameters p = operation.Parameters;
        (_paddingY, _paddingX, _groups) = (p.PaddingHeight, p.PaddingWidth, p.Groups);
        int lanes = kernels.Lanes;
        _channels = _input.Shape.C / _groups;
        _outputs = _gradOutput.Shape.C / _groups;
        _inputBlocks = (_channels + lanes - 1) / lanes;
        _outputBlocks = (_outputs + 2 * lanes - 1) / (2 * lanes);
        _gridHeight = (_gradOutput.Shape.H + scheme.Outputs - 1) / scheme.Outputs;
        _gridWidth = (_gradOutput.Shape.W + scheme.Outputs - 1) / scheme.Outputs;
        _tiles = checked(_gradOutput.Shape.N * _gridHeight * _gridWidth);
        _inputStripTiles = (StripColumns - (scheme.Tile - scheme.Outputs)) / scheme.Outputs;
        _gradientStripTiles = StripColumns / scheme.Outputs;
        _stripRow = (StripColumns + lanes + 1) * lanes;

        // An odd number of vectors, so that the tiles of one block of channels do not fall on the same sets of the cache.
        _inputTile = (_inputBlocks | 1) * (nint)lanes;
        long bytesPerTile = scheme.PointCount * (_inputTile + _outputBlocks * 2 * lanes) * sizeof(float);
        int wanted = (int)Math.Clamp(BlockBytes / bytesPerTile, Math.Min(LeastTiles, _tiles), _tiles);
        _blocks = (_tiles + wanted - 1) / wanted;
        _tilesPerBlock = (_tiles + _blocks - 1) / _blocks;
        _blocks = (_tiles + _tilesPerBlock - 1) / _tilesPerBlock;
        _inputPlane = _tilesPerBlock * _inputTile + lanes;
        _gradientPlane = ((_tilesPerBlock * _outputBlocks * 2) | 1) * (nint)lanes;
        _sumPanel = (ChannelsPerItem + 14) * (nint)lanes;
        _sumPlane = 2 * _sumPanel + lanes;
        _inputStrips = new StripLoader(kernels, _input.Shape, _stripRow);
        _gradientStrips = new StripLoader(kernels, _gradOutput.Shape, _stripRow);
        _transform = new TransformJob(this);
        _multiply = new MultiplyJob(this);
    }

    public long WorkspaceBytes => InputPointBytes + GradientPointBytes + KernelSumBytes + WorkerBytes * _workers.Threads;

    // Kernels read up to a tile of rows past the last channel.
    private long InputPointBytes => NativeBuffer.Align((_scheme.PointCount * _inputPlane + 64) * sizeof(float));

    private long GradientPointBytes => NativeBuffer.Align(_scheme.PointCount * _gradientPlane * sizeof(float));

    private long StripBytes => NativeBuffer.Align((_scheme.Tile * _stripRow + _kernels.Lanes) * sizeof(float));

    private long SumBytes => NativeBuffer.Align(_scheme.PointCount * _sumPlane * sizeof(float));

    private long BackBytes => NativeBuffer.Align(((long)_scheme.PointCount + (_blocks == 1 ? ChannelsPerItem * _scheme.Kernel * _scheme.Kernel + _kernels.Lanes : 0)) * _kernels.Lanes * sizeof(float));

    // Whole squares are read past the last channel.
    private long KernelSumBytes => _blocks == 1 ? 0 : NativeBuffer.Align(((_outputBlocks * 2L * _channels * _scheme.Kernel * _scheme.Kernel) + _kernels.Lanes) * _kernels.Lanes * sizeof(float));

    private long WorkerBytes => StripBytes + SumBytes + BackBytes;

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_input);
        _gradientData = frame.Float(_gradOutput);
        _weightData = frame.Float(_gradWeight);
        _inputPoints = (float*)frame.Workspace;
        _gradientPoints = (float*)(frame.Workspace + InputPointBytes);
        _kernelSums = (float*)(frame.Workspace + InputPointBytes + GradientPointBytes);
        _scratch = frame.Workspace + InputPointBytes + GradientPointBytes + KernelSumBytes;
        for (int group = 0; group < _groups; group++)
        {
            for (int block = 0; block < _blocks; block++)
            {
                _transform.Start(group, block);
                _multiply.Start(group, block);
            }
        }
    }

    private int TilesOf(int block) => Math.Min(_tilesPerBlock, _tiles - block * _tilesPerBlock);

    private void TransformInput(int group, int block, int inputBlock, int first, int end, float* strip)
    {
        for (int tile = first; tile < end;)
        {
            int line = (block * _tilesPerBlock + tile) / _gridWidth;
            int x = (block * _tilesPerBlock + tile) % _gridWidth;
            int count = Math.Min(Math.Min(_inputStripTiles, end - tile), _gridWidth - x);
            int columns = count * _scheme.Outputs + _scheme.Tile - _scheme.Outputs;
            _inputStrips.Load(_inputData, group * _channels, _channels, inputBlock, line / _gridHeight, line % _gridHeight * _scheme.Outputs - _paddingY, x * _scheme.Outputs - _paddingX, _scheme.Tile, columns, strip);
            float* target = _inputPoints + tile * _inputTile + inputBlock * _kernels.Lanes;
            _transforms.Input(strip, _stripRow, columns, count, _scheme.Outputs, target, _inputPlane, _inputTile);
            tile += count;
        }
    }

    private void TransformGradient(int group, int block, int channelBlock, int first, int end, float* strip)
    {
        int lanes = _kernels.Lanes;
        int tiles = TilesOf(block);
        for (int tile = first; tile < end;)
        {
            int line = (block * _tilesPerBlock + tile) / _gridWidth;
            int x = (block * _tilesPerBlock + tile) % _gridWidth;
            int count = Math.Min(Math.Min(_gradientStripTiles, end - tile), _gridWidth - x);
            _gradientStrips.Load(_gradientData, group * _outputs, _outputs, channelBlock, line / _gridHeight, line % _gridHeight * _scheme.Outputs, x * _scheme.Outputs, _scheme.Outputs, count * _scheme.Outputs, strip);
            float* target = _gradientPoints + ((nint)(channelBlock / 2) * tiles + tile) * 2 * lanes + channelBlock % 2 * lanes;
            _transforms.Gradient(strip, _stripRow, count, target, _gradientPlane, 2 * lanes);
            tile += count;
        }
    }

    /// <summary>Adds a block of tiles to the gradients of two vectors of outputs by some inputs.</summary>
    private void MultiplyTiles(int group, int block, int outputBlock, int firstChannel, byte* scratch)
    {
        int lanes = _kernels.Lanes;
        int tiles = TilesOf(block);
        int channels = Math.Min(ChannelsPerItem, _channels - firstChannel);
        float* sums = (float*)scratch;
        int[] split = _multiply.Splits[channels];
        for (int point = 0; point < _scheme.PointCount; point++)
        {
            float* a = _inputPoints + point * _inputPlane + firstChannel;
            float* b = _gradientPoints + point * _gradientPlane + (nint)outputBlock * tiles * 2 * lanes;
            float* c = sums + point * _sumPlane;
            foreach (int rows in split)
            {
                _kernels.AdjacentRows[rows](1, tiles, a, 0, _inputTile, b, c, _sumPanel, false);
                a += rows;
                c += rows * lanes;
            }
        }

        for (int half = 0; half < 2; half++)
        {
            int output = outputBlock * 2 * lanes + half * lanes;
            if (output < _outputs)
            {
                SumBack(group, block, output, firstChannel, channels, sums + half * _sumPanel, (float*)(scratch + SumBytes));
            }
        }
    }

    /// <summary>Transforms sums back and adds them to those of the blocks before; after the last block, to the gradient.</summary>
    private void SumBack(int group, int block, int output, int firstChannel, int channels, float* sums, float* scratch)
    {
        int lanes = _kernels.Lanes;
        int taps = _scheme.Kernel * _scheme.Kernel;
        float* kernels = _blocks == 1 ? scratch + _scheme.PointCount * lanes : _kernelSums + (((nint)(output / lanes) * _channels) + firstChannel) * taps * lanes;
        for (int channel = 0; channel < channels; channel++)
        {
            _transforms.KernelGradient(sums + channel * lanes, _sumPlane, kernels + channel * taps * lanes, block > 0, scratch);
        }

        if (block == _blocks - 1)
        {
            nint row = (nint)_channels * taps;
            float* weights = _weightData + ((nint)group * _outputs + output) * row + firstChannel * taps;
            _kernels.AddToRows(kernels, channels * taps, Math.Min(lanes, _outputs - output), weights, row);
        }
    }

    /// <summary>One item is a block of channels, of the input or of the gradient, of some tiles.</summary>
    private sealed class TransformJob(WinogradWeightGradient owner) : IParallelJob
    {
        private const int TilesPerItem = 64;
        private int _group;
        private int _block;
        private int _parts;

        public void Start(int group, int block)
        {
            (_group, _block) = (group, block);
            _parts = (owner.TilesOf(block) + TilesPerItem - 1) / TilesPerItem;
            owner._workers.Run(this, (owner._inputBlocks + GradientBlocks) * _parts);
        }

        /// <summary>Blocks of one vector; a last odd one is still filled, with zeros, because tiles take two.</summary>
        private int GradientBlocks => owner._outputBlocks * 2;

        public void Run(int item, int worker)
        {
            int channelBlock = item / _parts;
            int first = item % _parts * TilesPerItem;
            int end = Math.Min(owner.TilesOf(_block), first + TilesPerItem);
            float* strip = (float*)(owner._scratch + worker * owner.WorkerBytes);
            if (channelBlock < owner._inputBlocks)
            {
                owner.TransformInput(_group, _block, channelBlock, first, end, strip);
            }
            else if ((channelBlock - owner._inputBlocks) * owner._kernels.Lanes < owner._outputs)
            {
                owner.TransformGradient(_group, _block, channelBlock - owner._inputBlocks, first, end, strip);
            }
        }
    }

    /// <summary>One item is two vectors of outputs by some inputs.</summary>
    private sealed class MultiplyJob : IParallelJob
    {
        private readonly WinogradWeightGradient _owner;
        private readonly int _inputParts;
        private int _group;
        private int _block;

        public MultiplyJob(WinogradWeightGradient owner)
        {
            _owner = owner;
            _inputParts = (owner._channels + ChannelsPerItem - 1) / ChannelsPerItem;
            Splits = new int[ChannelsPerItem + 1][];
            Splits[ChannelsPerItem] = owner._kernels.Split(ChannelsPerItem);
            int rest = owner._channels - (_inputParts - 1) * ChannelsPerItem;
            Splits[rest] = owner._kernels.Split(rest);
        }

        /// <summary>Sizes of tiles for a number of channels.</summary>
        public int[][] Splits { get; }

        public void Start(int group, int block)
        {
            (_group, _block) = (group, block);
            _owner._workers.Run(this, _owner._outputBlocks * _inputParts);
        }

        public void Run(int item, int worker) =>
            _owner.MultiplyTiles(_group, _block, item / _inputParts, item % _inputParts * ChannelsPerItem, _owner._scratch + worker * _owner.WorkerBytes + _owner.StripBytes);
    }
}
