using FcnSharp.Imaging;
using FcnSharp.Server.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FcnSharp.Server.Api;

/// <summary>POST /v1/segment and GET /healthz.</summary>
internal static class SegmentEndpoint
{
    /// <summary>Maps the endpoints.</summary>
    public static void Map(WebApplication app, ServerOptions options)
    {
        app.MapGet("/healthz", (RequestDelegate)(context => context.Response.WriteAsync("ok\n", context.RequestAborted)));
        app.MapPost("/v1/segment", (RequestDelegate)(context => Segment(context, options)));
    }

    private static async Task Segment(HttpContext context, ServerOptions options)
    {
        ServedModels models = context.RequestServices.GetRequiredService<ServedModels>();
        string? name = context.Request.Query["model"];
        if (models.Find(name) is not { } model)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        IImageDecoder? decoder = ImageReader.Default.Decoders.FirstOrDefault(d => d.Recognizes(body.GetBuffer().AsSpan(0, (int)Math.Min(16, body.Length))));
        if (decoder is null)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        body.Position = 0;
        RgbImage image = decoder.Decode(body, "the image", options.MaxPixels);
        LabelMap labels = await Task.Run(() => model.Segmenter.Segment(image, context.RequestAborted), context.RequestAborted).ConfigureAwait(false);
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(PngFile.EncodeLabels(labels, Palette.Of(model.Segmenter.Description.Classes)), context.RequestAborted).ConfigureAwait(false);
    }
}
