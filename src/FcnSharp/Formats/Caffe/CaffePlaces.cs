using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>Where the tensors of a .caffemodel go in a net.</summary>
/// <param name="Parameters">The net's parameters by the names of all layers that use them, as the model has them.</param>
/// <param name="Norms">
/// The batch norms by name. A model has three blobs of each: sums of means and of variances, and the number that both are divided by.
/// Weight and bias are in none, they stay 1 and 0.
/// </param>
internal sealed record CaffePlaces(IReadOnlyDictionary<string, Parameter> Parameters, IReadOnlyDictionary<string, BatchNorm2dLayer> Norms)
{
    private const string Factor = ".blob2";

    /// <summary>Whether a tensor is the number that a batch norm's estimates are divided by.</summary>
    public bool IsFactor(NamedTensor tensor) =>
        tensor.Name.EndsWith(Factor, StringComparison.Ordinal) && Norms.ContainsKey(tensor.Name[..^Factor.Length]) && tensor.Tensor.Shape.ElementCount == 1;

    /// <summary>Whether a parameter is none of Caffe's.</summary>
    public bool IsConstant(Parameter parameter) => Norms.Values.Any(norm => norm.Weight == parameter || norm.Bias == parameter);

    /// <summary>Divides the sums of batch norms; a factor of 0, before any training, leaves estimates of 0, as in Caffe.</summary>
    /// <param name="tensors">The tensors by the parameter's name; those of estimates are replaced.</param>
    /// <param name="model">All tensors of the model.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="FcnSharpException">Estimates without their factor.</exception>
    public void DivideEstimates(Dictionary<string, Tensor> tensors, IEnumerable<NamedTensor> model, string source)
    {
        Dictionary<string, float> factors = model.Where(IsFactor).ToDictionary(t => t.Name[..^Factor.Length], t => t.Tensor.Span[0]);
        foreach ((string name, BatchNorm2dLayer norm) in Norms)
        {
            foreach (Parameter estimate in (Parameter[])[norm.RunningMean, norm.RunningVariance])
            {
                if (!tensors.TryGetValue(estimate.Name, out Tensor? sums))
                {
                    continue;
                }

                if (!factors.TryGetValue(name, out float factor))
                {
                    throw new FcnSharpException($"{ErrorText.OneLine(source)}: the batch norm {ErrorText.Quote(name)} has estimates but no third blob of one number to divide them by; export the model again.");
                }

                float scale = factor == 0 ? 0 : 1 / factor;
                tensors[estimate.Name] = new Tensor(sums.Shape, [.. sums.Span.ToArray().Select(v => v * scale)]);
            }
        }
    }
}
