using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace FcnSharp.Server.Page;

/// <summary>
/// The web page for people: the documents at / and /runs, and what they load from /page/. All of it is embedded in this assembly
/// and asks for nothing from elsewhere.
/// </summary>
public static class ServerPages
{
    private const string ResourcePrefix = "page/";
    private const string SegmentFeature = "FcnSharp.Server.Segment";
    private const string RunsFeature = "FcnSharp.Server.Runs";

    /// <summary>No script, style or request but this server's own; images also from the page's own memory.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    /// <summary>The methods of addresses that only give something.</summary>
    internal static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Read once: less than a megabyte in all.</summary>
    private static readonly Lazy<Dictionary<string, Asset>> Assets = new(Load);

    /// <summary>Maps the page that segments images at / and the assets of all pages at /page/.</summary>
    /// <param name="app">The server.</param>
    public static void Map(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        ((IApplicationBuilder)app).Properties[SegmentFeature] = true;
        app.MapMethods("/", Read, (RequestDelegate)(context => Send(context, "index.html")));
        MapAssets(app);
    }

    /// <summary>Maps the page of training runs at /runs, which other pages then link to.</summary>
    internal static void MapRuns(WebApplication app)
    {
        ((IApplicationBuilder)app).Properties[RunsFeature] = true;
        app.MapMethods("/runs", Read, (RequestDelegate)(context => Send(context, "runs.html")));
    }

    /// <summary>Maps /page/ alone, for a server without models.</summary>
    internal static void MapAssets(WebApplication app)
    {
        // Asked when it is requested: the runs may be mapped after the page.
        app.MapMethods("/page/features.json", Read, (RequestDelegate)(context =>
        {
            IDictionary<string, object?> features = ((IApplicationBuilder)app).Properties;
            return Send(context, Asset.Of("application/json", Encoding.UTF8.GetBytes($"{{\"segment\":{Json(SegmentFeature)},\"runs\":{Json(RunsFeature)}}}")));

            string Json(string feature) => features.ContainsKey(feature) ? "true" : "false";
        }));
        app.MapMethods("/page/{**path}", Read, (RequestDelegate)(context => Send(context, (string)context.Request.RouteValues["path"]!)));
    }

    private static Task Send(HttpContext context, string? path)
    {
        if (path is null || !Assets.Value.TryGetValue(path, out Asset? asset))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return Send(context, asset);
    }

    private static async Task Send(HttpContext context, Asset asset)
    {
        HttpResponse response = context.Response;
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.ETag = asset.Tag;

        // Always asked for again, and answered by 304: a new version of the server is seen at once.
        response.Headers.CacheControl = "no-cache";
        IList<EntityTagHeaderValue> known = context.Request.GetTypedHeaders().IfNoneMatch;
        if (known.Any(tag => tag.Compare(EntityTagHeaderValue.Parse(asset.Tag), useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asset.Type;
        response.ContentLength = asset.Content.Length;
        await response.Body.WriteAsync(asset.Content, context.RequestAborted).ConfigureAwait(false);
    }

    private static Dictionary<string, Asset> Load()
    {
        Assembly assembly = typeof(ServerPages).Assembly;
        Dictionary<string, Asset> assets = [];
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            using MemoryStream content = new();
            stream.CopyTo(content);
            assets.Add(name[ResourcePrefix.Length..], Asset.Of(Types[Path.GetExtension(name)], content.ToArray()));
        }

        return assets;
    }

    /// <summary>A file as it is sent.</summary>
    private sealed record Asset(string Type, byte[] Content, string Tag)
    {
        public static Asset Of(string type, byte[] content) => new(type, content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content)).AsSpan(0, 20)}\"");
    }
}
