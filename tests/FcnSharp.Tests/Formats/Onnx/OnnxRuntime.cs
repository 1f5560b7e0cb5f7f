using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Onnx;

/// <summary>ONNX Runtime, by node; where it is not installed the test is skipped.</summary>
internal static class OnnxRuntime
{
    private static readonly string Folder = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "fcnsharp-bench");

    /// <summary>Runs a model once for each input and returns its outputs.</summary>
    public static async Task<IReadOnlyList<(long[] Shape, byte[] Data)>> RunAsync<T>(string model, IReadOnlyList<(long[] Shape, T[] Data)> inputs, CancellationToken cancellation)
        where T : struct
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "onnxruntime-node")))
        {
            Assert.Skip("ONNX Runtime is not installed: ./test installs it where there is npm.");
        }

        using TempFolder temp = new();
        var runs = new List<object>();
        for (int i = 0; i < inputs.Count; i++)
        {
            File.WriteAllBytes(temp[$"{i}.in"], MemoryMarshal.AsBytes<T>(inputs[i].Data).ToArray());
            runs.Add(new { input = temp[$"{i}.in"], type = typeof(T) == typeof(byte) ? "uint8" : "float32", shape = inputs[i].Shape, output = temp[$"{i}.out"] });
        }

        File.WriteAllText(temp["runs.json"], JsonSerializer.Serialize(runs));
        string script = Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Formats", "Onnx", "run_onnx.js");
        long[][] shapes = JsonSerializer.Deserialize<long[][]>(await NodeAsync([script, Folder, model, temp["runs.json"]], cancellation))!;
        return [.. shapes.Select((shape, i) => (shape, File.ReadAllBytes(temp[$"{i}.out"])))];
    }

    private static async Task<string> NodeAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
            string output = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            Assert.True(process.ExitCode == 0, await error);
            return output;
        }
        catch (Win32Exception)
        {
            Assert.Skip("There is no node here: this test runs ONNX Runtime by it.");
            throw;
        }
    }
}
