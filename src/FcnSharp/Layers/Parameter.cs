using FcnSharp.Tensors;

namespace FcnSharp.Layers;

/// <summary>
/// A trainable tensor of a layer, or a buffer of it: its description, not its value. A network gives it memory.
/// </summary>
/// <param name="name">Unique in the net: the layer's name and the role, such as "conv1_1.weight".</param>
/// <param name="shape">Conv2d weight [C_out, C_in / groups, kH, kW], ConvTranspose2d weight [C_in, C_out / groups, kH, kW], bias [C_out].</param>
/// <param name="initializer">What it holds before training.</param>
public sealed class Parameter(string name, Shape shape, Initializer initializer)
{
    private float _learningRateMultiplier = 1;
    private float _decayMultiplier = 1;

    /// <summary>Unique in the net: the layer's name and the role, such as "conv1_1.weight".</summary>
    public string Name { get; } = name;

    /// <summary>Its shape, in the order of the file formats.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>What it holds before training.</summary>
    public Initializer Initializer { get; } = initializer;

    /// <summary>Factor of the solver's learning rate (Caffe's lr_mult); 0 freezes it, and no gradient is computed.</summary>
    public float LearningRateMultiplier { get => _learningRateMultiplier; init => _learningRateMultiplier = value; }

    /// <summary>Factor of the solver's weight decay (Caffe's decay_mult).</summary>
    public float DecayMultiplier { get => _decayMultiplier; init => _decayMultiplier = value; }

    /// <summary>
    /// Whether it belongs to the model but not to what is learned, as the running estimates of batch norm: saved and loaded like a
    /// weight, without a gradient, changed only by the forward pass of a training step that is completed.
    /// </summary>
    public bool IsBuffer { get; init; }

    /// <summary>Whether a solver changes it.</summary>
    public bool IsTrainable => !IsBuffer && LearningRateMultiplier != 0;

    /// <summary>Changes the multipliers, before a network of it is compiled or a solver made.</summary>
    internal void Override(float learningRate, float decay) => (_learningRateMultiplier, _decayMultiplier) = (learningRate, decay);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}
