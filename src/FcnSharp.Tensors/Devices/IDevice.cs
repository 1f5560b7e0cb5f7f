using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Devices;

/// <summary>
/// What computes: it owns memory, plans programs and runs them. Layers describe what they want as operations and never name
/// a device; kernels, memory layout and fusion are its private business.
/// </summary>
public interface IDevice : IDisposable
{
    /// <summary>A short name, such as "cpu".</summary>
    string Name { get; }

    /// <summary>What it computes with, for people: kernel set, threads.</summary>
    string Description { get; }

    /// <summary>The bytes that plans and tensors of this device may take together.</summary>
    long MemoryBudget { get; }

    /// <summary>A tensor of zeros that lives on the device from one execution to the next.</summary>
    IDeviceTensor Allocate(string name, Shape shape);

    /// <summary>
    /// Chooses kernels and lays out memory for a program. Nothing large is allocated yet (see <see cref="IDevicePlan.Memory"/>),
    /// except that constant parameters may be laid out anew for the kernels.
    /// </summary>
    /// <exception cref="FcnSharpException">The plan needs more than the memory budget; the message says how much and what to reduce.</exception>
    IDevicePlan Plan(TensorProgram program);

    /// <summary>
    /// One step of stochastic gradient descent with momentum, as Caffe writes it:
    /// velocity = momentum * velocity + learningRate * (gradientScale * gradient + weightDecay * weight); weight -= velocity; gradient = 0.
    /// </summary>
    void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients);

    /// <summary>
    /// One step of Adam with decoupled weight decay (Loshchilov and Hutter 2019), with g = gradientScale * gradient:
    /// first = beta1 * first + (1 - beta1) * g; second = beta2 * second + (1 - beta2) * g * g;
    /// weight -= learningRate * (correction1 * first / (sqrt(correction2 * second) + epsilon) + weightDecay * weight); gradient = 0.
    /// </summary>
    void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients);
}

/// <summary>The numbers of one SGD step, per parameter: its multipliers are already in them.</summary>
/// <param name="LearningRate">Factor of the gradient.</param>
/// <param name="Momentum">Share of the last velocity that is kept, 0 to 1.</param>
/// <param name="WeightDecay">Factor of the weight that is added to its gradient.</param>
/// <param name="GradientScale">Factor of the gradient, such as 1 / accumulated batches.</param>
public readonly record struct SgdCoefficients(float LearningRate, float Momentum, float WeightDecay, float GradientScale = 1);

/// <summary>Gives elements of a tensor in row-major order. Several threads may ask at once, for different parts.</summary>
/// <param name="first">Index of the first element that is wanted.</param>
/// <param name="destination">Filled with the elements from there on.</param>
public delegate void TensorSource(long first, Span<float> destination);

/// <summary>A tensor in a device's memory. Reading and writing move the elements in row-major order.</summary>
public interface IDeviceTensor : IDisposable
{
    /// <summary>What it holds, for messages.</summary>
    string Name { get; }

    /// <summary>Its shape.</summary>
    Shape Shape { get; }

    /// <summary>Copies all elements to the host.</summary>
    void Read(Span<float> destination);

    /// <summary>Copies all elements from the host.</summary>
    void Write(ReadOnlySpan<float> source);

    /// <summary>
    /// Takes all elements from a source when they are first needed, so that weights which a device lays out anew need not lie in
    /// memory twice. What the source throws goes to whoever needed them; the next one asks again.
    /// </summary>
    void WriteFrom(TensorSource source);

    /// <summary>Sets every element to one value.</summary>
    void Fill(float value);
}

/// <summary>A program planned for a device. Immutable: any number of executions may be in flight, each with an arena of its own.</summary>
public interface IDevicePlan : IDisposable
{
    /// <summary>What an execution needs.</summary>
    PlanMemory Memory { get; }

    /// <summary>Takes an arena for one execution; dispose it to hand the arena back. Not for use by two threads at once.</summary>
    IExecution Begin();
}

/// <summary>The memory of one execution of a plan, in bytes.</summary>
/// <param name="ActivationBytes">Inputs, outputs and intermediate values, after reuse.</param>
/// <param name="WorkspaceBytes">Scratch memory of the primitives, shared by all of them.</param>
/// <param name="PersistentBytes">Parameters in the layouts that they are kept in, and gradients when training; shared by all executions.</param>
/// <param name="UnsharedActivationBytes">What the values would take if no buffer were reused.</param>
public readonly record struct PlanMemory(long ActivationBytes, long WorkspaceBytes, long PersistentBytes, long UnsharedActivationBytes)
{
    /// <summary>What one execution takes: its arena.</summary>
    public long ArenaBytes => ActivationBytes + WorkspaceBytes;

    /// <summary>Everything together.</summary>
    public long TotalBytes => ArenaBytes + PersistentBytes;
}

/// <summary>
/// One execution of a plan: write the inputs, run, read the outputs. Inputs share their memory with later values, so each run
/// needs them written anew. Once disposed it is not to be touched again, not even to dispose it twice: the plan hands the same
/// object to the next caller, so that a step allocates nothing.
/// </summary>
public interface IExecution : IDisposable
{
    /// <summary>Seed of the dropout masks.</summary>
    ulong Seed { get; set; }

    /// <summary>Step of the training, which the dropout masks depend on.</summary>
    ulong Step { get; set; }

    /// <summary>Writes a float input.</summary>
    void Write(ProgramValue input, ReadOnlySpan<float> source);

    /// <summary>Writes an integer input.</summary>
    void Write(ProgramValue input, ReadOnlySpan<int> source);

    /// <summary>Runs every operation once.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; it is looked at between operations.</exception>
    void Run(CancellationToken cancellation = default);

    /// <summary>Reads a float output.</summary>
    void Read(ProgramValue output, Span<float> destination);

    /// <summary>Reads an integer output.</summary>
    void Read(ProgramValue output, Span<int> destination);
}
