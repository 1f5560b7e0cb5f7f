using System.Globalization;
using FcnSharp.Server.Work;
using Microsoft.AspNetCore.Http;

namespace FcnSharp.Server.Api;

/// <summary>An answer that is ready to be sent.</summary>
internal sealed class EncodedAnswer(string contentType, ReadOnlyMemory<byte> body)
{
    /// <summary>Its length in bytes.</summary>
    public int Length => body.Length;

    /// <summary>Sends it.</summary>
    public async Task Send(HttpContext context, string model, RequestRecord record)
    {
        HttpResponse response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        IHeaderDictionary headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.Vary = "Accept";
        headers["Fcn-Model"] = model;
        headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"queue;dur={record[Phase.Queue]}, decode;dur={record[Phase.Decode]}, compute;dur={record[Phase.Compute]}, encode;dur={record[Phase.Encode]}");
        await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
