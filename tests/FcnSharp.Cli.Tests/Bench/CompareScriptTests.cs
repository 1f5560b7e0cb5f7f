using System.ComponentModel;
using System.Diagnostics;
using FcnSharp.Cli.Bench;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Bench;

/// <summary>bench/compare and its scripts, as far as they run without the libraries that they compare with.</summary>
public sealed class CompareScriptTests
{
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "bench");
    private static readonly string Peers = Path.Combine(Folder, "peers");

    [Fact]
    public void Figures_are_joined_as_the_scripts_own_tests_say()
    {
        (int code, string output) = Run("python3", "-B", "-m", "unittest", "discover", "-s", Peers, "-p", "test_*.py");

        Assert.True(code == 0, output);
        Assert.DoesNotContain("Ran 0 tests", output, StringComparison.Ordinal);
    }

    [Fact]
    public void PyTorchs_script_knows_every_operation()
    {
        string script = File.ReadAllText(Path.Combine(Peers, "torch_layers.py"));

        Assert.All(BenchOperations.All, operation => Assert.Contains($"def {operation}(g, which, tuned):", script, StringComparison.Ordinal));
    }

    [Fact]
    public void Onnx_models_hold_the_weights_and_the_shapes()
    {
        const string Program = """
            const { onnxModel } = require(process.argv[1] + '/onnx_model.js');
            const geometry = { operation: 'conv2d', input: [1, 3, 9, 9], weight: [4, 3, 3, 3], stride: 2, padding: 1, relu: true, ceil_mode: false };
            const { inputs, model } = onnxModel(geometry);
            const has = text => model.includes(Buffer.from(text));
            if (JSON.stringify(inputs) !== '[[1,3,9,9]]' || !has('Conv') || !has('Relu') || !has('strides') || model.length < 4 * 4 * 27) {
                throw new Error('the convolution is incomplete');
            }
            // ir_version 8, then the graph: the bytes that begin every model.
            if (model[0] !== 8 || model[1] !== 8 || model[2] !== 58) {
                throw new Error('the message is not framed as a model');
            }
            if (onnxModel({ ...geometry, operation: 'softmax_loss' }) !== null) {
                throw new Error('a loss has no inference');
            }
            if (JSON.stringify(onnxModel({ ...geometry, operation: 'concat', weight: [1, 2] }).inputs) !== '[[1,1,9,9],[1,2,9,9]]') {
                throw new Error('the parts are wrong');
            }
            """;

        (int code, string output) = Run("node", "-e", Program, Peers);

        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("there is no option '--fast'", "--fast")]
    [InlineData("--threads needs a whole number", "--threads", "many")]
    [InlineData("--only needs a value", "--only")]
    [InlineData("cannot write to", "--json", "no/such/folder/x.json")]
    [InlineData("--avx2 is for layers, not for --nets", "--nets", "--avx2")]
    [InlineData("has torch", "--python", "no-such-python")]
    public void A_wrong_call_is_one_line(string expected, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "bench/compare is a bash script.");

        (int code, string output) = Run("bash", [Path.Combine(Folder, "compare"), .. arguments]);

        Assert.InRange(code, 1, 2);
        Assert.StartsWith("error: ", output, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"There is no {program} here.");
            throw;
        }
    }
}
