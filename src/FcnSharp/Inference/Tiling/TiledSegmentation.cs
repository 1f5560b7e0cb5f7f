using System.Buffers;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Inference.Tiling;

/// <summary>Computes an image in tiles: chooses their size by the memory that a plan takes, runs them from the top, and hands on the rows that are complete.</summary>
/// <param name="network">The net.</param>
/// <param name="preprocessing">How pixels become its input.</param>
/// <param name="target">The output of classes and, where confidences are wanted, that of confidences.</param>
internal sealed class TiledSegmentation(Network network, Preprocessing preprocessing, CompileTarget target)
{
    /// <summary>Times that the size is tried before the best so far does.</summary>
    private const int Attempts = 4;

    /// <summary>A plan that fills this share of the memory is not tried larger.</summary>
    private const double FullEnough = 0.85;

    /// <summary>The rows of an image that are held may take one part of the memory in so many.</summary>
    private const int RowShare = 4;

    /// <summary>What a pixel of these rows takes: its colours, its class, and its confidence where that is wanted.</summary>
    private int RowPixelBytes => 3 + sizeof(ushort) + (target.Outputs.Count > 1 ? sizeof(float) : 0);

    private readonly TilePlanner _planner = new(network.Graph, target.Outputs[0]);

    /// <summary>Computes all tiles.</summary>
    /// <param name="source">The image.</param>
    /// <param name="sink">Takes the classes.</param>
    /// <param name="options">Memory and halo.</param>
    /// <param name="check">Waits until what was computed may be handed out.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    public TilePlan Run(IPixelSource source, ILabelSink sink, TileOptions options, Action<CancellationToken> check, CancellationToken cancellation)
    {
        TilePlan plan = Fit(source.Height, source.Width, options);
        int rows = plan.Rows.Max(t => t.Output.Length);
        int windowPixels = plan.WindowHeight * plan.WindowWidth;
        var band = new Band(source.Width, rows, sink.WantsConfidence);
        float[] planes = ArrayPool<float>.Shared.Rent(3 * windowPixels);
        int[] classes = ArrayPool<int>.Shared.Rent(windowPixels);
        float[] confidence = sink.WantsConfidence ? ArrayPool<float>.Shared.Rent(windowPixels) : [];
        try
        {
            foreach (TileSpan down in plan.Rows)
            {
                source.ReadRows(down.Window.Start, down.Window.Length);
                foreach (TileSpan along in plan.Columns)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Compute(source, down.Window, along.Window, planes, classes, confidence, cancellation);
                    band.Take(down, along, classes, confidence);
                }

                check(cancellation);
                sink.WriteRows(down.Output.Start, down.Output.Length, band.Labels(down.Output.Length), band.Confidence(down.Output.Length));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(planes);
            ArrayPool<int>.Shared.Return(classes);
            if (sink.WantsConfidence)
            {
                ArrayPool<float>.Shared.Return(confidence);
            }
        }

        return plan;
    }

    /// <summary>The largest tiles whose computation fits: memory grows with the pixels, so a first plan tells about how many there may be.</summary>
    internal TilePlan Fit(int height, int width, TileOptions options)
    {
        (int leastHeight, int leastWidth) = _planner.SmallestWindow(options.Halo);
        TilePlan best = _planner.Plan(height, width, leastHeight, leastWidth, options.Halo);
        long budget = options.MemoryBudget;
        long bytes = Cost(best);
        if (bytes > budget)
        {
            throw new FcnSharpException($"{network.Graph.Name} needs {MegaBytes(bytes)} for the smallest tile, of {best.WindowWidth}x{best.WindowHeight} pixels, and the rows around it, but {MegaBytes(budget)} are allowed: allow more memory{(options.Halo == TileHalo.Exact ? " or use a smaller halo" : "")}.");
        }

        // A plan for less than the device has is never refused, so what is allowed but not there is not asked for.
        budget = Math.Max(bytes, Math.Min(budget, network.Device.MemoryBudget - Compile(best.WindowHeight, best.WindowWidth).Plan.Memory.PersistentBytes));
        TilePlan tried = best;
        double share = 1;
        for (int attempt = 0; attempt < Attempts && best.Count > 1 && Cost(best) < FullEnough * budget; attempt++)
        {
            // The three planes of a window are one array, however much memory there is.
            double pixels = Math.Min(share * budget / bytes * tried.WindowHeight * tried.WindowWidth, Array.MaxLength / 3);
            (int windowHeight, int windowWidth) = Sides(height, width, pixels, MostRows(width, budget));
            TilePlan next = _planner.Plan(height, width, Math.Max(windowHeight, leastHeight), Math.Max(windowWidth, leastWidth), options.Halo);
            if (next.WindowHeight == tried.WindowHeight && next.WindowWidth == tried.WindowWidth)
            {
                break;
            }

            (tried, bytes) = (next, Cost(next));
            if (bytes <= budget)
            {
                best = next.Overhead < best.Overhead ? next : best;
            }
            else
            {
                share *= 0.9;
            }
        }

        return best;
    }

