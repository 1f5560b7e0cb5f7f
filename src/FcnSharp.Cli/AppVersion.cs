using System.Reflection;

namespace FcnSharp.Cli;

/// <summary>The version of the program as its users know it.</summary>
internal static class AppVersion
{
    /// <summary>Such as 0.1.0: without the commit that the SDK appends after a plus.</summary>
    public static string Current { get; } =
        typeof(AppVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
