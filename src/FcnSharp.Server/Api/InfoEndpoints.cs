using System.Text.Json;
using FcnSharp.Formats;
using FcnSharp.Server.Models;
using FcnSharp.Server.Telemetry;
using FcnSharp.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FcnSharp.Server.Api;

/// <summary>The addresses that tell of the server: models, health, figures, and the API's description.</summary>
internal static class InfoEndpoints
{
    /// <summary>Maps the addresses.</summary>
    public static void Map(WebApplication app, ServedModels models, Lifecycle lifecycle, PrometheusText prometheus)
    {
        byte[] answer = JsonSerializer.SerializeToUtf8Bytes(Describe(models), ApiJson.Default.ModelsAnswer);
        byte[] description = ReadDescription();
        Get(app, "/v1/models", context => Send(context, "application/json; charset=utf-8", answer));
        Get(app, "/openapi/v1.json", context => Send(context, "application/json; charset=utf-8", description));
        Get(app, "/metrics", context => Send(context, PrometheusText.ContentType, System.Text.Encoding.UTF8.GetBytes(prometheus.Write())));
        Get(app, "/healthz", context => Send(context, "text/plain; charset=utf-8", "alive\n"u8.ToArray()));
        Get(app, "/readyz", context => lifecycle.IsReady && !lifecycle.IsDraining
            ? Send(context, "text/plain; charset=utf-8", "ready\n"u8.ToArray())
            : NotReady(lifecycle).Write(context));
    }

    /// <summary>Why no image is accepted.</summary>
    public static Problem NotReady(Lifecycle lifecycle) => lifecycle.IsDraining
        ? new Problem(StatusCodes.Status503ServiceUnavailable, "The server is shutting down.")
        : new Problem(StatusCodes.Status503ServiceUnavailable, "The models are not loaded yet; try again later.", RetryAfter: 1);

    private static void Get(WebApplication app, string path, RequestDelegate handle) =>
        app.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handle);

    private static Task Send(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static byte[] ReadDescription()
    {
        using Stream stream = typeof(InfoEndpoints).Assembly.GetManifestResourceStream("FcnSharp.Server.openapi.json")!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static ModelsAnswer Describe(ServedModels models) => new([.. models.All.Select((m, i) => Describe(m, isDefault: i == 0))]);

    private static ModelAnswer Describe(ServedModel model, bool isDefault)
    {
        ModelDescription description = model.Segmenter.Description;
        return new ModelAnswer(
            model.Name,
            isDefault,
            description.Architecture.Name,
            model.Parameters,
            TrainedOn(description),
            [.. description.Classes.Select((c, i) => new ClassAnswer(i, c.Name, ColorOf(c)))],
            description.Metrics is { } metrics ? Describe(metrics) : null);
    }

    /// <summary>A class's colour as web pages write it.</summary>
    public static string ColorOf(ClassInfo c) => FormattableString.Invariant($"#{c.R:x2}{c.G:x2}{c.B:x2}");

    /// <summary>Recipes name their data set before a colon, and its parts behind it.</summary>
    private static string? TrainedOn(ModelDescription description) =>
        description.Recipe.TryGetValue("data", out string? data) ? data.Split(':')[0] : null;

    private static MetricsAnswer Describe(ModelMetrics metrics) => new(
        PerCent(metrics.PixelAccuracy), PerCent(metrics.MeanAccuracy), PerCent(metrics.MeanIoU), PerCent(metrics.FrequencyWeightedIoU), [.. metrics.ClassIoU.Select(PerCent)]);

    private static double? PerCent(double fraction) => double.IsNaN(fraction) ? null : Math.Round(100 * fraction, 2);
}
