using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using Xunit;

namespace FcnSharp.TestKit;

/// <summary>
/// Compares the gradients of a graph, on every device, with differences of its loss. The loss is taken on the Reference
/// device and summed in double precision on the host. What remains is the rounding of the float activations: one unit of
/// each operation on the way. Both sides of a difference share the activations that the step does not reach, so only those
/// that moved count: sum over moved outputs of |projection| * |output| * 2^-24 * operations, over the step.
/// The differences are extrapolated (Richardson), which leaves an error of the fourth order in the step.
/// A coordinate beside a kink, where a ReLU or a max-pooling changes its mind between the two ends of the step, is retried
/// with smaller steps, and skipped and counted if the one-sided differences disagree even then.
/// </summary>
public sealed class GradientCheck
{
    private const double Unit = 1.0 / (1 << 24);

    /// <summary>Powers of two, so that a step does not itself round.</summary>
    private static readonly double[] Steps = [1.0 / 16, 1.0 / 64, 1.0 / 256];

    private readonly Dictionary<string, Tensor> _floats = [];
    private readonly Dictionary<string, int[]> _labels = [];
    private readonly Dictionary<string, Shape> _shapes = [];
    private readonly Dictionary<string, Tensor> _initial = [];
    private readonly List<string> _losses = [];
    private readonly List<string> _targets = [];
    private readonly Dictionary<string, double> _weightOfLoss = [];
    private readonly Dictionary<string, Tensor> _projections = [];

    private GraphBuilder Builder { get; } = new("gradient-check");

    /// <summary>Coordinates compared per tensor; all when it has no more.</summary>
    public int CoordinatesPerTensor { get; private init; }

    /// <summary>Coordinates that were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>Coordinates that lie beside a kink.</summary>
    public int Skipped { get; private set; }

    /// <summary>The graph, to add layers to.</summary>
    public GraphBuilder Graph => Builder;

    /// <summary>Writes a graph, compares all its gradients and fails the test if one is wrong or more than 5 per cent lie beside a kink.</summary>
    /// <param name="write">Adds inputs, layers, and at least one <see cref="Project"/> or <see cref="Loss"/>.</param>
    /// <param name="coordinatesPerTensor">How many coordinates of each tensor are compared.</param>
    public static GradientCheck Run(Action<GradientCheck> write, int coordinatesPerTensor = 48)
    {
        var check = new GradientCheck { CoordinatesPerTensor = coordinatesPerTensor };
        write(check);
        check.CompareAll();
        Assert.True(check.Compared > 0, "Nothing was compared.");
        Assert.True(check.Skipped <= 0.05 * (check.Compared + check.Skipped), $"{check.Skipped} coordinates lie beside a kink, {check.Compared} do not: choose other data.");
        return check;
    }

    /// <summary>
    /// A float input whose gradient is checked like a parameter's: it is the weight of a transposed convolution whose kernel
    /// covers the image and whose input is the identity, [N, N, 1, 1], so its output is the weight, bit for bit.
    /// </summary>
    public GraphValue Input(string name, Shape shape, bool frozen = false, Tensor? value = null)
    {
        string identity = name + ".identity";
        GraphValue source = Builder.Input(identity, shape.N);
        var matrix = new Tensor(new Shape(shape.N, shape.N, 1, 1));
        for (int n = 0; n < shape.N; n++)
        {
            matrix[n, n, 0, 0] = 1;
        }

        Define(identity, matrix);
        _initial[name + ".weight"] = value ?? NetFixtures.Random(shape, name);
        return Builder.ConvTranspose2d(name, source, shape.C, new ConvTranspose2dParameters(shape.H, shape.W), Initializer.Zero, frozen ? Multipliers.Frozen : new Multipliers(1, 1, 1, 1));
    }

    /// <summary>Labels of a loss, some of them void.</summary>
    public GraphValue Labels(string name, Shape shape, int classes, int ignoreIndex = 255)
    {
        _labels[name] = NetFixtures.Labels(shape, classes, ignoreIndex);
        _shapes[name] = shape;
        return Builder.Input(name, 1, ElementType.Int32);
    }

