using FcnSharp.Graph;
using FcnSharp.Inference;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Pictures.Trained;

/// <summary>
/// The gradient of one score with respect to the image. Backward passes stop before inputs, so the image is made a parameter: the
/// weight of a transposed convolution whose kernel covers the image and whose input is a single 1.
/// </summary>
internal sealed class FieldProbe : IDisposable
{
    private readonly Network _network;
    private readonly Parameter _pixels;
    private readonly Shape _image;

    /// <summary>Copies the trunk and the score layers of a trained net of stride 8.</summary>
    /// <param name="trained">The net.</param>
    /// <param name="height">Height of the images.</param>
    /// <param name="width">Their width.</param>
    public FieldProbe(TrainedNet trained, int height, int width)
    {
        _image = new Shape(1, 3, height, width);
        var b = new GraphBuilder("field-probe");
        GraphValue pixels = b.ConvTranspose2d("pixels", b.Input("one", 1), 3, new ConvTranspose2dParameters(height, width), Initializer.Zero, new Multipliers(1, 1, 0, 0));
        foreach (GraphValue score in SceneNet.Scores(b, pixels, stride: 8))
        {
            b.Output(score.Name, b.Add(new DirectionLayer("along_" + score.Name), score.Channels, score, b.Input("direction_" + score.Name, score.Channels)));
        }

        _network = new Network(b.Build(), trained.Network.Device);
        _pixels = _network.Graph.Parameters.Single(p => p.Name == "pixels.weight");
        Dictionary<string, Tensor> weights = trained.Network.Save().ToDictionary(t => t.Key, t => t.Value);
        foreach (Parameter parameter in _network.Graph.Parameters.Where(p => p != _pixels))
        {
            _network.Value(parameter).Write(weights[parameter.Name].Span);
        }
    }

    /// <summary>Adds the absolute gradient of one score, summed over the colours, to a map of the image's pixels.</summary>
    /// <param name="layer">The score layer, such as "score_pool4".</param>
    /// <param name="image">[1, 3, H, W].</param>
    /// <param name="label">The class whose score it is.</param>
    /// <param name="row">Row of the score.</param>
    /// <param name="column">Column of the score.</param>
    /// <param name="map">H x W.</param>
    public void Add(string layer, Tensor image, int label, int row, int column, Span<float> map)
    {
        var one = new Shape(1, 1, 1, 1);
        GraphValue score = _network.Graph.Outputs[layer];
        Shape scores = ShapeInference.Of(_network.Graph, Inputs(one, layer, null), layer)[score.Node!.Inputs[0].Node!][0];
        var direction = new Tensor(scores);
        direction[0, label, row, column] = 1;

        _network.Value(_pixels).Write(image.Span);
        CompiledNet net = _network.Compile(CompileTarget.Train(layer), Inputs(one, layer, scores));
        using (IExecution execution = net.Plan.Begin())
        {
            execution.Write(net.Inputs["one"], [1f]);
            execution.Write(net.Inputs["direction_" + layer], direction.Span);
            execution.Run();
        }

        var gradient = new Tensor(_image);
        _network.Gradient(_pixels).Read(gradient.Span);
        _network.Gradient(_pixels).Fill(0);
        for (int i = 0; i < gradient.Span.Length; i++)
        {
            map[i % map.Length] += Math.Abs(gradient.Span[i]);
        }
    }

    /// <summary>An image as the nets take it.</summary>
    public static Tensor Encode(Imaging.RgbImage image)
    {
        var tensor = new Tensor(new Shape(1, 3, image.Height, image.Width));
        InputEncoder.Encode(image, SceneNet.Preprocessing, tensor.Span);
        return tensor;
    }

    public void Dispose() => _network.Dispose();

    private static Dictionary<string, Shape> Inputs(Shape one, string layer, Shape? scores) =>
        scores is { } shape ? new() { ["one"] = one, ["direction_" + layer] = shape } : new() { ["one"] = one, ["direction_" + layer] = one };

    /// <summary>A loss whose gradient is its second input: the score in a direction.</summary>
    private sealed class DirectionLayer(string name) : Layer(name)
    {
        public override string Kind => "Direction";

        public override bool IsLoss => true;

        public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0]];

        public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
        {
            // Its value is not read; only what it sends back is.
            ProgramValue output = context.NewValue(context.Inputs[0].Shape);
            context.Add(new SumForward(Name, context.Inputs, output));
            return [output];
        }

        public override void Backward(BackwardContext context) => context.SetGradInput(0, context.Inputs[1]);
    }
}
