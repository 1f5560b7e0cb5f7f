using System.IO.Compression;
using System.Xml.Linq;
using FcnSharp.TestKit;
using FcnSharp.Packaging.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(LocalFeed))]

namespace FcnSharp.Packaging.Tests;

/// <summary>
/// A folder with the packages of this build, and a NuGet that knows no other place but the packages that this machine has restored
/// before: no test asks a server, and none can take an FcnSharp from elsewhere.
/// </summary>
public sealed class LocalFeed : IAsyncLifetime, IDisposable
{
    /// <summary>No version that is ever released.</summary>
    public const string Version = "0.0.0-test";

    /// <summary>The libraries.</summary>
    public static readonly string[] Libraries = ["FcnSharp.Tensors", "FcnSharp", "FcnSharp.Server"];

    /// <summary>The tool.</summary>
    public const string Tool = "FcnSharp.Cli";

    private readonly TempFolder _folder = new();

    /// <summary>The model that comes with the command.</summary>
    public static string Model { get; } = Path.Combine(SharedData.RepositoryRoot, "models", "fcn8s-googlenet-camvid.safetensors");

    /// <summary>What this build optimises for: release or debug.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Name;

    /// <summary>The settings of NuGet for what installs from here.</summary>
    public string Settings => _folder["nuget.config"];

    private static string Restored => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Opens a package.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="extension">nupkg, or snupkg for its symbols.</param>
    public ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(_folder[Path.Combine("feed", $"{id}.{Version}.{extension}")]);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        foreach (string id in Libraries.Append(Tool))
        {
            await Command.RunAsync(
                SharedData.RepositoryRoot, "dotnet", "pack", Path.Combine("src", id, id + ".csproj"), "--configuration", Configuration, "--no-build",
                "--output", _folder["feed"], "-p:PackageVersion=" + Version, "--verbosity", "quiet");
        }

        new XElement(
            "configuration",
            new XElement("config", Setting("globalPackagesFolder", _folder["cache"])),
            new XElement("packageSources", new XElement("clear"), Setting("feed", _folder["feed"]), Setting("restored", Restored))).Save(Settings);
    }

    /// <summary>Makes a folder for a project that takes packages from here.</summary>
    public string NewFolder(string name)
    {
        string folder = Directory.CreateDirectory(_folder[name]).FullName;
        File.Copy(Settings, Path.Combine(folder, "nuget.config"));
        return folder;
    }

    /// <summary>Skips the running test where a package of others that it needs was never restored into the usual folder.</summary>
    public static void NeedRestored(string package) => Assert.SkipUnless(
        Directory.Exists(Path.Combine(Restored, package)), $"{package} is not in {Restored}: this test installs without a server.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static XElement Setting(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));
}
