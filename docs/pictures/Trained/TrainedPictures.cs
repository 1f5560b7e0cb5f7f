using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Pictures.Drawings;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Pictures.Trained;

/// <summary>
/// The pictures that need trained nets, and the figures that stand beside them. The same machine makes the same bytes; another kernel
/// set may change single pixels.
/// </summary>
internal sealed class TrainedPictures : IDisposable
{
    private const int TrainScenes = 600;
    private const int HeldOut = 100;
    private const int Void = 255;
    private static readonly Palette Palette = Palette.Of(SceneClasses.All);
    private readonly CpuDevice _device = new();
    private readonly InMemoryDataset _train = new(new Scenes(0, TrainScenes));
    private readonly InMemoryDataset _val = new(new Scenes(TrainScenes, HeldOut));
    private readonly Dictionary<int, TrainedNet> _nets = [];
    private readonly Action<string> _say;
    private readonly Action<string, RgbImage> _write;

    /// <summary>Trains the three nets.</summary>
    /// <param name="say">Gets a line of figures at a time.</param>
    /// <param name="write">Gets each picture with its file's name.</param>
    public TrainedPictures(Action<string> say, Action<string, RgbImage> write)
    {
        (_say, _write) = (say, write);
        foreach (int stride in (int[])[32, 16, 8])
        {
            _nets[stride] = TrainedNet.Train(stride, _train, _device);
            SegmentationMetrics metrics = SegmentationMetrics.From(Evaluator.Run(_nets[stride].Segmenter, _val));
            _say(FormattableString.Invariant($"FCN-{stride}s: mean IU {100 * metrics.MeanIoU:0.0}, pixel accuracy {100 * metrics.PixelAccuracy:0.0}"));
        }
    }

    /// <summary>Draws everything.</summary>
    public void DrawAll()
    {
        DrawHeatmap();
        DrawCoarse();
        DrawSkips();
        DrawFields();
        DrawLoss();
        DrawBounds();
    }

    public void Dispose()
    {
        foreach (TrainedNet net in _nets.Values)
        {
            net.Dispose();
        }

        _device.Dispose();
    }

    /// <summary>A classifier of windows as a heatmap net: the image, then the probability of each shape.</summary>
    private void DrawHeatmap()
    {
        using Network heatmap = WindowClassifier.Train(_train, _device);
        using var classifier = new Network(WindowClassifier.Build(), _device);
        classifier.Load(heatmap.Save().ToDictionary(t => t.Key, t => t.Value), "the heatmap net");
        RgbImage image = Scenes.Mosaic(_val, 4).Image;
        Tensor probabilities = TrainedNet.Run(heatmap, "probabilities", image);
        List<RgbImage> panels = [image];
        for (int label = 1; label < SceneNet.Classes; label++)
        {
            panels.Add(HeatColors.Overlay(image, WindowClassifier.Spread(probabilities, label, image.Width, image.Height)));
        }

        _write("heatmap.png", Sheet.Rows([panels[..3], panels[3..]]));

        // What one pass costs against a window for each cell.
        Shape map = probabilities.Shape;
        long windows = (long)map.H * map.W * WindowClassifier.Cost(heatmap, WindowClassifier.Window);
        long pass = WindowClassifier.Cost(heatmap, image.Width);
        double difference = Difference(classifier, image, probabilities);
        _say(FormattableString.Invariant($"heatmap of {map.H}x{map.W} cells: {windows / 1e6:0} million multiply-adds in windows, {pass / 1e6:0} million in one pass, {(double)windows / pass:0.0} times fewer; largest difference of a probability {difference:0.0e+0}"));
    }

    /// <summary>Every cell against the classifier on its window.</summary>
    private static double Difference(Network classifier, RgbImage image, Tensor probabilities)
    {
        double largest = 0;
        for (int row = 0; row < probabilities.Shape.H; row++)
        {
            for (int column = 0; column < probabilities.Shape.W; column++)
            {
                RgbImage window = ImageCrop.Of(image, column * WindowClassifier.Stride, row * WindowClassifier.Stride, WindowClassifier.Window, WindowClassifier.Window);
                Tensor own = TrainedNet.Run(classifier, "probabilities", window);
                for (int label = 0; label < own.Shape.C; label++)
                {
                    largest = Math.Max(largest, Math.Abs(own[0, label, 0, 0] - probabilities[0, label, row, column]));
                }
            }
        }

        return largest;
    }

    /// <summary>The image, the winners of the coarse scores, the same scores interpolated, the truth.</summary>
    private void DrawCoarse()
    {
        TrainedNet net = _nets[32];
        _write("coarse.png", Sheet.Rows(((int[])[2, 7]).Select(index =>
        {
            Sample scene = _val.Load(index);
            Tensor coarse = net.Run("coarse", scene.Image);
            var cells = new LabelMap(scene.Labels.Width, scene.Labels.Height);
            for (int y = 0; y < cells.Height; y++)
            {
                for (int x = 0; x < cells.Width; x++)
                {
                    cells.Row(y)[x] = Winner(coarse, y / net.Stride, x / net.Stride);
                }
            }

            return Enlarged(scene.Image, Colors(cells), Colors(net.Segmenter.Segment(scene.Image).Map), Colors(scene.Labels));
        })));
    }

    private static ushort Winner(Tensor scores, int row, int column) =>
        (ushort)Enumerable.Range(0, scores.Shape.C).MaxBy(label => scores[0, label, row, column]);

    /// <summary>The image, FCN-32s, 16s, 8s, the truth.</summary>
    private void DrawSkips() => _write("skips.png", Sheet.Rows(((int[])[2, 5, 11]).Select(index =>
    {
        Sample scene = _val.Load(index);
        LabelMap[] maps = [.. ((int[])[32, 16, 8]).Select(stride => _nets[stride].Segmenter.Segment(scene.Image).Map)];
        return Enlarged([scene.Image, .. maps.Select(Colors), Colors(scene.Labels)]);
    })));

