using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Scenes;

/// <summary>
/// Paints a scene from back to front, in linear light, then exposes it: lens blur, vignette, sensor noise.
/// Only additions, multiplications, divisions and square roots are used, which IEEE 754 rounds alike everywhere: the bytes are the same on every platform.
/// </summary>
internal sealed class ScenePainter(int width, int height)
{
    private readonly float[] _light = new float[ImageSize.CheckedLength(width, height, 3)];
    private readonly ushort[] _labels = new ushort[ImageSize.CheckedLength(width, height, 1)];

    /// <summary>Fills the image with a mottled surface that runs from one colour to another.</summary>
    public void PaintBackground(ref SplitMix64 random, LinearColor from, LinearColor to)
    {
        (float dx, float dy) = random.Direction();
        float side = MathF.Min(width, height);
        float perPixel = 0.7f / side;
        float grain = 6f / side;
        ValueNoise noise = new(random.Next());
        float mottle = random.Range(0.3f, 0.9f);
        for (int y = 0, p = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, p += 3)
            {
                float ramp = ((x - (0.5f * width)) * dx) + ((y - (0.5f * height)) * dy);
                float t = 0.5f + (ramp * perPixel) + (mottle * (noise.At(x * grain, y * grain) - 0.5f));
                Store(p, LinearColor.Mix(from, to, Math.Clamp(t, 0f, 1f)));
            }
        }
    }

    /// <summary>Paints an object with its shadow over what is there. Edges are antialiased; a label changes where the pixel's centre is inside.</summary>
    public void Paint(SceneObject shape, Lighting light)
    {
        float shadowX = light.X * light.ShadowLength * shape.Radius;
        float shadowY = light.Y * light.ShadowLength * shape.Radius;
        float softness = light.ShadowSoftness * shape.Radius;
        float reach = (shape.Radius * (ShapeDistance.Extent + light.ShadowLength)) + softness + 1;
        (int left, int right) = Bounds(shape.X, reach, width);
        (int top, int bottom) = Bounds(shape.Y, reach, height);
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                (float centreX, float centreY) = (x + 0.5f, y + 0.5f);
                int pixel = (y * width) + x;
                float distance = shape.Distance(centreX, centreY);
                if (distance > -0.5f)
                {
                    float fromShadow = shape.Distance(centreX + shadowX, centreY + shadowY);
                    float depth = Math.Clamp((softness - fromShadow) / (2 * softness), 0f, 1f);
                    Store(3 * pixel, Load(3 * pixel) * (1 - (light.ShadowStrength * depth * depth * (3 - (2 * depth)))));
                }

                if (distance < 0.5f)
                {
                    LinearColor color = shape.ColorAt(centreX, centreY, distance, light);
                    Store(3 * pixel, LinearColor.Mix(Load(3 * pixel), color, Math.Clamp(0.5f - distance, 0f, 1f)));
                }

                if (distance < 0)
                {
                    _labels[pixel] = (ushort)shape.Kind;
                }
            }
        }
    }

    /// <summary>Turns the light into 8-bit values as a camera does and hands out image and labels.</summary>
    public (RgbImage Image, LabelMap Labels) Expose(ref SplitMix64 random)
    {
        float blur = random.Range(0.02f, 0.14f);
        Blur(blur, 3, width, 3 * width, height);
        Blur(blur, 3 * width, height, 3, width);
        float vignette = random.Range(0, 0.25f);
        float noise = random.Range(1.5f, 5f);
        ulong noiseSeed = random.Next();
        byte[] bytes = new byte[_light.Length];
        for (int y = 0, i = 0; y < height; y++)
        {
            float fromMiddleY = ((2 * y) - height + 1) / (float)height;
            for (int x = 0; x < width; x++)
            {
                float fromMiddleX = ((2 * x) - width + 1) / (float)width;
                float exposure = 1 - (0.5f * vignette * ((fromMiddleX * fromMiddleX) + (fromMiddleY * fromMiddleY)));
                for (int c = 0; c < 3; c++, i++)
                {
                    // The square root stands for the display's transfer curve: within a few percent of sRGB's.
                    float value = (255 * MathF.Sqrt(MathF.Max(0, _light[i] * exposure))) + (noise * Gaussian(CounterRandom.Mix(noiseSeed + (ulong)i)));
                    bytes[i] = (byte)Math.Clamp(value + 0.5f, 0f, 255f);
                }
            }
        }

        return (new(width, height, bytes), new(width, height, _labels));
    }

    /// <summary>A 1-2-1 like blur along one axis: <paramref name="lines"/> lines, a line's neighbours <paramref name="step"/> values apart.</summary>
    private void Blur(float weight, int step, int length, int lineStep, int lines)
    {
        for (int line = 0; line < lines; line++)
        {
            for (int c = 0; c < 3; c++)
            {
                int start = (line * lineStep) + c;
                float previous = _light[start];
                for (int i = 0, p = start; i < length; i++, p += step)
                {
                    float current = _light[p];
                    float next = i + 1 < length ? _light[p + step] : current;
                    _light[p] = current + (weight * (previous + next - (2 * current)));
                    previous = current;
                }
            }
        }
    }

    /// <summary>Nearly normal noise of variance 1: the sum of four uniform 16-bit numbers.</summary>
    private static float Gaussian(ulong bits)
    {
        const float Mean = 2 * 65535f;
        const float Deviation = 37837.2f; // sqrt(4 (2^32 - 1) / 12)
        float sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        return (sum - Mean) / Deviation;
    }

    private static (int From, int To) Bounds(float centre, float reach, int size) =>
        (Math.Clamp((int)(centre - reach), 0, size), Math.Clamp((int)(centre + reach) + 1, 0, size));

    private LinearColor Load(int p) => new(_light[p], _light[p + 1], _light[p + 2]);

    private void Store(int p, LinearColor color)
    {
        _light[p] = color.R;
        _light[p + 1] = color.G;
        _light[p + 2] = color.B;
    }
}
