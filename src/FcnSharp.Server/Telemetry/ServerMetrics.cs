using System.Diagnostics;
using System.Diagnostics.Metrics;
using FcnSharp.Server.Models;
using FcnSharp.Server.Work;

namespace FcnSharp.Server.Telemetry;

/// <summary>
/// What a server counts, as instruments of System.Diagnostics.Metrics, which dotnet-counters and OpenTelemetry can read as well as
/// our own <see cref="PrometheusText"/>.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "FcnSharp.Server";

    private readonly Counter<long> _requests;
    private readonly Counter<long> _segmentations;
    private readonly Counter<long> _pixels;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _phases;
    private readonly Histogram<double> _durations;

    /// <summary>Creates the instruments.</summary>
    public ServerMetrics(ServerWork work, ServedModels models)
    {
        Meter = new Meter(new MeterOptions(MeterName) { Scope = this });
        _requests = Meter.CreateCounter<long>("fcn.requests", null, "Requests answered, by route and status; 499 is a client that went away.");
        _segmentations = Meter.CreateCounter<long>("fcn.segmentations", null, "Images that were to be computed, by model and outcome: done, cancelled, late or failed.");
        _pixels = Meter.CreateCounter<long>("fcn.pixels", null, "Pixels computed.");
        _bytes = Meter.CreateCounter<long>("fcn.body", "By", "Bytes of bodies received.");
        _phases = Meter.CreateHistogram<double>("fcn.phase.duration", "s", "Time an answered image spent in each phase: body, queue, decode, compute, encode.");
        _durations = Meter.CreateHistogram<double>("fcn.request.duration", "s", "Time from a request's header to the end of its answer, by route.");
        Meter.CreateObservableGauge("fcn.queue.length", () => work.Places.Taken, null, "Images accepted and not computed yet.");
        Meter.CreateObservableGauge("fcn.queue.limit", () => work.Places.Limit, null, "Images that may wait.");
        Meter.CreateObservableCounter("fcn.batches", () => (double)work.SmallImages.Batches, null, "Times that several small images were computed at once.");
        Meter.CreateObservableGauge("fcn.in.flight", () => work.Lifecycle.Accepted, null, "Requests accepted and not answered.");
        Meter.CreateObservableGauge("fcn.held", () => work.Bodies.Held + work.Images.Held, "By", "Bytes of bodies, images and answers held.");
        Meter.CreateObservableGauge("fcn.ready", () => work.Lifecycle is { IsReady: true, IsDraining: false } ? 1 : 0, null, "Whether images are accepted.");
        Meter.CreateObservableGauge("fcn.model.info", () => models.All.Select(Info), null, "The models served.");
        Meter.CreateObservableGauge("process.resident.memory", () => Environment.WorkingSet, "By", "Resident memory of the process.");
        Meter.CreateObservableGauge("dotnet.gc.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Managed memory in use.");
        Meter.CreateObservableCounter("process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time of the process.");
        Meter.CreateObservableGauge("process.start.time", StartTime, "s", "When the process started, in seconds since 1970.");
    }

    /// <summary>The meter of this server; its scope is this object, so that servers in one process do not mix.</summary>
    public Meter Meter { get; }

    /// <summary>A request was answered.</summary>
    public void Request(string route, int status, TimeSpan duration)
    {
        _requests.Add(1, Tag("route", route), Tag("status", status));
        _durations.Record(duration.TotalSeconds, Tag("route", route));
    }

    /// <summary>An image was to be computed.</summary>
    public void Segmentation(string model, string outcome) => _segmentations.Add(1, Tag("model", model), Tag("outcome", outcome));

    /// <summary>An image was computed.</summary>
    public void Pixels(long pixels) => _pixels.Add(pixels);

    /// <summary>A body has arrived.</summary>
    public void Body(long bytes) => _bytes.Add(bytes);

    /// <summary>An image went through a phase.</summary>
    public void PhaseTook(Phase phase, TimeSpan duration) => _phases.Record(duration.TotalSeconds, Tag("phase", NameOf(phase)));

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private static string NameOf(Phase phase) => phase switch
    {
        Phase.Body => "body",
        Phase.Queue => "queue",
        Phase.Decode => "decode",
        Phase.Compute => "compute",
        _ => "encode",
    };

    private static Measurement<int> Info(ServedModel model) =>
        new(1, Tag("model", model.Name), Tag("net", model.Segmenter.Description.Architecture.Name), Tag("classes", model.Segmenter.Description.Classes.Count));

    private static double StartTime()
    {
        using Process process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
    }

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
