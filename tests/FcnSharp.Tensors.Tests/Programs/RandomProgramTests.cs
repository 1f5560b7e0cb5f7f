using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.Tensors.Tests.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Programs;

public sealed class RandomProgramTests
{
    [Fact]
    public void Sharing_memory_and_running_in_place_change_no_bit_of_any_output()
    {
        // All operations of these programs are elementwise or moves: every device, and a program in which every value is an
        // output and so nothing is shared, must agree in each bit.
        for (int seed = 0; seed < 200; seed++)
        {
            TensorProgram program = RandomProgram.Create(seed);
            ProgramValue[] outputs = [.. program.Values.Where(v => v.IsOutput)];
            TensorProgram unshared = RandomProgram.Create(seed);
            foreach (ProgramValue value in unshared.Values.Where(v => v.Role != ValueRole.Persistent))
            {
                value.IsOutput = true;
            }

            using var reference = new ReferenceDevice();
            using var device = CpuDevices.Create(CpuDevices.KernelSets.First(), 2);
            float[][] expected = Run(reference, unshared, [.. outputs.Select(o => unshared.Values[o.Id])]);
            float[][] actual = Run(device, program, outputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                TensorAssert.SameBits($"seed {seed}, {outputs[i]}", expected[i], actual[i]);
            }
        }
    }

    private static float[][] Run(HostDevice device, TensorProgram program, ProgramValue[] outputs)
    {
        using IDevicePlan plan = device.Plan(program);
        CpuDevices.Poison(device, plan);
        using IExecution execution = plan.Begin();
        foreach (ProgramValue input in program.Values.Where(v => v.Role == ValueRole.Input))
        {
            execution.Write(input, TestData.Normal(input.Shape, (ulong)input.Id).Span);
        }

        execution.Run();
        return [.. outputs.Select(o =>
        {
            var data = new float[o.Shape.ElementCount];
            execution.Read(o, data);
            return data;
        })];
    }
}
