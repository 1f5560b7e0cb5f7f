using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace FcnSharp.Server.Api;

/// <summary>An answer that says what is wrong with a request, as RFC 9457 writes it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">One line: what was expected, what was found, and the remedy.</param>
/// <param name="RetryAfter">Seconds after which the same request may do; null where it will not.</param>
internal sealed record Problem(int Status, string Detail, int? RetryAfter = null)
{
    /// <summary>The media type of a problem.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>Answers a request with it.</summary>
    public async Task Write(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        if (RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        ProblemAnswer answer = new("about:blank", ReasonPhrases.GetReasonPhrase(Status), Status, Detail);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(answer, ApiJson.Default.ProblemAnswer);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }
}

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    /// <summary>Ends a request.</summary>
    public ProblemException(int status, string detail, int? retryAfter = null)
        : this(new Problem(status, detail, retryAfter))
    {
    }

    /// <summary>The problem.</summary>
    public Problem Problem => problem;
}
