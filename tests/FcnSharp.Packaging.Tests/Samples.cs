using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;

namespace FcnSharp.Packaging.Tests;

/// <summary>What the tests segment, and what comes out in this process.</summary>
internal static class Samples
{
    /// <summary>Writes a picture of several classes.</summary>
    public static string WriteImage(string folder)
    {
        string path = Path.Combine(folder, "scene.png");
        PngFile.WriteRgb(path, TestImages.Scene(240, 180).Image);
        return path;
    }

    /// <summary>The segmentation of a picture by the model that comes with the command.</summary>
    public static Segmentation Segment(string image)
    {
        using Segmenter segmenter = Segmenter.Load(LocalFeed.Model);
        return segmenter.Segment(image);
    }

    /// <summary>The program that a package's README shows.</summary>
    public static string Program(string package)
    {
        string readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "src", package, "README.md")).ReplaceLineEndings("\n");
        return readme.Split("```csharp\n")[1].Split("\n```")[0];
    }

    /// <summary>Writes a project as `dotnet new` does, with one package.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="sdk">The kind of project: Microsoft.NET.Sdk, or Microsoft.NET.Sdk.Web.</param>
    /// <param name="package">The package that it uses, and whose README shows the program.</param>
    /// <param name="properties">Further properties, such as PublishTrimmed.</param>
    public static void WriteProject(string folder, string sdk, string package, string properties = "")
    {
        File.WriteAllText(Path.Combine(folder, "app.csproj"), $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{package}" Version="{LocalFeed.Version}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), Program(package));
    }
}
