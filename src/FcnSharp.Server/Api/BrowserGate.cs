using System.Net;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FcnSharp.Server.Api;

/// <summary>
/// Keeps pages of other sites from using this server through a visitor's browser. A page whose own name was made to lead here (DNS
/// rebinding) gives itself away by the Host header, a page that sends something here from elsewhere by the Origin header. Programs send
/// no Origin, and as Host what they call this machine.
/// </summary>
/// <param name="checkHost">Whether Host must be a name of this machine: a server that listens for everybody cannot know its names.</param>
/// <param name="hostNames">Further names of this machine.</param>
/// <param name="origins">The sites whose pages may use the server; null for its own alone.</param>
internal sealed class BrowserGate(bool checkHost, IReadOnlyList<string> hostNames, CorsPolicy? origins = null)
{
    private const int LongestName = 100;

    /// <summary>Answers the request with a problem, or hands it on.</summary>
    public Task Handle(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        if (checkHost && !IsThisMachine(request.Host.Host, context.Connection.LocalIpAddress))
        {
            return new Problem(
                StatusCodes.Status421MisdirectedRequest,
                $"This server does not go by the name '{Shorten(request.Host.Host)}'; ask for it by its address, or start it with --host-name and that name.").Write(context);
        }

        // Pictures of this server are not for pages of others; a site that is allowed asks by CORS, where this does not count.
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOwn(origin, request.Host) && !IsAllowed(origin) && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return new Problem(
                StatusCodes.Status403Forbidden,
                $"Pages of '{Shorten(origin)}' may not use this server; start it with --allow-origin and that origin if they should.").Write(context);
        }

        return next(context);
    }

    /// <summary>Before HTTP/1.1 there need not be a name; browsers send one.</summary>
    private bool IsThisMachine(string host, IPAddress? local)
    {
        string name = host.TrimEnd('.');
        if (IPAddress.TryParse(name.AsSpan().Trim("[]"), out IPAddress? address))
        {
            return IPAddress.IsLoopback(address) || address.Equals(Plain(local)) || hostNames.Contains(address.ToString());
        }

        return name.Length == 0 || name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || hostNames.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A socket for both kinds of addresses writes the older kind inside the newer.</summary>
    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    /// <summary>Whether an origin is this server as the request calls it. The scheme is left out: it is another one before a proxy with TLS.</summary>
    private static bool IsOwn(string origin, HostString host)
    {
        int end = origin.IndexOf("://", StringComparison.Ordinal);
        return end >= 0 && host.HasValue && origin.AsSpan(end + 3).Equals(host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private bool IsAllowed(string origin) => origins is not null && (origins.AllowAnyOrigin || origins.IsOriginAllowed(origin));

    private static string Shorten(string name) => name.Length <= LongestName ? name : name[..LongestName];
}
