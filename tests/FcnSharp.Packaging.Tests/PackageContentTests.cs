using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Packaging.Tests;

/// <summary>What lies in the packages.</summary>
public sealed class PackageContentTests(LocalFeed feed)
{
    private const string Lib = "lib/net10.0/";
    private const string ToolFolder = "tools/net10.0/any/";

    /// <summary>The references that each package brings, of ours and of others.</summary>
    public static TheoryData<string, string[]> Dependencies { get; } = new()
    {
        { "FcnSharp.Tensors", [] },
        { "FcnSharp", ["FcnSharp.Tensors " + LocalFeed.Version, "Google.Protobuf 3.25.1"] },
        { "FcnSharp.Server", ["FcnSharp " + LocalFeed.Version, "FcnSharp.Tensors " + LocalFeed.Version] },
        { "FcnSharp.Cli", [] },
    };

    /// <summary>The libraries.</summary>
    public static TheoryData<string> Libraries { get; } = [.. LocalFeed.Libraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_has_its_code_its_words_and_nothing_else(string id)
    {
        using ZipArchive package = feed.Open(id);

        Assert.Equal(["LICENSE", "README.md", "THIRD-PARTY-NOTICES.md", $"{Lib}{id}.dll", $"{Lib}{id}.xml"], Files(package));
        Assert.Contains($"<member name=\"T:{id}.", Text(package, $"{Lib}{id}.xml"), StringComparison.Ordinal);
        AssertWords(package, id);
    }

    [Fact]
    public void The_tool_has_the_command_its_model_and_all_that_it_runs_on()
    {
        using ZipArchive package = feed.Open(LocalFeed.Tool);

        string[] tool = [.. Files(package).Where(name => name.StartsWith(ToolFolder, StringComparison.Ordinal)).Select(name => name[ToolFolder.Length..])];
        string[] needed = ["fcn.dll", "FcnSharp.dll", "FcnSharp.Server.dll", "FcnSharp.Tensors.dll", "Google.Protobuf.dll", "System.CommandLine.dll", "models/README.md"];
        Assert.Empty(needed.Except(tool));
        Assert.DoesNotContain(tool, name => name.EndsWith(".xml", StringComparison.Ordinal) && name != "DotnetToolSettings.xml");
        Assert.Equal(File.ReadAllBytes(LocalFeed.Model), Bytes(package, ToolFolder + "models/" + Path.GetFileName(LocalFeed.Model)));
        XElement command = Assert.Single(XDocument.Parse(Text(package, ToolFolder + "DotnetToolSettings.xml")).Descendants("Command"));
        Assert.Equal(("fcn", "fcn.dll"), ((string?)command.Attribute("Name"), (string?)command.Attribute("EntryPoint")));
        Assert.Equal(["LICENSE", "README.md", "THIRD-PARTY-NOTICES.md"], Files(package).Where(name => !name.StartsWith(ToolFolder, StringComparison.Ordinal)));
        AssertWords(package, LocalFeed.Tool);
    }

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void A_package_names_its_licence_its_purpose_and_what_it_needs(string id, string[] dependencies)
    {
        using ZipArchive package = feed.Open(id);
        XElement metadata = XDocument.Parse(Text(package, id + ".nuspec")).Root!.Elements().Single();
        XNamespace nuspec = metadata.Name.Namespace;
        string Value(string name) => (string)metadata.Element(nuspec + name)!;

        Assert.Equal(id, Value("id"));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("README.md", Value("readme"));
        Assert.Contains("semantic-segmentation", Value("tags").Split(' '));
        Assert.InRange(Value("description").Length, 60, 400);
        Assert.Equal(dependencies, metadata.Descendants(nuspec + "dependency").Select(one => $"{one.Attribute("id")!.Value} {one.Attribute("version")!.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(id == LocalFeed.Tool ? ["DotnetTool"] : [], metadata.Descendants(nuspec + "packageType").Select(type => type.Attribute("name")!.Value));
        Assert.Equal(id == "FcnSharp.Server" ? ["Microsoft.AspNetCore.App"] : [], metadata.Descendants(nuspec + "frameworkReference").Select(one => one.Attribute("name")!.Value));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Symbols_fit_the_library_hold_its_sources_and_name_no_folder_of_the_machine(string id)
    {
        Assert.SkipUnless(LocalFeed.Configuration == "release", "Builds to debug keep the paths of this machine, for the debugger.");
        using ZipArchive package = feed.Open(id);
        using ZipArchive symbols = feed.Open(id, "snupkg");
        byte[] library = Bytes(package, $"{Lib}{id}.dll");
        using PEReader code = new(new MemoryStream(library));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Bytes(symbols, $"{Lib}{id}.pdb")));
        MetadataReader pdb = provider.GetMetadataReader();

        DebugDirectoryEntry[] entries = [.. code.ReadDebugDirectory()];
        Assert.Contains(entries, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        CodeViewDebugDirectoryData link = code.ReadCodeViewDebugDirectoryData(entries.Single(entry => entry.Type == DebugDirectoryEntryType.CodeView));
        Assert.Equal(link.Guid, new BlobContentId(pdb.DebugMetadataHeader!.Id).Guid);

        Document[] documents = [.. pdb.Documents.Select(pdb.GetDocument)];
        Assert.NotEmpty(documents);
        Assert.All(documents, document => Assert.StartsWith("/_/", pdb.GetString(document.Name), StringComparison.Ordinal));
        Assert.All(pdb.Documents, document => Assert.NotEmpty(pdb.GetCustomDebugInformation(document)));
        Assert.Equal(-1, library.AsSpan().IndexOf(Encoding.UTF8.GetBytes(SharedData.RepositoryRoot)));
        Assert.Equal(-1, library.AsSpan().IndexOf(Encoding.Unicode.GetBytes(SharedData.RepositoryRoot)));
    }

    private static void AssertWords(ZipArchive package, string id)
    {
        string root = SharedData.RepositoryRoot;
        Assert.Equal(File.ReadAllText(Path.Combine(root, "src", id, "README.md")), Text(package, "README.md"));
        Assert.Equal(File.ReadAllText(Path.Combine(root, "LICENSE")), Text(package, "LICENSE"));
        Assert.Equal(File.ReadAllText(Path.Combine(root, "THIRD-PARTY-NOTICES.md")), Text(package, "THIRD-PARTY-NOTICES.md"));
    }

    /// <summary>All but what every package has by its format.</summary>
    private static string[] Files(ZipArchive package) =>
    [
        .. package.Entries.Select(entry => entry.FullName)
            .Where(name => name != "[Content_Types].xml" && !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.StartsWith("package/", StringComparison.Ordinal)
                && !name.EndsWith(".nuspec", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private static string Text(ZipArchive package, string name) => Encoding.UTF8.GetString(Bytes(package, name)).TrimStart('\uFEFF');

    private static byte[] Bytes(ZipArchive package, string name)
    {
        using Stream stream = package.GetEntry(name)!.Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
