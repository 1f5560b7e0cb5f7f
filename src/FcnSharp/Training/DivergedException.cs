using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>The loss of a training left all reason; what was learned since the last checkpoint is not worth keeping.</summary>
public sealed class DivergedException : FcnSharpException
{
    /// <summary>Creates it without a message.</summary>
    public DivergedException()
    {
    }

    /// <summary>Creates it with the line for the user.</summary>
    public DivergedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with the line for the user and what led to it.</summary>
    public DivergedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
