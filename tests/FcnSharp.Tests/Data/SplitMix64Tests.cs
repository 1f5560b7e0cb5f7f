using FcnSharp.Data;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class SplitMix64Tests
{
    [Fact]
    public void Gives_the_published_sequence()
    {
        // From Vigna's splitmix64.c (prng.di.unimi.it) seeded with 1234567.
        SplitMix64 random = new(1234567);
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], [random.Next(), random.Next(), random.Next()]);
    }

    [Fact]
    public void Units_lie_below_one_and_directions_on_the_circle()
    {
        SplitMix64 random = new(9);
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(random.Unit(), 0f, 0.99999994f);
            Assert.InRange(random.Below(7), 0, 6);
            (float x, float y) = random.Direction();
            Assert.InRange((x * x) + (y * y), 0.99999f, 1.00001f);
        }
    }
}
