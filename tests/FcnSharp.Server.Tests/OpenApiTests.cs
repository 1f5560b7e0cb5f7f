using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>The API's description is written by hand: here it is held against the API itself.</summary>
public class OpenApiTests
{
    [Fact]
    public async Task It_has_the_addresses_that_there_are()
    {
        await using RunningServer server = await RunningServer.Start();
        JsonElement description = await Get(server, "/openapi/v1.json");

        string[] mapped = [.. server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(e => e.RoutePattern.RawText!).Where(p => p.StartsWith("/v1/segment", StringComparison.Ordinal) || p.StartsWith("/v1/models", StringComparison.Ordinal) || p.IndexOf('/', 1) < 0 || p.StartsWith("/openapi", StringComparison.Ordinal))
            .Where(p => p is not ("/" or "/runs")).Order(StringComparer.Ordinal)];
        Assert.Equal(mapped, description.GetProperty("paths").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(mapped.Length, mapped.Distinct().Count());
    }

    [Fact]
    public async Task Answers_are_as_it_says()
    {
        await using RunningServer server = await RunningServer.Start();
        JsonElement description = await Get(server, "/openapi/v1.json");
        AssertFits(description, Reference("Models"), await Get(server, "/v1/models"), "models");
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), "?include=mask,overlay,confidence,rle,polygons");
        AssertFits(description, Reference("Segmentation"), await answer.Json(), "segmentation");
        using HttpResponseMessage problem = await server.Post([]);
        AssertFits(description, Reference("Problem"), await problem.Json(), "problem");
    }

    [Fact]
    public async Task Parameters_are_as_it_says()
    {
        await using RunningServer server = await RunningServer.Start();
        JsonElement description = await Get(server, "/openapi/v1.json");
        JsonElement[] parameters = [.. description.GetProperty("paths").GetProperty("/v1/segment").GetProperty("post").GetProperty("parameters").EnumerateArray()];

        using HttpResponseMessage unknown = await server.Post(RunningServer.Scene(), "?x=1");
        string[] names = [.. parameters.Select(p => p.GetProperty("name").GetString()!)];
        string detail = await unknown.Problem(400);
        Assert.All(names, name => Assert.Contains(name, detail, StringComparison.Ordinal));

        JsonElement Schema(string name) => parameters.Single(p => p.GetProperty("name").GetString() == name).GetProperty("schema");
        Assert.Equal(Api.SegmentQuery.PartNames.Keys.Order(), Schema("include").GetProperty("items").GetProperty("enum").EnumerateArray().Select(e => e.GetString()!).Order());
        Assert.Equal(Api.SegmentQuery.ViewNames.Keys.Order(), Schema("view").GetProperty("enum").EnumerateArray().Select(e => e.GetString()!).Order());
    }

    private static JsonElement Reference(string name) => JsonDocument.Parse($"{{\"$ref\":\"#/components/schemas/{name}\"}}").RootElement;

    private static async Task<JsonElement> Get(RunningServer server, string path)
    {
        using HttpResponseMessage answer = await server.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Json();
    }

    /// <summary>As much of JSON Schema as the description uses; what it does not know fails.</summary>
    private static void AssertFits(JsonElement description, JsonElement schema, JsonElement value, string where)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            JsonElement target = description;
            foreach (string step in reference.GetString()!.Split('/').Skip(1))
            {
                target = target.GetProperty(step);
            }

            AssertFits(description, target, value, where);
            return;
        }

        if (schema.TryGetProperty("anyOf", out JsonElement choices))
        {
            Assert.True(value.ValueKind == JsonValueKind.Null || choices.GetArrayLength() > 0);
            if (value.ValueKind != JsonValueKind.Null)
            {
                AssertFits(description, choices[0], value, where);
            }

            return;
        }

        JsonElement type = schema.GetProperty("type");
        string[] types = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : [type.GetString()!];
        string found = value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Null => "null",
            _ => types.Contains("integer") && value.TryGetInt64(out _) ? "integer" : "number",
        };
        Assert.True(types.Contains(found), $"{where} is of type {found}, expected {string.Join(" or ", types)}");
        if (found == "object")
        {
            AssertObject(description, schema, value, where);
        }
        else if (found == "array")
        {
            int i = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                AssertFits(description, schema.GetProperty("items"), item, $"{where}[{i++}]");
            }
        }
    }

    private static void AssertObject(JsonElement description, JsonElement schema, JsonElement value, string where)
    {
        JsonElement properties = schema.GetProperty("properties");
        foreach (JsonElement required in schema.GetProperty("required").EnumerateArray())
        {
            Assert.True(value.TryGetProperty(required.GetString()!, out _), $"{where} lacks {required}");
        }

        foreach (JsonProperty property in value.EnumerateObject())
        {
            Assert.True(properties.TryGetProperty(property.Name, out JsonElement inner), $"{where} has {property.Name}, which the description does not");
            AssertFits(description, inner, property.Value, $"{where}.{property.Name}");
        }
    }
}
