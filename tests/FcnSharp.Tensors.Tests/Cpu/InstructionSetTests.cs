using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>
/// The kernels on machines with less than this one: instruction sets can be switched off only for a whole process, so a
/// child process runs the tests of this folder again, after it has made sure that the sets are off.
/// </summary>
public sealed class InstructionSetTests
{
    /// <summary>In the child: the names of the kernel sets that must be left, joined by commas.</summary>
    private const string ExpectedSets = "FCNSHARP_TEST_KERNEL_SETS";

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "avx2,portable128")]
    [InlineData("DOTNET_EnableAVX2", "portable128")]
    [InlineData("DOTNET_EnableHWIntrinsic", "portable128")]
    public async Task Every_kernel_passes_its_tests_in_a_process_without(string variable, string left)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(ExpectedSets) is not null, "This is the child process.");
        Assert.SkipUnless(Vector256.IsHardwareAccelerated, "This machine has no wide vectors to switch off.");
        Assert.SkipWhen(variable == "DOTNET_EnableAVX512" && !Avx512F.IsSupported, "This machine has no AVX-512 to switch off.");

        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(InstructionSetTests).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null), ["-namespace", typeof(InstructionSetTests).Namespace!, "-noColor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[variable] = "0";
        start.Environment[ExpectedSets] = left;
        using Process child = Process.Start(start)!;
        Task<string> error = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(child.ExitCode == 0, output + await error);
        Assert.Matches(@"Total: [1-9]\d{2,}, Errors: 0, Failed: 0", output);
    }

    [Fact]
    public void In_the_child_process_the_sets_are_off()
    {
        string? expected = Environment.GetEnvironmentVariable(ExpectedSets);
        Assert.SkipWhen(expected is null, "Only the child processes have something switched off.");
        Assert.Equal(expected, string.Join(',', KernelSet.All.Where(s => s.IsSupported).Select(s => s.Name)));
        Assert.False(Vector512.IsHardwareAccelerated);
    }
}
