using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>What layers that bring data say of its shape. Often nothing: then it is the data's own.</summary>
internal static class CaffeDataShapes
{
    private const int Axes = 4;

    /// <summary>The shapes that a layer declares, for each top or one for all; empty where it declares none.</summary>
    public static IReadOnlyList<Shape> Declared(CaffeLayerDefinition layer)
    {
        if ((layer.Message.Message("input_param") ?? layer.Message.Message("dummy_data_param")) is not { } p)
        {
            return [];
        }

        Shape[] shapes = [.. p.Messages("shape").Select(shape => FourAxes(shape.Integers("dim")))];
        return shapes.Length <= 1 || shapes.Length == layer.Tops.Count
            ? shapes
            : throw p.Error(string.Create(CultureInfo.InvariantCulture, $"expected one shape, or one for each of {layer.Tops.Count} tops, found {shapes.Length}; correct them"));
    }

    /// <summary>The shape and the channels of images that are read from elsewhere.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="usualChannels">Channels where it does not say them.</param>
    public static (Shape? Shape, int Channels) Read(CaffeLayerDefinition layer, int usualChannels)
    {
        if (layer.Message.Message("memory_data_param") is { } memory)
        {
            Shape shape = new(memory.Integer("batch_size", 1), memory.Integer("channels", 0), memory.Integer("height", 0), memory.Integer("width", 0));
            return (shape, shape.C);
        }

        PrototxtMessage? transform = layer.Message.Message("transform_param");
        int channels = transform?.Flag("force_gray", false) == true ? 1 : usualChannels;
        int side = transform?.Integer("crop_size", 0) ?? 0;
        int batch = (layer.Message.Message("data_param") ?? layer.Message.Message("image_data_param"))?.Integer("batch_size", 1) ?? 1;
        return (side > 0 ? new Shape(batch, channels, side, side) : null, channels);
    }

    /// <summary>A shape of one to four axes as N, C, H, W.</summary>
    public static Shape FourAxes(IReadOnlyList<int> dimensions) => dimensions.Count is >= 1 and <= Axes
        ? new Shape([.. dimensions, .. Enumerable.Repeat(1, Axes - dimensions.Count)])
        : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"expected an input of 1 to {Axes} axes, found {dimensions.Count}; correct its shape."));
}