    /// <summary>Adds sum(projection * value) to the total, with a random projection, so that every element of the value counts differently.</summary>
    public void Project(GraphValue value, Shape shape)
    {
        string name = $"project{_projections.Count}";
        Tensor projection = NetFixtures.Random(shape, name);
        _projections[name + ".value"] = projection;
        GraphValue direction = Builder.Input(name + ".direction", value.Channels);
        Define(name + ".direction", projection);
        Builder.Output(name + ".value", value);
        Builder.Output(name, Builder.Add(new ProjectionLayer(name), value.Channels, value, direction));
        _targets.AddRange([name, name + ".value"]);
    }

    /// <summary>Adds weight * loss to the total; the weight must be the one that the loss layer scales its gradient by.</summary>
    public void Loss(GraphValue loss, double weight = 1)
    {
        Builder.Output(loss.Name, loss);
        _losses.Add(loss.Name);
        _targets.Add(loss.Name);
        _weightOfLoss[loss.Name] = weight;
    }

    private void Define(string name, Tensor value)
    {
        _floats[name] = value;
        _shapes[name] = value.Shape;
    }

    private void CompareAll()
    {
        NetGraph graph = Builder.Build();
        using IDevice oracleDevice = new ReferenceDevice(2_000_000_000);
        using Network oracle = Prepared(graph, oracleDevice);
        using Evaluation evaluation = new(this, oracle);
        foreach (string deviceName in NetFixtures.DeviceNames)
        {
            using IDevice device = NetFixtures.Device(deviceName);
            using Network network = Prepared(graph, device);
            using (Evaluation step = new(this, network, training: true))
            {
                step.Run();
            }

            Dictionary<string, float[]> gradients = NetFixtures.Gradients(network);
            foreach (Parameter parameter in graph.Parameters.Where(p => p.IsTrainable))
            {
                Compare(deviceName, evaluation, oracle, parameter, gradients[parameter.Name]);
            }
        }
    }

    private Network Prepared(NetGraph graph, IDevice device)
    {
        var network = new Network(graph, device);
        NetFixtures.Randomize(network);
        foreach (Parameter parameter in graph.Parameters)
        {
            if (_initial.TryGetValue(parameter.Name, out Tensor? value))
            {
                network.Value(parameter).Write(value.Span);
            }
        }

        return network;
    }

