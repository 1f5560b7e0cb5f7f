using FcnSharp.Tensors.Devices;

namespace FcnSharp.Tensors.Programs;

/// <summary>The type of a value's elements; both take four bytes.</summary>
public enum ElementType
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>32-bit integer: class indices and remembered positions.</summary>
    Int32,
}

/// <summary>Where the memory of a value comes from.</summary>
public enum ValueRole
{
    /// <summary>Written by the host before each execution.</summary>
    Input,

    /// <summary>Computed by an operation; its memory is reused once nothing reads it any more.</summary>
    Intermediate,

    /// <summary>Lives in a <see cref="IDeviceTensor"/> from one execution to the next: a parameter or its gradient.</summary>
    Persistent,
}

/// <summary>One value of a program: what it is, not where it lies.</summary>
public sealed class ProgramValue
{
    internal ProgramValue(int id, string name, Shape shape, ElementType type, ValueRole role, IDeviceTensor? storage)
    {
        Id = id;
        Name = name;
        Shape = shape;
        Type = type;
        Role = role;
        Storage = storage;
    }

    /// <summary>Position in <see cref="TensorProgram.Values"/>.</summary>
    public int Id { get; }

    /// <summary>The layer's or the parameter's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The value's shape.</summary>
    public Shape Shape { get; }

    /// <summary>The type of its elements.</summary>
    public ElementType Type { get; }

    /// <summary>Where its memory comes from.</summary>
    public ValueRole Role { get; }

    /// <summary>The tensor of a <see cref="ValueRole.Persistent"/> value, else null.</summary>
    public IDeviceTensor? Storage { get; }

    /// <summary>Whether the host reads it after an execution.</summary>
    public bool IsOutput { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}
