using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace FcnSharp.Server.Api;

/// <summary>The kind of answer that a client accepts: JSON, or a picture.</summary>
/// <param name="View">The picture; null for JSON.</param>
internal sealed record AnswerKind(View? View)
{
    private const string JsonType = "application/json";
    private const string PngType = "image/png";

    /// <summary>Chooses by the Accept header, JSON where it leaves the choice; a view that the query names asks for a picture.</summary>
    /// <param name="accept">The header.</param>
    /// <param name="view">The query's view.</param>
    /// <exception cref="ProblemException">Neither is accepted, or a view is not known.</exception>
    public static AnswerKind Choose(StringValues accept, View? view)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out IList<MediaTypeHeaderValue>? ranges) || ranges.Count == 0)
        {
            return StringValues.IsNullOrEmpty(accept) ? new AnswerKind(view) : throw NotAcceptable(accept);
        }

        (double json, _) = view is null ? Quality(JsonType, ranges) : (0, null);
        (double png, MediaTypeHeaderValue? range) = Quality(PngType, ranges);
        if (Math.Max(json, png) <= 0)
        {
            throw NotAcceptable(accept);
        }

        return json >= png ? new AnswerKind((View?)null) : new AnswerKind(view ?? ViewOf(range) ?? Api.View.Mask);
    }

    /// <summary>The quality of the most specific range that a type is in.</summary>
    private static (double Quality, MediaTypeHeaderValue? Range) Quality(string type, IList<MediaTypeHeaderValue> ranges)
    {
        MediaTypeHeaderValue? best = null;
        foreach (MediaTypeHeaderValue range in ranges.Where(r => Includes(r, type)))
        {
            if (best is null || Rank(range) > Rank(best) || (Rank(range) == Rank(best) && (range.Quality ?? 1) > (best.Quality ?? 1)))
            {
                best = range;
            }
        }

        return (best is null ? 0 : best.Quality ?? 1, best);
    }

    private static bool Includes(MediaTypeHeaderValue range, string type) =>
        range.MatchesAllTypes || (range.MatchesAllSubTypes
            ? type.StartsWith($"{range.Type}/", StringComparison.OrdinalIgnoreCase)
            : range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase));

    private static int Rank(MediaTypeHeaderValue range) => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;

    private static View? ViewOf(MediaTypeHeaderValue? range)
    {
        NameValueHeaderValue? parameter = range?.Parameters.FirstOrDefault(p => p.Name.Equals("view", StringComparison.OrdinalIgnoreCase));
        return parameter is null ? null : SegmentQuery.ReadView(parameter.GetUnescapedValue().ToString());
    }

    private static ProblemException NotAcceptable(StringValues accept) =>
        new(StatusCodes.Status406NotAcceptable, $"The answer is {JsonType} or {PngType} (view=mask, overlay or confidence), but Accept has neither: '{accept}'.");
}