    /// <summary>How strongly one score of each level depends on each pixel, and the square that it can depend on at all.</summary>
    private void DrawFields()
    {
        const int Images = 24;
        const int Side = 2 * Scenes.Side;
        using var probe = new FieldProbe(_nets[8], Side, Side);
        var panels = new List<RgbImage>();
        foreach (string layer in (string[])["score_pool3", "score_pool4", "score_fr"])
        {
            PixelGrid grid = GridsDrawing.Grid(_nets[8].Network.Graph, layer);
            int pixel = (int)Math.Round((Side / 2 - grid.Centre) / grid.Stride);
            int centre = (int)(grid.Centre + pixel * grid.Stride);
            float[] map = new float[Side * Side];
            for (int i = 0; i < Images; i++)
            {
                Sample scene = Scenes.Large(i);
                probe.Add(layer, FieldProbe.Encode(scene.Image), scene.Labels.Row(centre)[centre], pixel, pixel, map);
            }

            (int first, int last) = ((int)grid.FirstSeenBy(pixel), (int)grid.LastSeenBy(pixel));
            _say(FormattableString.Invariant($"{layer}: receptive field {grid.Size}, half of the gradient within {Within(map, Side, first, last, 0.5)}, nine tenths within {Within(map, Side, first, last, 0.9)}, outside of the field {Outside(map, Side, first, last):0.####}"));
            float most = map.Max();
            RgbImage heat = HeatColors.Draw([.. map.Select(v => MathF.Sqrt(v / most))], Side, Side);
            Sheet.Frame(heat, first, first, last, last);
            panels.Add(heat);
        }

        _write("fields.png", Sheet.Rows([panels]));
    }

    /// <summary>Side of the square around the field's middle that holds a share of the gradient.</summary>
    private static int Within(float[] map, int side, int first, int last, double share)
    {
        double all = map.Sum(v => (double)v);
        for (int cut = (last - first) / 2; ; cut--)
        {
            if (all - Outside(map, side, first + cut, last - cut) * all >= share * all)
            {
                return last - first + 1 - 2 * cut;
            }
        }
    }

    private static double Outside(float[] map, int side, int first, int last)
    {
        double inside = 0;
        double all = 0;
        for (int i = 0; i < map.Length; i++)
        {
            all += map[i];
            (int y, int x) = (i / side, i % side);
            inside += x >= first && x <= last && y >= first && y <= last ? map[i] : 0;
        }

        return 1 - inside / all;
    }

    /// <summary>The image, the truth with a band of void around each object, the prediction, the loss of each pixel.</summary>
    private void DrawLoss()
    {
        const float White = 1.5f;
        _write("loss.png", Sheet.Rows(((int[])[5, 11]).Select(index =>
        {
            Sample scene = _val.Load(index);
            LabelMap truth = WithVoid(scene.Labels);
            Tensor probabilities = _nets[8].Run("probabilities", scene.Image);
            float[] loss = new float[truth.Labels.Length];
            for (int i = 0; i < loss.Length; i++)
            {
                ushort label = truth.Labels[i];
                loss[i] = label == Void ? 0 : -MathF.Log(probabilities[0, label, i / truth.Width, i % truth.Width]) / White;
            }

            return Enlarged(scene.Image, Sheet.Colors(truth, Palette, Void), Colors(_nets[8].Segmenter.Segment(scene.Image).Map), HeatColors.Draw(loss, truth.Width, truth.Height));
        })));
    }

    /// <summary>Pixels within two of another class become void, as where VOC's annotators drew their lines.</summary>
    private static LabelMap WithVoid(LabelMap labels)
    {
        const int Reach = 2;
        var result = new LabelMap(labels.Width, labels.Height);
        for (int y = 0; y < labels.Height; y++)
        {
            for (int x = 0; x < labels.Width; x++)
            {
                ushort own = labels.Row(y)[x];
                bool alone = true;
                for (int ny = Math.Max(0, y - Reach); ny <= Math.Min(labels.Height - 1, y + Reach); ny++)
                {
                    for (int nx = Math.Max(0, x - Reach); nx <= Math.Min(labels.Width - 1, x + Reach); nx++)
                    {
                        alone &= labels.Row(ny)[nx] == own;
                    }
                }

                result.Row(y)[x] = alone ? own : (ushort)Void;
            }
        }

        return result;
    }

    /// <summary>The truth, and what is left of it at stride 32, 16, 8 and 4: by nearest neighbour above, by interpolated shares below.</summary>
    private void DrawBounds()
    {
        int[] factors = [32, 16, 8, 4];
        LabelMap truth = _val.Load(5).Labels;
        _write("bounds.png", Sheet.Rows(
        [
            Enlarged([Colors(truth), .. factors.Select(f => Colors(UpperBound.Nearest(truth, f)))]),
            Enlarged([Colors(truth), .. factors.Select(f => Colors(UpperBound.Bilinear(truth, f, Void)))]),
        ]));
        foreach (ResolutionBound bound in UpperBound.Run(_val, factors))
        {
            _say(FormattableString.Invariant($"bound at stride {bound.Factor}: mean IU {100 * bound.Nearest.MeanIoU:0.0} nearest, {100 * bound.Bilinear.MeanIoU:0.0} bilinear"));
        }
    }

    private static RgbImage Colors(LabelMap labels) => Sheet.Colors(labels, Palette);

    private static RgbImage[] Enlarged(params RgbImage[] panels) => [.. panels.Select(p => Sheet.Enlarge(p, 2))];
}
