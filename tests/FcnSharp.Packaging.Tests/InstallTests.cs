using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using Xunit;

namespace FcnSharp.Packaging.Tests;

/// <summary>What people do with the packages: the programs of the READMEs, in projects of their own, and the tool.</summary>
public sealed class InstallTests(LocalFeed feed)
{
    [Fact]
    public async Task A_console_program_segments_an_image()
    {
        LocalFeed.NeedRestored("google.protobuf");
        string folder = feed.NewFolder("console");
        Samples.WriteProject(folder, "Microsoft.NET.Sdk", "FcnSharp");
        string image = Samples.WriteImage(folder);

        await BuildAsync(folder);
        string mask = Path.Combine(folder, "mask.png");
        string output = await Command.RunAsync(folder, "dotnet", Path.Combine("out", "app.dll"), LocalFeed.Model, image, mask);

        Segmentation expected = Samples.Segment(image);
        Assert.InRange(expected.Areas().Count, 2, 11);
        Assert.Equal(expected.Areas().Select(area => $"{area.Class.Name}: {area.Pixels} pixels"), Lines(output));
        Assert.Equal(expected.Map.Labels, PngFile.ReadLabels(mask).Labels);
    }

    [Fact]
    public async Task A_web_program_answers_with_the_areas_of_an_image()
    {
        LocalFeed.NeedRestored("google.protobuf");
        string folder = feed.NewFolder("web");
        Samples.WriteProject(folder, "Microsoft.NET.Sdk.Web", "FcnSharp.Server");
        string image = Samples.WriteImage(folder);

        await BuildAsync(folder);
        using Process server = Command.Start(folder, "dotnet", Path.Combine("out", "app.dll"), "--Model", LocalFeed.Model, "--urls", "http://127.0.0.1:0");
        try
        {
            using HttpClient client = new() { BaseAddress = await AddressAsync(server) };
            using ByteArrayContent body = new(File.ReadAllBytes(image));
            body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            using HttpResponseMessage answer = await client.PostAsync(new Uri("/areas", UriKind.Relative), body, TestContext.Current.CancellationToken);
            using JsonDocument areas = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

            Assert.Equal(
                Samples.Segment(image).Areas().Select(area => (area.Class.Name, area.Pixels)),
                areas.RootElement.EnumerateArray().Select(area => (area.GetProperty("class").GetProperty("name").GetString()!, area.GetProperty("pixels").GetInt32())));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task The_tool_segments_an_image_in_any_folder()
    {
        string folder = feed.NewFolder("tool");
        string image = Samples.WriteImage(folder);
        string elsewhere = Directory.CreateDirectory(Path.Combine(folder, "elsewhere")).FullName;

        await Command.RunAsync(folder, "dotnet", "tool", "install", LocalFeed.Tool, "--version", LocalFeed.Version, "--tool-path", "bin", "--configfile", feed.Settings);
        string fcn = Path.Combine(folder, "bin", OperatingSystem.IsWindows() ? "fcn.exe" : "fcn");
        await Command.RunAsync(elsewhere, fcn, "predict", "--quiet", image);

        Assert.Equal(Samples.Segment(image).Map.Labels, PngFile.ReadLabels(Path.Combine(elsewhere, "predictions", "scene.png")).Labels);
    }

    private static async Task BuildAsync(string folder) =>
        await Command.RunAsync(folder, "dotnet", "build", "--configuration", "Release", "--output", "out", "--verbosity", "quiet", "-maxCpuCount:1");

    /// <summary>A server of ASP.NET Core logs where it listens.</summary>
    private static async Task<Uri> AddressAsync(Process server)
    {
        const string Listening = "Now listening on: ";
        while (await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.IndexOf(Listening, StringComparison.Ordinal) is int at and >= 0)
            {
                return new Uri(line[(at + Listening.Length)..]);
            }
        }

        throw new InvalidOperationException("The server ended: " + await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
