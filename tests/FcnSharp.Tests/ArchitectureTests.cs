using System.Text.RegularExpressions;
using System.Xml.Linq;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>
/// The direction of knowledge: Tensors &lt;- FcnSharp &lt;- Server &lt;- Cli between the projects, Cuda beside FcnSharp, and a table of rooms inside FcnSharp.
/// Read from the sources and not from the compiled types, so that a constant or a nameof counts as well.
/// </summary>
public sealed partial class ArchitectureTests
{
    private const int LongestFile = 800;

    /// <summary>By custom, what adds to a program's services is found in their own namespace.</summary>
    private const string ServicesNamespace = "Microsoft.Extensions.DependencyInjection";

    /// <summary>What each project of src may reference: other projects, then packages.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> AllowedReferences = new()
    {
        ["FcnSharp.Tensors"] = ([], []),
        ["FcnSharp"] = (["FcnSharp.Tensors"], ["Google.Protobuf"]),
        ["FcnSharp.Server"] = (["FcnSharp", "FcnSharp.Tensors"], []),
        ["FcnSharp.Cuda"] = (["FcnSharp.Tensors"], []),
        ["FcnSharp.Cli"] = (["FcnSharp", "FcnSharp.Tensors", "FcnSharp.Cuda", "FcnSharp.Server"], ["System.CommandLine"]),
    };

    /// <summary>
    /// What each folder of src/FcnSharp may name of the other folders. FcnSharp.Tensors and the few files beside the folders
    /// are open to all; those files in turn name no folder.
    /// </summary>
    private static readonly Dictionary<string, string[]> AllowedRooms = new()
    {
        ["Graph"] = ["Layers"],
        ["Layers"] = [],
        ["Imaging"] = [],
        ["Formats"] = ["Graph", "Layers"],
        ["Models"] = ["Graph", "Layers", "Formats"],
        ["Data"] = ["Imaging"],
        ["Evaluation"] = ["Imaging", "Data", "Inference"],
        ["Reports"] = ["Imaging", "Data", "Evaluation"],
        ["Inference"] = ["Graph", "Layers", "Imaging", "Formats", "Models"],
        ["Training"] = ["Graph", "Layers", "Imaging", "Formats", "Models", "Data", "Evaluation", "Inference"],
    };

    private static readonly string Source = Path.Combine(SharedData.RepositoryRoot, "src");

    /// <summary>For each room the names of its types, one file each, as alternatives of a pattern; never an empty pattern, which matches all.</summary>
    private static readonly Dictionary<string, string> TypesOf = AllowedRooms.Keys.ToDictionary(room => room, room =>
        string.Join('|', Files("FcnSharp").Where(file => file.Room == room).Select(file => Path.GetFileNameWithoutExtension(file.Path)).DefaultIfEmpty("(?!)")));

    [Fact]
    public void Projects_reference_only_what_lies_below_them()
    {
        List<string> found = [];
        foreach (string project in Directory.EnumerateFiles(Source, "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(project);
            Assert.True(AllowedReferences.TryGetValue(name, out var allowed), $"src/{name} is new: add it to {nameof(AllowedReferences)} with what it may reference.");

            XDocument xml = XDocument.Load(project);
            found.AddRange(References(xml, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))
                .Except(allowed.Projects).Select(other => $"{name} references the project {other}"));
            found.AddRange(References(xml, "PackageReference").Except(allowed.Packages).Select(package => $"{name} references the package {package}"));
        }

        AssertNone(found);
    }

    [Fact]
    public void Folders_of_the_library_name_only_the_rooms_they_may_know()
    {
        List<string> found = [];
        foreach (SourceFile file in Files("FcnSharp"))
        {
            string[] allowed = [];
            Assert.True(file.Room.Length == 0 || AllowedRooms.TryGetValue(file.Room, out allowed!),
                $"src/FcnSharp/{file.Room} is new: add it to {nameof(AllowedRooms)} with the rooms it may know.");

            found.AddRange(RoomsNamedIn(file).Where(room => room != file.Room && !allowed.Contains(room))
                .Select(room => $"{file.Path} names {room}; {(file.Room.Length == 0 ? "the root" : file.Room)} may know: {string.Join(", ", allowed.DefaultIfEmpty("no room"))}"));
        }

        AssertNone(found);
    }

    [Fact]
    public void Only_one_file_of_the_library_chooses_a_device()
    {
        string[] found = [.. Files("FcnSharp").Where(file => DeviceName().IsMatch(file.Code)).Select(file => file.Path)];

        // Users of Segmenter should not have to know kernels; all else takes the device that it is given.
        Assert.Equal(["FcnSharp/DefaultDevice.cs"], found);
    }

    [Fact]
    public void Nothing_in_the_library_names_the_command_line_or_the_server() => AssertNone(
        Files("FcnSharp", "FcnSharp.Tensors", "FcnSharp.Cuda").Where(file => UpperProjectName().IsMatch(file.Code)).Select(file => $"{file.Path} names a project above it"));

