using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Formats;

/// <summary>What every refusal of a file owes its reader.</summary>
internal static class FormatAssert
{
    /// <summary>The action fails with one printable line that names the file and holds each of the parts.</summary>
    public static void Refuses(Action action, string path, params string[] parts)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(action);
        Assert.Contains(Path.GetFileName(path), error.Message, StringComparison.Ordinal);
        AssertOneLine(error.Message);
        foreach (string part in parts)
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The message is one line of bounded length that ends with a full stop.</summary>
    public static void AssertOneLine(string message)
    {
        Assert.DoesNotContain(message, char.IsControl);
        Assert.InRange(message.Length, 20, 800);
        Assert.EndsWith(".", message, StringComparison.Ordinal);
    }
}
