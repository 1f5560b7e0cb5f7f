using FcnSharp.Server.Runs;
using FcnSharp.Server.Tests.Page;
using FcnSharp.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FcnSharp.Server.Tests.Runs;

/// <summary>The page of training runs, in a real browser.</summary>
public sealed class RunsPageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RunsServer _server;
    private readonly Browser _browser;

    public RunsPageTests(Browser browser)
    {
        _browser = browser;
        _server = RunsServer.Start(_folder["runs"], 0);
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_run_is_followed_while_it_goes_on()
    {
        await using Visit visit = await Open();
        await Expect(visit["#none"]).ToContainTextAsync("No training runs yet");

        RunFixture run = Run("first");
        run.Record(RunRecord.Running, 40);
        run.Steps(1, 10);
        run.Append("{\"step\":11,\"lo");
        await Reload(visit);
        await Expect(visit["#run-name"]).ToHaveTextAsync("first");
        await Expect(visit["#run-state"]).ToHaveTextAsync("running");
        await Expect(visit["#figures dd"].First).ToHaveTextAsync("10of 40");
        await Expect(visit["#classes-section"]).ToBeHiddenAsync();
        string curve = (await Loss(visit).GetAttributeAsync("points"))!;

        // From here on the page learns everything by itself.
        run.Append("ss\":0.1,\"learningRate\":0.01}\n");
        run.Steps(12, 20);
        run.Evaluate(20, RunRecord.Running, 40);
        await Expect(visit["#figures dd"].First).ToHaveTextAsync("20of 40");
        await Expect(visit["#progress"]).ToHaveAttributeAsync("aria-valuenow", "50");
        await Expect(visit["#classes tbody tr"]).ToHaveCountAsync(6);
        await Expect(visit["#confusion tbody td"]).ToHaveCountAsync(36);
        await Expect(visit["#samples canvas"]).ToHaveCountAsync(4);
        await Expect(visit[".chart circle"]).ToHaveCountAsync(1);
        await Expect(Loss(visit)).Not.ToHaveAttributeAsync("points", curve);

        run.Steps(21, 40);
        run.Evaluate(40, RunRecord.Finished, 40);
        await Expect(visit["#run-state"]).ToHaveTextAsync("finished");
        await Expect(visit["#announcer"]).ToContainTextAsync("Evaluated after step 40");
        await Expect(visit[".chart circle"]).ToHaveCountAsync(2);
        visit.AssertClean();
    }

    [Fact]
    public async Task Another_run_is_chosen_and_the_address_remembers_it()
    {
        foreach (string name in (string[])["one", "two"])
        {
            Run(name).Steps(1, name == "one" ? 11 : 22);
        }

        await using Visit visit = await Open();
        await visit[".run:has-text('one')"].ClickAsync();
        await Expect(visit["#figures dd"].First).ToContainTextAsync("11");
        await Expect(visit[".run[aria-current='true']"]).ToContainTextAsync("one");

        await visit.Page.ReloadAsync();
        await Expect(visit["#run-name"]).ToHaveTextAsync("one");
        await visit[".run:has-text('two')"].FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit["#run-name"]).ToHaveTextAsync("two");
        visit.AssertClean();
    }

    [Fact]
    public async Task A_server_that_is_gone_is_told()
    {
        Run("one").Steps(1, 5);
        Run("one").Record(RunRecord.Running, 9);
        await using Visit visit = (await Open()).ExpectErrors();
        await Expect(visit["#run-name"]).ToHaveTextAsync("one");

        _server.Dispose();

        await Expect(visit["#banner-text"]).ToContainTextAsync("The server does not answer");
        visit.AssertClean();
    }

    [Theory]
    [MemberData(nameof(PageLooksTests.Windows), MemberType = typeof(PageLooksTests))]
    public async Task It_can_be_read_at_every_width_and_in_both_themes(int width, ColorScheme scheme)
    {
        RunFixture run = Run("one");
        run.Steps(1, 300);
        run.Evaluate(300, RunRecord.Finished, 300);
        await using Visit visit = await Open(width, scheme);
        await Expect(visit["#samples canvas"]).ToHaveCountAsync(4);
        await visit["summary"].ClickAsync();

        await Looks.Check(visit);

        visit.AssertClean();
    }

    private async Task<Visit> Open(int width = 1440, ColorScheme scheme = ColorScheme.Light) => await (await _browser.Open(_server.Address, width, 900, scheme)).Go("/runs");

    /// <summary>A page that showed no run looks seldom.</summary>
    private static Task Reload(Visit visit) => visit.Page.ReloadAsync();

    private static ILocator Loss(Visit visit) => visit[".chart .line"].First;

    private RunFixture Run(string name) => new(_folder["runs/" + name]);
}
