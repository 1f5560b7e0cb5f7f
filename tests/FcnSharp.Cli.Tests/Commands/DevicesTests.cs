using System.CommandLine;
using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Hosting;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Reference;
using Xunit;

namespace FcnSharp.Cli.Tests.Commands;

/// <summary>What the shared options make of the device.</summary>
public sealed class DevicesTests
{
    [Theory]
    [InlineData("portable128", Precision.Exact, "--kernels", "portable128", "--precision", "exact")]
    [InlineData("portable128", Precision.Fast, "--kernels", "portable128")]
    [InlineData(null, Precision.Exact, "--precision", "exact")]
    [InlineData(null, Precision.Fast, "--precision", "fast")]
    [InlineData(null, Precision.Fast)]
    public void Kernels_and_precision_reach_the_device(string? kernels, Precision precision, params string[] arguments)
    {
        using IDevice device = Devices.Open(Parse(arguments));

        var cpu = Assert.IsType<CpuDevice>(device);
        Assert.Equal(kernels ?? KernelSet.Best.Name, cpu.Kernels.Name);
        Assert.Equal(precision, cpu.Precision);
    }

    [Fact]
    public void The_reference_is_a_device_of_its_own()
    {
        using IDevice device = Devices.Open(Parse("--kernels", "reference"));
        Assert.IsType<ReferenceDevice>(device);
    }

    private static SharedValues Parse(params string[] arguments)
    {
        var root = new RootCommand();
        var options = new SharedOptions();
        options.AddTo(root);
        return options.Read(root.Parse(arguments));
    }
}
