using FcnSharp.Graph;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>What errors of a net owe the reader.</summary>
internal static class NetAssert
{
    /// <summary>Compiling fails with one line, which is returned.</summary>
    public static string FailsToCompile(Network network, CompileTarget target, params (string Name, Shape Shape)[] inputs)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => network.Compile(target, inputs.ToDictionary(i => i.Name, i => i.Shape)));
        return OneLine(error.Message);
    }

    /// <summary>The message, which must be one line that ends with a full stop or a question.</summary>
    public static string OneLine(string message)
    {
        Assert.DoesNotContain(message, char.IsControl);
        Assert.True(message.EndsWith('.') || message.EndsWith('?'), message);
        return message;
    }
}