    /// <summary>Nothing of a request may reach the file system: the server writes no file, and leaves bodies to no reader that would. Runs also holds what a training run writes of itself.</summary>
    [Fact]
    public void What_answers_requests_writes_no_files() => AssertNone(
        Files("FcnSharp.Server").Where(file => file.Room != "Runs" && FileWriting().IsMatch(file.Code)).Select(file => $"{file.Path} may write a file: {FileWriting().Match(file.Code)}"));

    [Fact]
    public void The_engine_names_nothing_of_the_library() => AssertNone(
        Files("FcnSharp.Tensors", "FcnSharp.Cuda").SelectMany(file => RoomsNamedIn(file).Select(room => $"{file.Path} names {room}")));

    /// <summary>Folders inside a room may only sort its files, so that a reader of the API need not know them: there the room's namespace is right too.</summary>
    [Fact]
    public void Namespaces_follow_the_folders()
    {
        List<string> found = [];
        foreach (SourceFile file in Files())
        {
            string folder = Path.GetDirectoryName(file.Path)!.Replace('\\', '.').Replace('/', '.');
            string room = file.Room.Length > 0 ? $"{file.Project}.{file.Room}" : file.Project;
            Match declared = NamespaceName().Match(file.Code);
            if (declared.Success && declared.Groups[1].Value != folder && declared.Groups[1].Value != room && declared.Groups[1].Value != ServicesNamespace)
            {
                found.Add($"{file.Path} declares {declared.Groups[1].Value}, its folder says {folder}");
            }
        }

        AssertNone(found);
    }

    [Fact]
    public void Files_stay_short_enough_to_read() => AssertNone(
        Files().Where(file => file.Lines > LongestFile).Select(file => $"{file.Path} has {file.Lines} lines, more than {LongestFile}"));

    [Fact]
    public void Every_layer_is_named_by_a_test()
    {
        string[] layers = [.. Files("FcnSharp").Where(file => file.Room == "Layers").Select(file => Path.GetFileNameWithoutExtension(file.Path))];

        string tests = string.Concat(Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        AssertNone(layers.Where(layer => !Regex.IsMatch(tests, $@"\b{layer}\b")).Select(layer => $"no test names the layer {layer}"));
    }

    private static IEnumerable<string> References(XDocument project, string element) =>
        project.Descendants(element).Select(reference => (string)reference.Attribute("Include")!);

    private static IEnumerable<SourceFile> Files(params string[] projects) =>
        Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Select(path => SourceFile.Read(Source, path))
            .Where(file => projects.Length == 0 || projects.Contains(file.Project));

    /// <summary>
    /// The rooms that a file names: by FcnSharp.Graph in a using or a qualified name, or by Graph.Net from inside FcnSharp.
    /// The short form counts only before a type of that room, because Data.Length may as well be a property's length.
    /// </summary>
    private static IEnumerable<string> RoomsNamedIn(SourceFile file)
    {
        string code = NamespaceName().Replace(file.Code, "");
        return AllowedRooms.Keys.Where(room =>
            Regex.IsMatch(code, $@"\bFcnSharp\.{room}\b") || Regex.IsMatch(code, $@"(?<![\w.]){room}\.({TypesOf[room]})\b"));
    }

    private static void AssertNone(IEnumerable<string> found) => Assert.True(!found.Any(), string.Join('\n', found));

    [GeneratedRegex(@"\bTensors\.(Cpu|Reference)\b")]
    private static partial Regex DeviceName();

    [GeneratedRegex(@"\bFcnSharp\.(Cli|Server)\b")]
    private static partial Regex UpperProjectName();

    [GeneratedRegex(@"\bFile\.(Write|Create|Append|OpenWrite|Move|Copy)|\bFileMode\.(Create|Append|OpenOrCreate)|\bAtomicFile\b|\bStreamWriter\b|ReadFormAsync|\bIFormFile|\.Form\b|EnableBuffering|GetTempPath|GetTempFileName|FileBuffering|PngFile\.Write|SaveMask")]
    private static partial Regex FileWriting();

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"//[^\n]*|/\*[\s\S]*?\*/")]
    private static partial Regex Comment();

    /// <summary>One file of src: its path below src, its project, its room (the first folder, empty beside the folders), and its code without comments.</summary>
    private sealed record SourceFile(string Path, string Project, string Room, string Code, int Lines)
    {
        public static SourceFile Read(string root, string path)
        {
            string text = File.ReadAllText(path);
            string relative = System.IO.Path.GetRelativePath(root, path).Replace('\\', '/');
            string[] parts = relative.Split('/');
            return new SourceFile(relative, parts[0], parts.Length > 2 ? parts[1] : "", Comment().Replace(text, ""), text.AsSpan().Count('\n'));
        }
    }
}
