using FcnSharp.Formats;
using FcnSharp.Formats.Onnx;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests.Examples;

/// <summary>The example page of examples/browser on a web server of this machine, with the packages that npm would install there, and models to put beside it.</summary>
public sealed class ExampleSite : IDisposable
{
    /// <summary>The example's folder.</summary>
    internal static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "examples", "browser");

    private const string Packages = "node_modules/";

    private static readonly string PackagesParent = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "fcnsharp-bench");

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html",
        [".css"] = "text/css",
        [".js"] = "text/javascript",
        [".mjs"] = "text/javascript",
        [".wasm"] = "application/wasm",
    };

    private readonly TempFolder _temp = new();
    private readonly Lazy<byte[]> _shipped;
    private readonly Lazy<byte[]> _small;
    private readonly Lazy<byte[]> _scores;

    public ExampleSite()
    {
        _shipped = new(() => Export(ShippedModel, ForPages));
        _small = new(() => Small(ForPages));
        _scores = new(() => Small(new OnnxOptions()));
    }

    /// <summary>The file of the model that comes with the project.</summary>
    internal static string ShippedModel { get; } = Path.Combine(SharedData.RepositoryRoot, "models", "fcn8s-googlenet-camvid.safetensors");

    /// <summary>That model as ONNX, as the example's README exports it.</summary>
    internal byte[] Shipped => _shipped.Value;

    /// <summary>A small net of random weights, exported alike.</summary>
    internal byte[] SmallNet => _small.Value;

    /// <summary>The small net exported without any option: floats in, scores out.</summary>
    internal byte[] Scores => _scores.Value;

    private static OnnxOptions ForPages => new() { ArgMax = true, Preprocessing = true };

    /// <summary>Skips the running test where ONNX Runtime Web is not installed.</summary>
    internal static void NeedRuntime() => Assert.SkipUnless(
        Directory.Exists(Path.Combine(PackagesParent, Packages, "onnxruntime-web")), "onnxruntime-web is not installed: ./test installs it where there is npm.");

    /// <summary>Serves the page.</summary>
    /// <param name="model">What is called model.onnx beside it; null for nothing.</param>
    /// <param name="isolate">Whether browsers are asked to isolate the page, which lets it use threads.</param>
    /// <param name="packages">Whether npm has installed its packages.</param>
    internal static WebServer Serve(byte[]? model, bool isolate = false, bool packages = true) => new(request =>
    {
        string path = request.Path == "/" ? "index.html" : request.Path.Split('?')[0].TrimStart('/');
        bool isPackage = path.StartsWith(Packages, StringComparison.Ordinal);
        string file = Path.Combine(isPackage ? PackagesParent : Folder, path);
        byte[]? content = path == "model.onnx" ? model : (!isPackage || packages) && File.Exists(file) ? File.ReadAllBytes(file) : null;
        WebAnswer answer = content is null ? new(404, []) : new(200, content);
        answer.Headers["Content-Type"] = Types.GetValueOrDefault(Path.GetExtension(path), "application/octet-stream");
        if (isolate)
        {
            answer.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
            answer.Headers["Cross-Origin-Embedder-Policy"] = "require-corp";
        }

        return answer;
    });

    public void Dispose() => _temp.Dispose();

    private byte[] Small(OnnxOptions options)
    {
        string path = _temp["small.safetensors"];
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(path, MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        return Export(path, options);
    }

    private byte[] Export(string path, OnnxOptions options)
    {
        LoadedModel model = ModelFile.Load(path);
        ModelArchitecture net = model.Description.Architecture;
        OnnxFile.Save(_temp["model.onnx"], Catalogue.Build(net.Name, NetOptions.Parse(net.Options, path)), model, options);
        return File.ReadAllBytes(_temp["model.onnx"]);
    }
}
