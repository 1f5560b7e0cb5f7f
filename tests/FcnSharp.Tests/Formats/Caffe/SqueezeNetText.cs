using System.Globalization;
using System.Text;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>The deploy definition of SqueezeNet 1.0 (Iandola et al. 2016, table 1), written from its numbers: only its weights were at hand.</summary>
internal static class SqueezeNetText
{
    private static readonly (int Squeeze, int Expand)[] Fires = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)];

    public static string Deploy(int size)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"name: 'SqueezeNet'\ninput: 'data'\ninput_shape {{ dim: [1, 3, {size}, {size}] }}");
        Convolution(text, "conv1", "data", 96, "kernel_size: 7 stride: 2");
        Pool(text, "pool1", "conv1");
        string bottom = "pool1";
        for (int i = 0; i < Fires.Length; i++)
        {
            string fire = $"fire{i + 2}";
            Convolution(text, $"{fire}/squeeze1x1", bottom, Fires[i].Squeeze, "kernel_size: 1");
            Convolution(text, $"{fire}/expand1x1", $"{fire}/squeeze1x1", Fires[i].Expand, "kernel_size: 1");
            Convolution(text, $"{fire}/expand3x3", $"{fire}/squeeze1x1", Fires[i].Expand, "kernel_size: 3 pad: 1");
            bottom = $"{fire}/concat";
            Layer(text, bottom, "Concat", "", $"{fire}/expand1x1", $"{fire}/expand3x3");
            if (i is 2 or 6)
            {
                Pool(text, $"pool{i + 2}", bottom);
                bottom = $"pool{i + 2}";
            }
        }

        InPlace(text, "drop9", "Dropout", "dropout_param { dropout_ratio: 0.5 }", bottom);
        Convolution(text, "conv10", bottom, 1000, "kernel_size: 1 pad: 1");
        Layer(text, "pool10", "Pooling", "pooling_param { pool: AVE global_pooling: true }", "conv10");
        Layer(text, "prob", "Softmax", "", "pool10");
        return text.ToString();
    }

    private static void Convolution(StringBuilder text, string name, string bottom, int outputs, string numbers)
    {
        Layer(text, name, "Convolution", $"convolution_param {{ num_output: {outputs} {numbers} }}", bottom);
        InPlace(text, $"relu_{name}", "ReLU", "", name);
    }

    private static void Pool(StringBuilder text, string name, string bottom) =>
        Layer(text, name, "Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }", bottom);

    private static void InPlace(StringBuilder text, string name, string type, string rest, string blob) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"layer {{ name: \"{name}\" type: \"{type}\" bottom: \"{blob}\" top: \"{blob}\" {rest} }}");

    private static void Layer(StringBuilder text, string name, string type, string rest, params string[] bottoms) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"layer {{ name: \"{name}\" type: \"{type}\" {string.Concat(bottoms.Select(b => $"bottom: \"{b}\" "))}top: \"{name}\" {rest} }}");
}
