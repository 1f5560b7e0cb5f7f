using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Inference.Tiling;

/// <summary>
/// Cuts images into tiles for one net. Windows begin where all of the net's grids coincide with the whole image's, end at the
/// image's border where it is near, and keep only what no artificial border reaches.
/// </summary>
public sealed class TilePlanner
{
    /// <summary>What <see cref="TileHalo.Fast"/> divides the halo by.</summary>
    private const int FastShare = 4;

    private readonly NetGraph _graph;
    private readonly string _output;
    private readonly AxisReach _rows;
    private readonly AxisReach _columns;

    /// <summary>Follows a net from an output back to its image.</summary>
    /// <param name="graph">The net; its first input is the image.</param>
    /// <param name="output">An output with a pixel for each of the image.</param>
    /// <exception cref="FcnSharpException">A layer sees the whole image or depends on its size.</exception>
    public TilePlanner(NetGraph graph, string output)
    {
        ArgumentNullException.ThrowIfNull(graph);
        (_graph, _output) = (graph, output);
        _rows = new AxisReach(graph, output, vertical: true);
        _columns = new AxisReach(graph, output, vertical: false);
    }

    /// <summary>Windows begin at multiples of it, down and along.</summary>
    public (int Height, int Width) Alignment => (_rows.Alignment, _columns.Alignment);

    /// <summary>How many pixels around an output pixel it depends on at most: the halo that <see cref="TileHalo.Exact"/> keeps.</summary>
    public (int Above, int Below, int Left, int Right) Halo => (_rows.Before, _rows.After, _columns.Before, _columns.After);

    /// <summary>The smallest window that gives at least one pixel wherever it lies.</summary>
    /// <param name="halo">How much of its surroundings a tile is computed with.</param>
    public (int Height, int Width) SmallestWindow(TileHalo halo) => (Smallest(_rows, halo), Smallest(_columns, halo));

    /// <summary>Cuts an image.</summary>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="windowHeight">The most rows that a window may have.</param>
    /// <param name="windowWidth">The most columns that a window may have.</param>
    /// <param name="halo">How much of its surroundings a tile is computed with.</param>
    /// <exception cref="FcnSharpException">The window is smaller than <see cref="SmallestWindow"/> and than the image.</exception>
    public TilePlan Plan(int height, int width, int windowHeight, int windowWidth, TileHalo halo = TileHalo.Exact)
    {
        (AxisLengths rows, AxisLengths columns) = AxisLengths.Of(_graph, _output, height, width);
        return new TilePlan(
            Cut(_rows, rows, windowHeight, halo, length => AxisLengths.Of(_graph, _output, length, width).Rows),
            Cut(_columns, columns, windowWidth, halo, length => AxisLengths.Of(_graph, _output, height, length).Columns));
    }

    private static int Margin(int reach, TileHalo halo) => halo == TileHalo.Exact ? reach : (reach + FastShare - 1) / FastShare;

    private static int Smallest(AxisReach reach, TileHalo halo)
    {
        int needed = Margin(reach.Before, halo) + Margin(reach.After, halo) + 1;
        return (needed + 2 * reach.Alignment - 1) / reach.Alignment * reach.Alignment;
    }

    /// <summary>The tiles of one axis: as few as the window allows, then the smallest window that gives no more.</summary>
    private static List<TileSpan> Cut(AxisReach reach, AxisLengths whole, int window, TileHalo halo, Func<int, AxisLengths> lengths)
    {
        if (window >= whole.Input)
        {
            return [new(new(0, whole.Input), new(0, whole.Input))];
        }

        int least = Smallest(reach, halo) / reach.Alignment;
        int most = window / reach.Alignment;
        List<TileSpan> best = (most < least ? null : CutEvenly(reach, whole, most * reach.Alignment, halo, lengths))
            ?? throw new FcnSharpException($"Tiles of this net need at least {least * reach.Alignment} pixels along an axis, because so much is surroundings of each pixel; found {window}: allow more memory or use a smaller halo.");
        while (least < most)
        {
            int middle = (least + most) / 2;
            if (CutEvenly(reach, whole, middle * reach.Alignment, halo, lengths) is { } tiles && tiles.Count <= best.Count)
            {
                (best, most) = (tiles, middle);
            }
            else
            {
                least = middle + 1;
            }
        }

        return best;
    }

    /// <summary>Tiles with windows of one size, but for the last; null where some window gives nothing new.</summary>
    private static List<TileSpan>? CutEvenly(AxisReach reach, AxisLengths whole, int window, TileHalo halo, Func<int, AxisLengths> lengths)
    {
        var tiles = new List<TileSpan>();
        AxisLengths full = lengths(window);
        int start = 0;
        for (int done = 0; done < whole.Input;)
        {
            bool last = start + window >= whole.Input;
            AxisLengths here = last ? lengths(whole.Input - start) : full;
            int end = start + here.Input;
            int kept = last ? whole.Input
                : halo == TileHalo.Fast ? end - Margin(reach.After, halo)
                : LastCovered(reach, whole, here, start, done);
            if (kept <= done || (halo == TileHalo.Exact && !reach.Covers(new(done, kept), start, here, whole)))
            {
                return null;
            }

            tiles.Add(new(new(start, end), new(done, kept)));
            done = kept;
            if (done < whole.Input)
            {
                start = halo == TileHalo.Fast
                    ? Math.Max(0, done - Margin(reach.Before, halo)) / reach.Alignment * reach.Alignment
                    : reach.LatestStart(done, whole);
            }
        }

        return tiles;
    }

    /// <summary>Where the pixels end that a window gives exactly, from those on that are done.</summary>
    private static int LastCovered(AxisReach reach, AxisLengths whole, AxisLengths window, int start, int done)
    {
        int covered = done;
        int tooFar = start + window.Input + 1;
        while (tooFar - covered > 1)
        {
            int middle = (covered + tooFar) / 2;
            if (reach.Covers(new(done, middle), start, window, whole))
            {
                covered = middle;
            }
            else
            {
                tooFar = middle;
            }
        }

        return covered;
    }
}
