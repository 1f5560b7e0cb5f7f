using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FcnSharp.Server.Api;
using FcnSharp.Server.Page;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FcnSharp.Server.Runs;

/// <summary>Training runs for other programs, below /v1/runs, and for people, at /runs. It only reads.</summary>
public static class RunsApi
{
    /// <summary>Maps the API and the page.</summary>
    /// <param name="app">The server.</param>
    /// <param name="folder">A run's folder, or one of runs; it need not exist yet.</param>
    public static void Map(WebApplication app, string folder)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        RunCatalog catalog = new(folder);
        ServerPages.MapRuns(app);
        app.MapMethods("/v1/runs", ServerPages.Read, (RequestDelegate)(context => Write(context, new RunListAnswer([.. catalog.All().Select(r => r.Summary())]), RunJson.Default.RunListAnswer)));
        MapRun(app, "/v1/runs/{name}", catalog, (context, run) => Write(context, run.Describe(), RunJson.Default.RunAnswer));
        MapRun(app, "/v1/runs/{name}/log", catalog, WriteLog);
        MapRun(app, "/v1/runs/{name}/samples", catalog, (context, run) => Write(
            context,
            new SamplesAnswer([.. run.Samples().Select(f => new SampleAnswer(f.Name, f.Length, f.LastWriteTimeUtc))]),
            RunJson.Default.SamplesAnswer));
        MapRun(app, "/v1/runs/{name}/samples/{file}", catalog, WriteSample);
    }

    private static void MapRun(WebApplication app, string pattern, RunCatalog catalog, Func<HttpContext, RunReader, Task> write) => app.MapMethods(pattern, ServerPages.Read, (RequestDelegate)(context =>
    {
        // The router leaves %2F as it is; a stage's name has a slash.
        string name = Uri.UnescapeDataString((string)context.Request.RouteValues["name"]!);
        return catalog.Find(name) is { } run ? write(context, run) : new Problem(StatusCodes.Status404NotFound, "There is no such run; /v1/runs lists them.").Write(context);
    }));

    private static Task WriteLog(HttpContext context, RunReader run)
    {
        string after = context.Request.Query["after"].ToString();
        long place = 0;
        if (after.Length > 0 && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out place))
        {
            return new Problem(StatusCodes.Status400BadRequest, $"after needs the number that the last answer gave as next, found '{after[..Math.Min(after.Length, 40)]}'.").Write(context);
        }

        (List<Training.TrainingLogEntry> entries, long next, bool restarted) = LogTail.Read(run.Log, place);
        return Write(context, new LogAnswer([.. entries.Select(e => new LogEntryAnswer(e.Step, e.Loss, e.LearningRate, RunReader.PerCent(e.MeanIoU)))], next, restarted), RunJson.Default.LogAnswer);
    }

    private static async Task WriteSample(HttpContext context, RunReader run)
    {
        string file = (string)context.Request.RouteValues["file"]!;
        if (run.Samples().FirstOrDefault(f => f.Name == file) is not { } sample)
        {
            await new Problem(StatusCodes.Status404NotFound, "There is no such picture; the run's samples list them.").Write(context).ConfigureAwait(false);
            return;
        }

        try
        {
            using FileStream stream = new(sample.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            context.Response.ContentType = "image/png";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.CacheControl = "no-cache";
            context.Response.ContentLength = stream.Length;
            await stream.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) && !context.Response.HasStarted)
        {
            await new Problem(StatusCodes.Status404NotFound, "The picture was replaced just now; ask again.").Write(context).ConfigureAwait(false);
        }
    }

    private static async Task Write<T>(HttpContext context, T answer, JsonTypeInfo<T> type)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
