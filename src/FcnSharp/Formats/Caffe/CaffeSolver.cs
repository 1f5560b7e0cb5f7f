using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>A recipe of training as a solver.prototxt gives it, with Caffe's defaults. What it does not say of its figures stays in <see cref="Message"/>.</summary>
/// <param name="Message">All fields of the file.</param>
public sealed record CaffeSolver(PrototxtMessage Message)
{
    private static readonly HashSet<string> Known =
    [
        "net", "train_net", "test_net", "test_iter", "test_interval", "test_compute_loss", "test_initialization", "base_lr", "display",
        "average_loss", "max_iter", "iter_size", "lr_policy", "gamma", "power", "momentum", "weight_decay", "regularization_type",
        "stepsize", "stepvalue", "clip_gradients", "snapshot", "snapshot_prefix", "snapshot_diff", "snapshot_format", "solver_mode",
        "device_id", "random_seed", "type", "solver_type", "delta", "momentum2", "rms_decay", "debug_info", "snapshot_after_train", "weights",
    ];

    /// <summary>The definition that is trained: train_net, or net.</summary>
    public string TrainNet => Message.Text("train_net", Message.Text("net"));

    /// <summary>The definitions that are tested.</summary>
    public IReadOnlyList<string> TestNets => Message.Has("test_net") ? Message.Texts("test_net") : Message.Has("net") ? [Message.Text("net")] : [];

    /// <summary>Batches of each test.</summary>
    public IReadOnlyList<int> TestIterations => Message.Integers("test_iter");

    /// <summary>The learning rate to begin with.</summary>
    public float BaseLearningRate => Message.Number("base_lr", 0);

    /// <summary>How the learning rate changes: "fixed", "step", "poly", ...</summary>
    public string LearningRatePolicy => Message.Text("lr_policy", "fixed");

    /// <summary>Share of the last step in the next.</summary>
    public float Momentum => Message.Number("momentum", 0);

    /// <summary>Factor of the weights in their gradient.</summary>
    public float WeightDecay => Message.Number("weight_decay", 0);

    /// <summary>Batches whose gradients are added up in a step.</summary>
    public int BatchesPerStep => Message.Integer("iter_size", 1);

    /// <summary>Number of steps.</summary>
    public int Steps => Message.Integer("max_iter", 0);

    /// <summary>Steps between two snapshots; 0 for none.</summary>
    public int SnapshotInterval => Message.Integer("snapshot", 0);

    /// <summary>Steps over which the displayed loss is averaged.</summary>
    public int AverageLoss => Message.Integer("average_loss", 1);

    /// <summary>Reads a file.</summary>
    /// <exception cref="FcnSharpException">It cannot be read, is no solver's, or one of its figures is not what it must be.</exception>
    public static CaffeSolver Read(string path) => Of(Prototxt.Read(path));

    /// <summary>Takes a text apart.</summary>
    /// <param name="text">The text of a solver.prototxt.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="FcnSharpException">It is no solver's, or one of its figures is not what it must be.</exception>
    public static CaffeSolver Parse(string text, string source) => Of(Prototxt.Parse(text, source));

    private static CaffeSolver Of(PrototxtMessage message)
    {
        message.ExpectOnly("a solver", Known);
        var solver = new CaffeSolver(message);
        if (solver.TrainNet.Length == 0)
        {
            throw message.Error("expected 'net' or 'train_net' in a solver, found neither; give a solver's definition");
        }

        // Read once here, so that a wrong figure is refused with the file and not when it is asked for.
        _ = (solver.TestNets, solver.TestIterations, solver.BaseLearningRate, solver.LearningRatePolicy, solver.Momentum, solver.WeightDecay);
        _ = (solver.BatchesPerStep, solver.Steps, solver.SnapshotInterval, solver.AverageLoss);
        return solver;
    }
}
