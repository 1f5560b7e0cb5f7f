using System.Reflection;
using System.Text;
using FcnSharp.Graph;
using FcnSharp.Server;
using FcnSharp.Tensors;

namespace FcnSharp.ApiReference;

/// <summary>The pages of the API reference: one for each namespace, and README.md, which names all types.</summary>
internal static class ApiPages
{
    private static readonly Assembly[] Libraries = [typeof(Network).Assembly, typeof(Shape).Assembly, typeof(SegmentationServer).Assembly];

    /// <summary>Each page by its file's name. The same libraries give the same text.</summary>
    public static IReadOnlyDictionary<string, string> Write()
    {
        Type[] types = [.. Libraries.SelectMany(a => a.GetExportedTypes()).OrderBy(t => t.FullName, StringComparer.Ordinal)];
        var comments = new DocComments(Libraries, new PageLinks(types));
        var pages = new Dictionary<string, string> { ["README.md"] = Index(types, comments) };
        foreach (IGrouping<string, Type> space in types.GroupBy(t => t.Namespace!))
        {
            pages[space.Key + ".md"] = new NamespacePage(space.Key, [.. space], comments).Write();
        }

        return pages;
    }

    private static string Index(Type[] types, DocComments comments)
    {
        var text = new StringBuilder();
        text.Append("# API reference\n\n");
        text.Append("Written from the XML comments in the sources by `dotnet run --project docs/api-reference -c Release`; a test fails when it is not current. ");
        text.Append("Members that override or implement one that is described elsewhere are left out.\n\n");
        text.Append("To start: [Segmenter](FcnSharp.Inference.md#segmenter) segments images, [Trainer](FcnSharp.Training.md#trainer) trains, ");
        text.Append("[Catalogue](FcnSharp.Models.md#catalogue) has the nets, [Layer](FcnSharp.Layers.md#layer) is what they are made of.\n");
        foreach (IGrouping<Assembly, Type> library in types.GroupBy(t => t.Assembly).OrderBy(g => Array.IndexOf(Libraries, g.Key)))
        {
            text.Append($"\n## {library.Key.GetName().Name}\n");
            foreach (IGrouping<string, Type> space in library.GroupBy(t => t.Namespace!))
            {
                text.Append($"\n### [{space.Key}]({space.Key}.md)\n\n");
                foreach (Type type in space)
                {
                    text.Append($"- {PageLinks.Of(type)}: {comments.FirstSentence(type)}\n");
                }
            }
        }

        return text.ToString();
    }
}
