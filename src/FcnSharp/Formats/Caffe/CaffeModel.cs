using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>A layer of a .caffemodel.</summary>
/// <param name="Name">Its name, by which weights are found.</param>
/// <param name="Type">Its type in the newer format's names, such as "Convolution"; empty when not said.</param>
/// <param name="Bottoms">The blobs it reads; may be empty, files of weights alone leave them out.</param>
/// <param name="Tops">The blobs it writes; likewise.</param>
/// <param name="Blobs">Its tensors, weight first, in the file's shapes: a convolution's [C_out, C_in / groups, kH, kW], an inner product's [O, I]; the older format gives each four axes, as [1, 1, 1, C_out] for a bias.</param>
public sealed record CaffeLayer(string Name, string Type, IReadOnlyList<string> Bottoms, IReadOnlyList<string> Tops, IReadOnlyList<Tensor> Blobs);

/// <summary>
/// The weights of a net as Caffe's .caffemodel files hold them: layers in order, each with its blobs. Both formats are read,
/// the newer one is written. The channels of images are in the order that the net was trained with, blue first in all of the
/// published ones.
/// </summary>
/// <param name="Name">The net's name; may be empty.</param>
/// <param name="Layers">The layers in the order of the file.</param>
public sealed record CaffeModel(string Name, IReadOnlyList<CaffeLayer> Layers)
{
    private static readonly string[] Roles = ["weight", "bias"];

    /// <summary>
    /// All blobs by the names that a graph gives them: the layer's, a dot, and "weight" for the first, "bias" for the second, "blob2"
    /// for a third. The tensors are shared, not copied.
    /// </summary>
    public IEnumerable<NamedTensor> Tensors =>
        Layers.SelectMany(layer => layer.Blobs.Select((blob, i) => new NamedTensor(TensorName(layer.Name, i), blob)));

    /// <summary>Reads a file. Memory is taken for the weights once, straight into the tensors.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, is damaged, holds a NaN or an infinity, or is no .caffemodel.</exception>
    public static CaffeModel Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CaffeModelReader.Read(path);
    }

    /// <summary>Makes a model of named tensors, such as a network's.</summary>
    /// <param name="name">The net's name.</param>
    /// <param name="tensors">Tensors named layer.weight and layer.bias; those of a layer follow one another.</param>
    /// <param name="graph">The net they belong to, for the types of the layers; null leaves them empty, which Caffe does not mind when it loads weights.</param>
    /// <exception cref="FcnSharpException">A name says no role, or a role that Caffe has no place for, such as the running estimates of a batch norm; or a bias has no weight.</exception>
    public static CaffeModel FromTensors(string name, IEnumerable<NamedTensor> tensors, NetGraph? graph = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tensors);
        Dictionary<string, GraphNode> nodes = graph?.Nodes.ToDictionary(node => node.Layer.Name) ?? [];
        List<string> order = [];
        Dictionary<string, Tensor[]> layers = [];
        foreach (NamedTensor tensor in tensors)
        {
            int dot = tensor.Name.LastIndexOf('.');
            int role = Array.IndexOf(Roles, tensor.Name[(dot + 1)..]);
            if (dot < 1 || role < 0)
            {
                throw new FcnSharpException($"{ErrorText.Quote(tensor.Name)} has no place in a .caffemodel, expected a name that ends with .weight or .bias; fold batch norms into their convolutions first.");
            }

            string layer = tensor.Name[..dot];
            Tensor[] before = layers.GetValueOrDefault(layer, []);
            if (before.Length != role)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.Quote(tensor.Name)} comes as tensor {before.Length} of its layer, expected one weight, then at most one bias; give them in this order."));
            }

            if (role == 0)
            {
                order.Add(layer);
            }

            layers[layer] = [.. before, tensor.Tensor];
        }

        return new CaffeModel(name, [.. order.Select(layer => Layer(layer, layers[layer], nodes.GetValueOrDefault(layer)))]);
    }

    /// <summary>Writes the newer format: to a temporary file beside it, flushed to disk, then renamed; a failure leaves the old file whole. The same content gives the same bytes.</summary>
    /// <exception cref="FcnSharpException">A NaN or an infinity among the weights, more than 2 GiB, or the file cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CaffeModelWriter.Write(path, this);
    }

    /// <summary>The name of a layer's blob.</summary>
    internal static string TensorName(string layer, int index) => $"{layer}.{Role(index)}";

    /// <summary>
    /// The model with shapes as the newer format has them: a bias of one axis, an inner product's weight of two. Caffe compares
    /// shapes of the newer form to the axis, and leading ones come from files of the older one.
    /// </summary>
    internal CaffeModel WithNewerShapes() => this with { Layers = [.. Layers.Select(layer => layer with { Blobs = [.. layer.Blobs.Select((blob, i) => WithoutLeadingOnes(blob, i > 0 ? 1 : layer.Type == "InnerProduct" ? 2 : Shape.MaxRank))] })] };

    private static Tensor WithoutLeadingOnes(Tensor blob, int axes)
    {
        int[] shape = blob.Shape.ToArray();
        int extra = Math.Max(0, shape.Length - axes);
        return extra > 0 && shape.Take(extra).All(size => size == 1) ? blob.Reshape(new Shape(shape.AsSpan(extra))) : blob;
    }

    private static string Role(int index) => index < Roles.Length ? Roles[index] : string.Create(CultureInfo.InvariantCulture, $"blob{index}");

    private static CaffeLayer Layer(string name, Tensor[] blobs, GraphNode? node) => node is null
        ? new CaffeLayer(name, "", [], [], blobs)
        : new CaffeLayer(name, TypeOf(node.Layer.Kind), [.. node.Inputs.Select(input => input.Name)], [name], blobs);

    private static string TypeOf(string kind) => kind switch
    {
        "Conv2d" => "Convolution",
        "ConvTranspose2d" => "Deconvolution",
        _ => kind,
    };
}