    private static (int Height, int Width) Sides(int height, int width, double pixels, int mostRows)
    {
        int side = Math.Min((int)Math.Sqrt(pixels), mostRows);
        return width <= side ? ((int)Math.Min(height, pixels / width), width)
            : height <= side ? (height, (int)Math.Min(width, pixels / height))
            : (side, (int)Math.Min(width, pixels / side));
    }

    /// <summary>Rows of a very wide image take memory from tiles, which are better low than small.</summary>
    private int MostRows(int width, long budget) => (int)Math.Clamp(budget / RowShare / ((long)width * RowPixelBytes), 1, int.MaxValue);

    private static string MegaBytes(long bytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");

    /// <summary>Bytes that are held while the largest tile of a plan is computed.</summary>
    private long Cost(TilePlan plan)
    {
        long pixels = (long)plan.WindowHeight * plan.WindowWidth;
        long rowPixels = (long)plan.WindowHeight * plan.Columns[^1].Output.End;
        return Compile(plan.WindowHeight, plan.WindowWidth).Plan.Memory.ArenaBytes + pixels * (3 + target.Outputs.Count) * sizeof(float) + rowPixels * RowPixelBytes;
    }

    private CompiledNet Compile(int height, int width)
    {
        GraphValue image = network.Graph.Inputs[0];
        return network.Compile(target, new Dictionary<string, Shape> { [image.Name] = new(1, image.Channels, height, width) });
    }

    private void Compute(IPixelSource source, PixelInterval rows, PixelInterval columns, float[] planes, int[] classes, float[] confidence, CancellationToken cancellation)
    {
        int pixels = rows.Length * columns.Length;
        for (int y = 0; y < rows.Length; y++)
        {
            ReadOnlySpan<byte> row = source.Row(rows.Start + y).Slice(3 * columns.Start, 3 * columns.Length);
            InputEncoder.EncodeRow(row, preprocessing, planes.AsSpan(y * columns.Length), pixels);
        }

        CompiledNet net = Compile(rows.Length, columns.Length);
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs[network.Graph.Inputs[0].Name], planes.AsSpan(0, 3 * pixels));
        execution.Run(cancellation);
        execution.Read(net.Outputs[target.Outputs[0]], classes.AsSpan(0, pixels));
        if (confidence.Length > 0)
        {
            execution.Read(net.Outputs[target.Outputs[1]], confidence.AsSpan(0, pixels));
        }
    }

    /// <summary>The rows of the image that a row of tiles gives.</summary>
    private sealed class Band(int width, int rows, bool confidence)
    {
        private readonly ushort[] _labels = new ushort[(long)width * rows];
        private readonly float[] _confidence = confidence ? new float[(long)width * rows] : [];

        public ReadOnlySpan<ushort> Labels(int count) => _labels.AsSpan(0, count * width);

        public ReadOnlySpan<float> Confidence(int count) => confidence ? _confidence.AsSpan(0, count * width) : [];

        /// <summary>Keeps what a tile gives beyond doubt.</summary>
        public void Take(TileSpan down, TileSpan along, int[] classes, float[] confidences)
        {
            for (int y = 0; y < down.Output.Length; y++)
            {
                int from = (down.Output.Start - down.Window.Start + y) * along.Window.Length + along.Output.Start - along.Window.Start;
                int to = y * width + along.Output.Start;
                for (int x = 0; x < along.Output.Length; x++)
                {
                    _labels[to + x] = (ushort)classes[from + x];
                }

                if (confidence)
                {
                    confidences.AsSpan(from, along.Output.Length).CopyTo(_confidence.AsSpan(to));
                }
            }
        }
    }
}
