using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>Caffe's fillers as initialisers.</summary>
internal static class CaffeFillers
{
    private static readonly HashSet<string> Fields = ["type", "value", "min", "max", "mean", "std", "sparse", "variance_norm"];

    /// <summary>The initialiser of a filler; the given one where the layer names none.</summary>
    public static Initializer Read(PrototxtMessage parameters, string name, Initializer otherwise)
    {
        if (parameters.Message(name) is not { } filler)
        {
            return otherwise;
        }

        filler.ExpectOnly(name, Fields);
        string type = filler.Text("type", "constant");
        bool usual = filler.Number("mean", 0) == 0 && filler.Integer("sparse", -1) == -1 && filler.Word("variance_norm", "FAN_IN") == "FAN_IN";
        return type switch
        {
            "constant" => Initializer.Constant(filler.Number("value", 0)),
            "gaussian" when usual => Gaussian(filler),
            "xavier" when usual => Initializer.Xavier,
            "msra" when usual => Initializer.Msra,
            "bilinear" => Initializer.Bilinear,
            _ => new Unknown(type),
        };
    }

    private static Initializer Gaussian(PrototxtMessage filler)
    {
        try
        {
            return Initializer.Gaussian(filler.Number("std", 1));
        }
        catch (FcnSharpException e)
        {
            throw filler.Error(e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>A filler that is not here matters only to who trains from scratch; a net whose weights are loaded does without.</summary>
    private sealed class Unknown(string type) : Initializer
    {
        public override void Fill(Tensor tensor, ulong seed, ulong stream) =>
            throw new FcnSharpException($"the filler {ErrorText.Quote(type)}, or its mean, sparse or variance_norm, is not known here; load weights, or use constant, gaussian, xavier, msra or bilinear.");
    }
}
