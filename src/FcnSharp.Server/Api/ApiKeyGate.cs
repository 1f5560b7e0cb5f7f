using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FcnSharp.Server.Api;

/// <summary>Lets requests to the API pass that bring its key. The page, health and the API's description are open.</summary>
internal sealed class ApiKeyGate(string key)
{
    private const string Bearer = "Bearer ";
    private readonly byte[] _hash = Hash(key);

    /// <summary>Answers the request with a problem, or hands it on.</summary>
    public Task Handle(HttpContext context, RequestDelegate next)
    {
        PathString path = context.Request.Path;
        if ((!path.StartsWithSegments("/v1") && !path.StartsWithSegments("/metrics")) || IsRight(context.Request.Headers))
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return new Problem(StatusCodes.Status401Unauthorized, "This server wants its API key, as the header Authorization: Bearer KEY or X-Api-Key: KEY.").Write(context);
    }

    private bool IsRight(IHeaderDictionary headers)
    {
        string authorization = headers.Authorization.ToString();
        string given = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : headers["X-Api-Key"].ToString();

        // Hashes have one length, so that the time tells nothing, not even how long the key is.
        return CryptographicOperations.FixedTimeEquals(Hash(given), _hash);
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
