using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using Microsoft.Extensions.DependencyInjection.Extensions;

// Where programs look for what they can add to their services.
#pragma warning disable IDE0130
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds segmenters to the services of a program, such as one of ASP.NET Core.</summary>
public static class FcnSegmenterServices
{
    /// <summary>
    /// Adds a <see cref="Segmenter"/> that the whole program shares; it is loaded when it is first asked for, and disposed with the
    /// program's services.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="modelPath">A .safetensors file written by FcnSharp.</param>
    /// <param name="options">What calls that give no options compute; null for the usual ones.</param>
    /// <param name="device">Where to compute, the program's to dispose; null for the processor with all its cores.</param>
    /// <exception cref="FcnSharpException">Thrown when it is first asked for: the file cannot be read, or is no model.</exception>
    public static IServiceCollection AddFcnSegmenter(this IServiceCollection services, string modelPath, SegmentOptions? options = null, IDevice? device = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        services.TryAddSingleton(_ => Segmenter.Load(modelPath, device, options));
        return services;
    }

    /// <summary>As <see cref="AddFcnSegmenter"/>, one of several, which are told apart by a key: <c>[FromKeyedServices("street")] Segmenter segmenter</c>.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="key">What tells it from others.</param>
    /// <param name="modelPath">A .safetensors file written by FcnSharp.</param>
    /// <param name="options">What calls that give no options compute; null for the usual ones.</param>
    /// <param name="device">Where to compute, the program's to dispose; null for the processor with all its cores.</param>
    /// <exception cref="FcnSharpException">Thrown when it is first asked for: the file cannot be read, or is no model.</exception>
    public static IServiceCollection AddKeyedFcnSegmenter(this IServiceCollection services, object key, string modelPath, SegmentOptions? options = null, IDevice? device = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        services.TryAddKeyedSingleton(key, (_, _) => Segmenter.Load(modelPath, device, options));
        return services;
    }
}
