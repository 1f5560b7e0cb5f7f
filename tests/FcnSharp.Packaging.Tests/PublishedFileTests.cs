using System.Diagnostics;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Packaging.Tests;

/// <summary>
/// The command as one file, which tools/package makes: trimmed and compiled beforehand, it does what the untrimmed one does. Publishing takes
/// minutes and a runtime to download, so these tests take the file that is there, and are skipped where there is none or an older one.
/// </summary>
public sealed class PublishedFileTests : IDisposable
{
    private const double MostMegabytes = 36;

    private readonly TempFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_segments_as_the_library_does_from_any_folder_and_through_a_link()
    {
        string fcn = OnThisMachine();
        string image = Samples.WriteImage(_folder.Root);
        string link = File.CreateSymbolicLink(_folder["linked"], fcn).FullName;

        await Command.RunAsync(_folder.Root, fcn, "predict", "--quiet", image, "--out", "direct");
        await Command.RunAsync(Path.GetTempPath(), link, "predict", "--quiet", image, "--out", _folder["by-link"]);

        ushort[] expected = Samples.Segment(image).Map.Labels;
        Assert.Equal(expected, PngFile.ReadLabels(_folder["direct/scene.png"]).Labels);
        Assert.Equal(expected, PngFile.ReadLabels(_folder["by-link/scene.png"]).Labels);
    }

    /// <summary>What the trimmer could have cut off: JSON of every kind, protobuf, the data sets' formats, charts and reports.</summary>
    [Fact]
    public async Task It_trains_measures_converts_and_exports()
    {
        string fcn = OnThisMachine();
        using JsonDocument demo = await JsonAsync(fcn, "demo", "--quiet", "--json", "--steps", "20", "--train", "8", "--val", "4", "--size", "32", "--out", "demo");
        using JsonDocument eval = await JsonAsync(fcn, "eval", "--quiet", "--model", "demo/model.safetensors", "--data", "demo/data", "--json", "-");
        using JsonDocument data = await JsonAsync(fcn, "data", "info", "demo/data", "--json");
        using JsonDocument there = await JsonAsync(fcn, "convert", "demo/model.safetensors", "weights.caffemodel", "--json");
        using JsonDocument back = await JsonAsync(fcn, "convert", "weights.caffemodel", "weights.npz", "--json");
        using JsonDocument onnx = await JsonAsync(fcn, "export", "--model", "demo/model.safetensors", "--out", "model.onnx", "--json");
        await Command.RunAsync(_folder.Root, fcn, "train", "--quiet", "--data", "demo/data", "--net", "mini-fcn8s", "--epochs", "1", "--out", "run");

        Assert.Equal(demo.RootElement.GetProperty("meanIoU").GetDouble(), eval.RootElement.GetProperty("meanIoU").GetDouble());
        Assert.Equal(new FileInfo(_folder["model.onnx"]).Length, onnx.RootElement.GetProperty("bytes").GetInt64());
        Assert.All<string>(["demo/report.html", "weights.npz", "run/model.safetensors", "run/report.html"], name => Assert.True(new FileInfo(_folder[name]).Length > 1000, name));
    }

    [Fact]
    public async Task It_serves()
    {
        string fcn = OnThisMachine();
        string image = Samples.WriteImage(_folder.Root);
        using Process server = Command.Start(_folder.Root, fcn, "serve", "--port", "0");
        try
        {
            string? address = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            using HttpClient client = new() { BaseAddress = new Uri(address!) };
            using ByteArrayContent body = new(File.ReadAllBytes(image));
            using HttpResponseMessage mask = await client.PostAsync(new Uri("/v1/segment?view=mask", UriKind.Relative), body, TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(_folder["mask.png"], await mask.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

            Assert.Equal(Samples.Segment(image).Map.Labels, PngFile.ReadLabels(_folder["mask.png"]).Labels);
            (string Path, string Expected)[] pages = [("/", "<!doctype html>"), ("/openapi/v1.json", "\"openapi\""), ("/v1/models", "fcn8s-googlenet-camvid"), ("/metrics", "fcn_requests_total")];
            foreach ((string path, string expected) in pages)
            {
                string answer = await client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
                Assert.Contains(expected, answer, StringComparison.OrdinalIgnoreCase);
            }
        }
        finally
        {
            server.Kill();
        }
    }

    [Fact]
    public async Task It_computes_with_the_same_kernels_as_this_process()
    {
        using JsonDocument info = await JsonAsync(OnThisMachine(), "info", "--json");
        string list = await Command.RunAsync(_folder.Root, OnThisMachine(), "bench", "--list");

        Assert.Equal(Tensors.Cpu.KernelSet.Best.Name, info.RootElement.GetProperty("kernels").GetString());
        Assert.Contains("vgg16-500/conv1_1", list, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-x64", "fcn")]
    [InlineData("win-x64", "fcn.exe")]
    public void Its_folder_is_complete_and_its_size_bounded(string platform, string name)
    {
        string program = Published(platform, name);
        string folder = Path.GetDirectoryName(program)!;

        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["LICENSE", "THIRD-PARTY-NOTICES.md", name, "licenses/Microsoft.AspNetCore.App/THIRD-PARTY-NOTICES.TXT", "licenses/Microsoft.NETCore.App/LICENSE.TXT",
                "licenses/Microsoft.NETCore.App/THIRD-PARTY-NOTICES.TXT", "models/README.md", "models/" + Path.GetFileName(LocalFeed.Model)],
            files);
        Assert.Equal(File.ReadAllBytes(LocalFeed.Model), File.ReadAllBytes(Path.Combine(folder, "models", Path.GetFileName(LocalFeed.Model))));
        Assert.InRange(new FileInfo(program).Length / 1e6, 5, MostMegabytes);
    }

    [Fact]
    public void The_one_for_Windows_is_a_console_program_of_64_bits()
    {
        using PEReader program = new(File.OpenRead(Published("win-x64", "fcn.exe")));

        Assert.Equal(Machine.Amd64, program.PEHeaders.CoffHeader.Machine);
        Assert.Equal(Subsystem.WindowsCui, program.PEHeaders.PEHeader!.Subsystem);
    }

    private static string OnThisMachine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Run on Linux only.");
        return Published("linux-x64", "fcn");
    }

    private static string Published(string platform, string name)
    {
        string program = Path.Combine(SharedData.RepositoryRoot, "artifacts", "publish", "fcn-" + platform, name);
        Assert.SkipUnless(File.Exists(program), $"There is no {name} to test; make it by: tools/package {platform}");
        DateTime newest = Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "src"), "*", SearchOption.AllDirectories).Max(File.GetLastWriteTimeUtc);
        Assert.SkipUnless(File.GetLastWriteTimeUtc(program) > newest, $"{name} is older than the sources; make it anew by: tools/package {platform}");
        return program;
    }

    private async Task<JsonDocument> JsonAsync(string program, params string[] arguments) => JsonDocument.Parse(await Command.RunAsync(_folder.Root, program, arguments));
}
