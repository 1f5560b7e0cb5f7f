using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>A blob while a graph is written.</summary>
/// <param name="Value">Its value in the graph.</param>
/// <param name="Shape">Its shape [N, C, H, W], as far as the definition says the inputs'.</param>
/// <param name="Flat">Whether Caffe has flattened it to [N, C * H * W]: here it keeps its axes, and only layers that do not care may read it.</param>
internal sealed record CaffeBlob(GraphValue Value, Shape? Shape, bool Flat);
