namespace FcnSharp.Tensors;

/// <summary>
/// An expected failure that the user can mend: bad input, a file that cannot be read, a net that does not fit.
/// The message is one line that names what failed (the file, the layer), what was expected, what was found and the remedy.
/// The command line prints it as it is and ends with exit code 1; anything else that is thrown is a defect of ours.
/// </summary>
public class FcnSharpException : Exception
{
    /// <summary>Creates the exception with its one-line message.</summary>
    public FcnSharpException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line message and what caused it.</summary>
    public FcnSharpException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with a general message; prefer the others.</summary>
    public FcnSharpException()
        : base("The operation failed.")
    {
    }
}
