using FcnSharp.Server.Work;

namespace FcnSharp.Server.Api;

/// <summary>What the log and the answer's headers say of one image.</summary>
internal sealed class RequestRecord
{
    /// <summary>The model that was asked.</summary>
    public string? Model { get; set; }

    /// <summary>The image's width in pixels; 0 while unknown.</summary>
    public int Width { get; set; }

    /// <summary>The image's height in pixels; 0 while unknown.</summary>
    public int Height { get; set; }

    /// <summary>The bytes of its file.</summary>
    public long Bytes { get; set; }

    /// <summary>The time of each phase in milliseconds.</summary>
    public double[] Milliseconds { get; } = new double[Enum.GetValues<Phase>().Length];

    /// <summary>The time of one phase in milliseconds.</summary>
    public double this[Phase phase] => Math.Round(Milliseconds[(int)phase], 2);

    /// <summary>Adds to the time of a phase.</summary>
    public void Add(Phase phase, TimeSpan duration) => Milliseconds[(int)phase] += duration.TotalMilliseconds;
}
