using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>Of tests that measure the process and so run while no other test does.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>What the server takes while nobody asks.</summary>
[Collection(nameof(AloneCollection))]
public sealed class IdleTests
{
    [Fact]
    public async Task Idle_the_server_uses_no_processor()
    {
        await using RunningServer server = await RunningServer.Start();
        using (HttpResponseMessage answer = await server.Post(RunningServer.Scene()))
        {
            Assert.Equal(200, (int)answer.StatusCode);
        }

        // The smallest of several spans: methods are still being compiled.
        double least = double.MaxValue;
        for (int i = 0; i < 30 && least >= 0.05; i++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            await Task.Delay(300, TestContext.Current.CancellationToken);
            least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalSeconds / 0.3);
        }

        Assert.True(least < 0.05, $"{100 * least:0} % of a core");
    }
}
