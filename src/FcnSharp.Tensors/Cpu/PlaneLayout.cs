namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// How the images of a batch lie as planes of positions, so that a convolution is a sum of shifted runs. A plane holds one
/// channel (and, for a stride above 1, every stride-th row and column from one phase) of all images; rows are
/// <see cref="Pitch"/> positions apart and images <see cref="RowsPerImage"/> rows, with zeros between them. What a kernel tap
/// sees at position p is at p + the tap's shift, for every p: outside of the image it meets the zeros. The zeros right of a
/// row are also those left of the next.
/// </summary>
internal sealed class PlaneLayout
{
    private const int Alignment = 16;

    private readonly List<(int Y, int X)> _phases = [];

    /// <param name="input">The images [N, C, H, W].</param>
    /// <param name="phases">What is computed from them; all have the same input steps.</param>
    /// <param name="overread">Positions that kernels may read past the last one.</param>
    /// <param name="allowDense">Whether the input itself may serve as the planes when no zeros are needed; positions past the end are then undefined.</param>
    /// <exception cref="FcnSharpException">The planes are larger than any machine's memory.</exception>
    public PlaneLayout(Shape input, IReadOnlyList<ConvolutionPhase> phases, int overread, bool allowDense)
    {
        StepY = phases[0].InputStepY;
        StepX = phases[0].InputStepX;
        Images = input.N;
        Height = (input.H - 1) / StepY + 1;
        Width = (input.W - 1) / StepX + 1;

        int top = 0;
        int left = 0;
        int bottom = 0;
        int right = 0;
        int largestShiftY = 0;
        int largestShiftX = 0;
        foreach (ConvolutionPhase phase in phases)
        {
            foreach (ConvolutionTap tap in phase.Taps)
            {
                (int shiftY, int phaseY) = Split(tap.OffsetY, StepY);
                (int shiftX, int phaseX) = Split(tap.OffsetX, StepX);
                if (!_phases.Contains((phaseY, phaseX)))
                {
                    _phases.Add((phaseY, phaseX));
                }

                top = Math.Max(top, -shiftY);
                left = Math.Max(left, -shiftX);
                bottom = Math.Max(bottom, shiftY + phase.GridHeight - Height);
                right = Math.Max(right, shiftX + phase.GridWidth - Width);
                largestShiftY = Math.Max(largestShiftY, shiftY);
                largestShiftX = Math.Max(largestShiftX, shiftX);
            }
        }

        Pitch = Math.Max(Width + Math.Max(left, right), phases.Max(p => p.GridWidth));
        RowsPerImage = Math.Max(Height + Math.Max(top, bottom), phases.Max(p => p.GridHeight));
        IsDense = allowDense && Images == 1 && IsGapless;
        if (IsDense)
        {
            PlaneStride = (long)Height * Width;
            return;
        }

        double floats = (double)(Images + 1) * (RowsPerImage + top) * Pitch * input.C * Math.Max(1, _phases.Count);
        if (floats > long.MaxValue / 64)
        {
            throw new FcnSharpException($"An input of {input} with the zeros that its padding adds is larger than any memory: use less padding or a smaller image.");
        }

        Lead = RoundUp((long)top * Pitch + left);
        long last = phases.Max(Positions) + overread + (long)largestShiftY * Pitch + largestShiftX;
        PlaneStride = OffPages(RoundUp(Lead + Math.Max((long)Images * RowsPerImage * Pitch, last)));
    }

    private PlaneLayout(PlaneLayout inputs, ConvolutionPhase phase, int readMultiple)
    {
        StepY = 1;
        StepX = 1;
        Images = inputs.Images;
        Height = phase.GridHeight;
        Width = phase.GridWidth;
        Pitch = inputs.Pitch;
        RowsPerImage = inputs.RowsPerImage;
        _phases.Add((0, 0));
        PlaneStride = OffPages(RoundUp(Math.Max((long)Images * RowsPerImage * Pitch, Positions(phase) + readMultiple)));
    }

    /// <summary>Rows of the image between two rows of a plane.</summary>
    public int StepY { get; }

    /// <summary>Columns of the image between two columns of a plane.</summary>
    public int StepX { get; }

    /// <summary>Batch size.</summary>
    public int Images { get; }

    /// <summary>Rows of an image in a plane.</summary>
    public int Height { get; }

    /// <summary>Columns of an image in a plane.</summary>
    public int Width { get; }

    /// <summary>Positions between two rows.</summary>
    public int Pitch { get; }

    /// <summary>Rows between two images.</summary>
    public int RowsPerImage { get; }

    /// <summary>Positions before the first pixel.</summary>
    public long Lead { get; }

    /// <summary>Positions between two planes.</summary>
    public long PlaneStride { get; }

    /// <summary>Whether the rows of an image follow each other as in the image: no zeros between them, and no pixel left out.</summary>
    public bool IsGapless => StepY == 1 && StepX == 1 && Pitch == Width && RowsPerImage == Height;

    /// <summary>Whether the input itself serves as the planes.</summary>
    public bool IsDense { get; }

    /// <summary>The (row, column) phases of the image that are needed, one plane of each channel for each.</summary>
    public IReadOnlyList<(int Y, int X)> Phases => _phases;

    /// <summary>Positions from the first output to the last, over all images; some in between are no output.</summary>
    public long Positions(ConvolutionPhase phase) =>
        ((long)(Images - 1) * RowsPerImage + phase.GridHeight - 1) * Pitch + phase.GridWidth;

    /// <summary>The outputs of a phase at the same positions as their inputs, with zeros where there is no output.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="readMultiple">Runs are read in whole multiples of this.</param>
    public PlaneLayout ForOutputs(ConvolutionPhase phase, int readMultiple) => new(this, phase, readMultiple);

    /// <summary>Where what a tap sees at position 0 of channel 0 lies, from the start of the planes.</summary>
    public long TapOffset(ConvolutionTap tap)
    {
        (int shiftY, int phaseY) = Split(tap.OffsetY, StepY);
        (int shiftX, int phaseX) = Split(tap.OffsetX, StepX);
        return _phases.IndexOf((phaseY, phaseX)) * PlaneStride + Lead + (long)shiftY * Pitch + shiftX;
    }

    /// <summary>Offsets of (channel, tap) for all channels of a group, the tap running fastest; in memory that does not move.</summary>
    public nint[] Offsets(ConvolutionPhase phase, int channels, int padTo = 1)
    {
        int count = channels * phase.Taps.Length;
        nint[] offsets = GC.AllocateArray<nint>((count + padTo - 1) / padTo * padTo, pinned: true);
        for (int i = 0; i < count; i++)
        {
            offsets[i] = (nint)(i / phase.Taps.Length * _phases.Count * PlaneStride + TapOffset(phase.Taps[i % phase.Taps.Length]));
        }

        // Kernels work on whole tiles: what lies beyond the last is computed and thrown away.
        Array.Fill(offsets, count > 0 ? offsets[count - 1] : 0, count, offsets.Length - count);
        return offsets;
    }

    /// <summary>Planes a multiple of a page apart would fall on the same places of the cache.</summary>
    private static long OffPages(long floats) => floats + (floats % CacheShape.PageFloats == 0 ? Alignment : 0);

    private static long RoundUp(long positions) => (positions + Alignment - 1) / Alignment * Alignment;

    /// <summary>offset = shift * step + phase with 0 at most phase and below step.</summary>
    private static (int Shift, int Phase) Split(int offset, int step)
    {
        // Written so that no step overflows.
        int remainder = offset % step;
        return remainder < 0 ? (offset / step - 1, remainder + step) : (offset / step, remainder);
    }
}
