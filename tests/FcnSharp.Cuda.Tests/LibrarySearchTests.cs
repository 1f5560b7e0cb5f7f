using System.Runtime.InteropServices;
using FcnSharp.Cuda.Native;
using Xunit;

namespace FcnSharp.Cuda.Tests;

/// <summary>Where libraries are looked for, and in which order.</summary>
public sealed class LibrarySearchTests
{
    [Theory]
    [InlineData("FCNSHARP_CUDA", "/opt/a:/opt/nvidia", "/opt/nvidia/libcudnn.so.9")]
    [InlineData("CUDA_HOME", "/opt/toolkit", "/opt/toolkit/lib64/libcudnn.so.9")]
    [InlineData("CUDA_PATH", "/opt/toolkit", "/opt/toolkit/lib/libcudnn.so.9")]
    [InlineData("VIRTUAL_ENV", "/home/a/venv", "/home/a/venv/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9")]
    [InlineData("CONDA_PREFIX", "/opt/conda", "/opt/conda/lib/libcudnn.so.9")]
    [InlineData("HOME", "/", "/usr/local/cuda/lib64/libcudnn.so.9")]
    [InlineData("HOME", "/", "/usr/local/cuda-12.6/lib64/libcudnn.so.9")]
    [InlineData("HOME", "/", "/usr/lib/x86_64-linux-gnu/libcudnn.so.9")]
    [InlineData("HOME", "/", "/usr/lib/wsl/lib/libcudnn.so.9")]
    public void Every_usual_folder_of_Linux_is_looked_in(string variable, string value, string path)
    {
        var system = new FakeSystem { Files = [path], Variables = new() { [variable] = value } };
        Assert.Equal(path, new LibrarySearch(system).Find(CudaLibrary.Cudnn, 9)?.Path);
    }

    [Theory]
    [InlineData("CUDA_PATH", "C:/Toolkit", "C:/Toolkit/bin/x64/cublasLt64_13.dll")]
    [InlineData("ProgramFiles", "D:/Programs", "D:/Programs/NVIDIA GPU Computing Toolkit/CUDA/v13.0/bin/cublasLt64_13.dll")]
    [InlineData("ProgramFiles", "D:/Programs", "D:/Programs/NVIDIA/CUDNN/v9.5/bin/12.6/cublasLt64_13.dll")]
    [InlineData("VIRTUAL_ENV", "C:/venv", "C:/venv/Lib/site-packages/nvidia/cublas/bin/cublasLt64_13.dll")]
    public void Every_usual_folder_of_Windows_is_looked_in(string variable, string value, string path)
    {
        Assert.SkipUnless(OperatingSystem.IsWindows() || !value.Contains(':', StringComparison.Ordinal) || variable == "ProgramFiles", "Paths with a drive are rooted on Windows alone.");
        var system = new FakeSystem { Platform = OSPlatform.Windows, Files = [path], Variables = new() { [variable] = value } };
        Assert.Equal(path, new LibrarySearch(system).Find(CudaLibrary.CublasLt, 13)?.Path.Replace('\\', '/'));
    }

    [Fact]
    public void Packages_of_CUDA_13_share_a_folder()
    {
        const string Path = "/venv/lib/python3.13/site-packages/nvidia/cu13/lib/libnvrtc.so.13";
        var system = new FakeSystem { Files = [Path], Variables = new() { ["VIRTUAL_ENV"] = "/venv" } };
        Assert.Equal(Path, new LibrarySearch(system).Find(CudaLibrary.Nvrtc, 13)?.Path);
    }

    [Fact]
    public void What_the_user_names_comes_first_then_what_the_system_knows_then_the_rest()
    {
        List<string> files = ["/usr/local/cuda/lib64/libnvrtc.so.12", "libnvrtc.so.12", "/mine/libnvrtc.so.12"];
        var system = new FakeSystem { Files = files, Variables = new() { ["FCNSHARP_CUDA"] = "/mine" } };
        var search = new LibrarySearch(system);

        Assert.Equal("/mine/libnvrtc.so.12", search.Find(CudaLibrary.Nvrtc, 12)?.Path);
        files.RemoveAt(2);
        Assert.Equal("libnvrtc.so.12", search.Find(CudaLibrary.Nvrtc, 12)?.Path);
        files.RemoveAt(1);
        Assert.Equal("/usr/local/cuda/lib64/libnvrtc.so.12", search.Find(CudaLibrary.Nvrtc, 12)?.Path);
        files.RemoveAt(0);
        Assert.Null(search.Find(CudaLibrary.Nvrtc, 12));
    }

    [Fact]
    public void The_newest_toolkit_of_several_is_taken()
    {
        var system = new FakeSystem { Files = ["/usr/local/cuda-12.2/lib64/libnvrtc.so.12", "/usr/local/cuda-12.6/lib64/libnvrtc.so.12"] };
        Assert.Equal("/usr/local/cuda-12.6/lib64/libnvrtc.so.12", new LibrarySearch(system).Find(CudaLibrary.Nvrtc, 12)?.Path);
    }

    [Fact]
    public void Relative_folders_are_not_looked_in()
    {
        var system = new FakeSystem { Files = [], Variables = new() { ["FCNSHARP_CUDA"] = "here:../there", ["CUDA_HOME"] = "toolkit", ["VIRTUAL_ENV"] = "venv", ["CONDA_PREFIX"] = "." } };
        Assert.Null(new LibrarySearch(system).Find(CudaLibrary.Cudnn, 9));
        Assert.All(system.Asked, file => Assert.True(file == "libcudnn.so.9" || Path.IsPathRooted(file), file));
    }

    [Fact]
    public void On_Arm_other_folders_are_looked_in()
    {
        const string Path = "/usr/lib/aarch64-linux-gnu/libcudnn.so.9";
        Assert.Equal(Path, new LibrarySearch(new FakeSystem { Architecture = Architecture.Arm64, Files = [Path] }).Find(CudaLibrary.Cudnn, 9)?.Path);
        Assert.Null(new LibrarySearch(new FakeSystem { Files = [Path] }).Find(CudaLibrary.Cudnn, 9));
    }

    [Fact]
    public void The_real_system_loads_what_is_there_and_nothing_from_the_current_folder()
    {
        var system = new NativeSystem();
        Assert.False(system.TryLoad("libfcnsharp-no-such-library.so", out _));
        Assert.False(system.TryLoad(Path.Combine(Path.GetTempPath(), "no", "such", "library.so"), out _));
        Assert.Empty(system.FoldersLike(Path.Combine(Path.GetTempPath(), "no-such-folder"), "*"));
        if (OperatingSystem.IsLinux())
        {
            Assert.True(system.TryLoad("libc.so.6", out nint c));
            Assert.True(system.TryGetExport(c, "getpid", out nint getpid));
            Assert.NotEqual(0, getpid);
            Assert.False(system.TryGetExport(c, "no_such_function", out _));
        }
    }
}
