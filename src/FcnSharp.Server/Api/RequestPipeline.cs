using System.Diagnostics;
using FcnSharp.Server.Telemetry;
using FcnSharp.Server.Work;
using FcnSharp.Tensors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace FcnSharp.Server.Api;

/// <summary>What happens around every request: headers that protect browsers, failures that become problems, one line of log, figures.</summary>
internal sealed class RequestPipeline(ServerMetrics metrics, ILogger logger)
{
    /// <summary>As nginx logs a client that went away before its answer.</summary>
    public const int ClientClosedRequest = 499;

    private const string ContentPolicy = "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'";
    private const int LongestPath = 200;

    /// <summary>Handles a request.</summary>
    public async Task Handle(HttpContext context, RequestDelegate next)
    {
        long start = Stopwatch.GetTimestamp();
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        string? failure = null;
        try
        {
            await next(context).ConfigureAwait(false);
            await ExplainStatus(context).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The outermost handler: a request must not end without an answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = await Answer(context, e).ConfigureAwait(false);
        }

        Report(context, Stopwatch.GetElapsedTime(start), failure);
    }

    /// <summary>The framework answers unknown addresses and methods by the status alone.</summary>
    private static Task ExplainStatus(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted || response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new Problem(response.StatusCode, "There is nothing at this address; /openapi/v1.json lists what there is.").Write(context),
            StatusCodes.Status405MethodNotAllowed => new Problem(response.StatusCode, $"This address takes {response.Headers.Allow}, not {context.Request.Method}.").Write(context),
            _ => Task.CompletedTask,
        };
    }

    private async Task<string?> Answer(HttpContext context, Exception thrown)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = ClientClosedRequest;
            }

            return null;
        }

        Problem problem = thrown switch
        {
            ProblemException e => e.Problem,
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => new Problem(StatusCodes.Status408RequestTimeout, "The body arrived too slowly."),
            BadHttpRequestException e => new Problem(e.StatusCode, "The request is broken or cut short."),
            _ => new Problem(StatusCodes.Status500InternalServerError, "The server failed; its log says more."),
        };
        if (problem.Status == StatusCodes.Status500InternalServerError)
        {
            logger.LogError(thrown, "internal error");
        }

        if (context.Response.HasStarted)
        {
            // The client can only learn from a connection that breaks that the rest is missing.
            context.Abort();
            return problem.Detail;
        }

        // Headers of the answer that was not to be must not describe this one.
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentLength = null;
        await problem.Write(context).ConfigureAwait(false);
        return problem.Detail;
    }

    private void Report(HttpContext context, TimeSpan duration, string? failure)
    {
        int status = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted ? ClientClosedRequest : context.Response.StatusCode;
        string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "other";
        metrics.Request(route, status, duration);
        if (!logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        string path = context.Request.Path.Value ?? "/";
        path = path.Length > LongestPath ? path[..LongestPath] : path;
        if (context.Items[typeof(RequestRecord)] is RequestRecord { Bytes: > 0 } image)
        {
            logger.LogInformation(
                "{Method} {Path} {Status} in {Milliseconds:0.0} ms: {Model} {Width}x{Height} from {Bytes} bytes; body {Body:0.0}, queue {Queue:0.0}, decode {Decode:0.0}, compute {Compute:0.0}, encode {Encode:0.0} ms",
                context.Request.Method, path, status, duration.TotalMilliseconds, image.Model, image.Width, image.Height, image.Bytes, image[Phase.Body], image[Phase.Queue], image[Phase.Decode], image[Phase.Compute], image[Phase.Encode]);
        }
        else
        {
            logger.LogInformation("{Method} {Path} {Status} in {Milliseconds:0.0} ms", context.Request.Method, path, status, duration.TotalMilliseconds);
        }

        if (status >= StatusCodes.Status500InternalServerError && failure is not null)
        {
            logger.LogWarning("{Status}: {Reason}", status, failure);
        }
    }
}
