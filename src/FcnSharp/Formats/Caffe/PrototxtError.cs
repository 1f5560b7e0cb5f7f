using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>The form of every message about a place in a .prototxt: file:line:column: what is wrong; the remedy.</summary>
internal static class PrototxtError
{
    /// <summary>A refusal; the problem is a sentence without its full stop.</summary>
    public static FcnSharpException At(string source, int line, int column, string problem, Exception? cause = null)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(source)}:{line}:{column}: {problem}.");
        return cause is null ? new FcnSharpException(message) : new FcnSharpException(message, cause);
    }
}