    private void Compare(string device, Evaluation evaluation, Network oracle, Parameter parameter, float[] gradient)
    {
        float[] values = new float[gradient.Length];
        oracle.Value(parameter).Read(values);

        // The analytic gradient is a float sum itself: 2^-15 of the tensor's largest covers sums of some hundred terms of either sign.
        double slack = gradient.Max(Math.Abs) / 32768;
        int stride = Math.Max(1, gradient.Length / CoordinatesPerTensor);
        for (int i = 0; i < gradient.Length; i += stride)
        {
            string? failure = null;
            bool kink = false;
            foreach (double step in Steps)
            {
                (double slope, double noise, double smallest, double largest) = evaluation.Slope(oracle.Value(parameter), values, i, step);
                double tolerance = noise + slack;
                kink = !(largest - smallest <= 2 * noise + step * (Math.Abs(smallest) + Math.Abs(largest)));
                failure = Math.Abs(gradient[i] - slope) <= tolerance
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"{parameter.Name}[{i}] on {device}: gradient {gradient[i]:G9}, difference {slope:G9} +- {tolerance:G3} (step {step}, one-sided {smallest:G9} to {largest:G9})");
                if (failure is null)
                {
                    break;
                }
            }

            if (failure is not null && !kink)
            {
                Assert.Fail(failure);
            }

            Compared += failure is null ? 1 : 0;
            Skipped += failure is null ? 0 : 1;
        }
    }

    /// <summary>A compiled program of the whole check, run again and again.</summary>
    private sealed class Evaluation : IDisposable
    {
        private readonly GradientCheck _check;
        private readonly CompiledNet _net;
        private readonly IExecution _execution;
        private readonly int _operations;

        /// <summary>The forward pass alone, unless training differs from inference, as dropout does.</summary>
        public Evaluation(GradientCheck check, Network network, bool? training = null)
        {
            _check = check;
            if (training is null)
            {
                using Evaluation inference = new(check, network, training: false);
                using Evaluation whole = new(check, network, training: true);
                training = whole.Run().Total != inference.Run().Total;
                NetFixtures.ClearGradients(network);
            }

            _net = network.Compile(new CompileTarget(check._targets, training.Value), check._shapes);
            _operations = _net.Program.Operations.Count;
            _execution = _net.Plan.Begin();
        }

        /// <summary>The total, and its terms: outputs times projection, losses times weight.</summary>
        public (double Total, List<double> Terms) Run()
        {
            foreach ((string name, Tensor value) in _check._floats)
            {
                _execution.Write(_net.Inputs[name], value.Span);
            }

            foreach ((string name, int[] labels) in _check._labels)
            {
                _execution.Write(_net.Inputs[name], labels);
            }

            (_execution.Seed, _execution.Step) = (3, 4);
            _execution.Run();
            var terms = new List<double>();
            foreach ((string name, Tensor projection) in _check._projections)
            {
                Tensor value = NetFixtures.Read(_execution, _net.Outputs[name]);
                Assert.Equal(projection.Shape, value.Shape);
                for (int i = 0; i < value.Span.Length; i++)
                {
                    terms.Add((double)projection.Span[i] * value.Span[i]);
                }
            }

            foreach (string name in _check._losses)
            {
                terms.Add(_check._weightOfLoss[name] * NetFixtures.Read(_execution, _net.Outputs[name]).Span[0]);
            }

            return (terms.Sum(), terms);
        }

        /// <summary>The extrapolated slope, its noise, and the range of the slopes of the four pieces: one piece stands out where a kink lies in it.</summary>
        public (double Slope, double Noise, double Smallest, double Largest) Slope(IDeviceTensor tensor, float[] values, int index, double step)
        {
            float original = values[index];
            List<double> At(double offset)
            {
                values[index] = (float)(original + offset);
                tensor.Write(values);
                values[index] = original;
                return Run().Terms;
            }

            List<double> farLeft = At(-step), left = At(-step / 2), middle = At(0), right = At(step / 2), farRight = At(step);
            tensor.Write(values);
            double wide = Difference(farLeft, farRight) / ((float)(original + step) - (double)(float)(original - step));
            double narrow = Difference(left, right) / ((float)(original + step / 2) - (double)(float)(original - step / 2));
            double moved = 0;
            for (int i = 0; i < middle.Count; i++)
            {
                moved += farLeft[i] == farRight[i] && left[i] == right[i] ? 0 : Math.Abs(middle[i]) + Math.Abs(farLeft[i]) + Math.Abs(farRight[i]);
            }

            double half = step / 2;
            double[] pieces = [Difference(farLeft, left) / half, Difference(left, middle) / half, Difference(middle, right) / half, Difference(right, farRight) / half];
            return (((4 * narrow) - wide) / 3, 2 * _operations * Unit * moved / step, pieces.Min(), pieces.Max());
        }

        public void Dispose() => _execution.Dispose();

        private static double Difference(List<double> from, List<double> to)
        {
            double sum = 0;
            for (int i = 0; i < from.Count; i++)
            {
                sum += to[i] - from[i];
            }

            return sum;
        }
    }

    /// <summary>A loss whose gradient is its second input: sum(input * direction), of which the host computes the value.</summary>
    private sealed class ProjectionLayer(string name) : Layer(name)
    {
        public override string Kind => "Projection";

        public override bool IsLoss => true;

        public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0]];

        public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
        {
            // Nobody reads it; a loss must have a value of its own to be asked for.
            ProgramValue output = context.NewValue(context.Inputs[0].Shape);
            context.Add(new SumForward(Name, context.Inputs, output));
            return [output];
        }

        public override void Backward(BackwardContext context) => context.SetGradInput(0, context.Inputs[1]);
    }
}
