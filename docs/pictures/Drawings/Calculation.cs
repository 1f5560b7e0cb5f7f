using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;

namespace FcnSharp.Pictures.Drawings;

/// <summary>Single operations of the library on small numbers: what the drawings show is computed, not written down.</summary>
internal static class Calculation
{
    private const long Budget = 100_000_000;

    /// <summary>A tensor [1, 1, H, W] of these numbers, row by row.</summary>
    public static Tensor Plane(int height, int width, params float[] values) => new(new Shape(1, 1, height, width), values);

    /// <summary>A convolution without bias.</summary>
    /// <param name="geometry">Kernel, stride, padding.</param>
    /// <param name="input">[N, C_in, H, W].</param>
    /// <param name="weight">[C_out, C_in / groups, kH, kW].</param>
    public static Tensor Conv2d(Conv2dParameters geometry, Tensor input, Tensor weight) =>
        Run(input, weight, geometry.OutputShape(input.Shape, weight.Shape), (x, w, y) => new Conv2dForward("conv", geometry, x, w, null, y));

    /// <summary>A transposed convolution without bias.</summary>
    /// <param name="geometry">Kernel, stride, padding.</param>
    /// <param name="input">[N, C_in, H, W].</param>
    /// <param name="weight">[C_in, C_out / groups, kH, kW].</param>
    public static Tensor ConvTranspose2d(ConvTranspose2dParameters geometry, Tensor input, Tensor weight) =>
        Run(input, weight, geometry.OutputShape(input.Shape, weight.Shape), (x, w, y) => new ConvTranspose2dForward("up", geometry, x, w, null, y));

    /// <summary>The gradient that a convolution's input gets from its output's: the other way to the same numbers.</summary>
    /// <param name="geometry">Kernel, stride, padding.</param>
    /// <param name="gradOutput">[N, C_out, H', W'].</param>
    /// <param name="weight">[C_out, C_in / groups, kH, kW].</param>
    /// <param name="input">The shape [N, C_in, H, W] of the input.</param>
    public static Tensor Conv2dGradient(Conv2dParameters geometry, Tensor gradOutput, Tensor weight, Shape input) =>
        Run(gradOutput, weight, input, (x, w, y) => new Conv2dBackwardInput("conv", geometry, x, w, y));

    /// <summary>The matrix C of a convolution on an input of one channel: a row for each output, a column for each input pixel.</summary>
    /// <param name="geometry">Kernel, stride, padding.</param>
    /// <param name="input">The input's shape [1, 1, H, W].</param>
    /// <param name="weight">[1, 1, kH, kW].</param>
    public static float[][] Matrix(Conv2dParameters geometry, Shape input, Tensor weight)
    {
        // A column is what a single pixel of 1 becomes.
        float[][] columns = [.. Enumerable.Range(0, (int)input.ElementCount).Select(i =>
        {
            var pixel = new Tensor(input);
            pixel.Span[i] = 1;
            return Conv2d(geometry, pixel, weight).Span.ToArray();
        })];
        return [.. Enumerable.Range(0, columns[0].Length).Select(row => columns.Select(column => column[row]).ToArray())];
    }

    /// <summary>Numbers as they stand in a cell.</summary>
    public static string[] Texts(ReadOnlySpan<float> values)
    {
        string[] texts = new string[values.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = values[i].ToString("0.####", CultureInfo.InvariantCulture);
        }

        return texts;
    }

    private static Tensor Run(Tensor input, Tensor weight, Shape output, Func<ProgramValue, ProgramValue, ProgramValue, Operation> operation)
    {
        using var device = new ReferenceDevice(Budget);
        using IDeviceTensor weights = device.Allocate("weight", weight.Shape);
        weights.Write(weight.Span);
        var builder = new ProgramBuilder("calculation");
        ProgramValue x = builder.Input("x", input.Shape);
        ProgramValue y = builder.Intermediate("y", output);
        builder.Add(operation(x, builder.Persistent(weights), y));
        builder.MarkOutput(y);
        using IDevicePlan plan = device.Plan(builder.Build());
        using IExecution execution = plan.Begin();
        execution.Write(x, input.Span);
        execution.Run();
        var result = new Tensor(output);
        execution.Read(y, result.Span);
        return result;
    }
}
