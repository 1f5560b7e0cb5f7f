using FcnSharp.Cli.Tests.Demo;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Predict;

/// <summary>What `fcn predict` finds under folders, patterns, lists and standard input, and where the results go.</summary>
public sealed class PredictSourcesTests : IClassFixture<FinishedDemo>, IDisposable
{
    private readonly FinishedDemo _demo;
    private readonly TempFolder _temp = new();

    public PredictSourcesTests(FinishedDemo demo)
    {
        _demo = demo;
        foreach (string name in (string[])["in/a.png", "in/x/a.PNG", "in/x/y/b.c.png", "in/.hidden.png", "in/.git/h.png", "other/d.png"])
        {
            Put(name);
        }

        File.WriteAllText(_temp["in/x/notes.txt"], "no picture");
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_folder_is_read_with_all_below_it_and_the_results_keep_its_folders()
    {
        Assert.Equal(["a", "x/a", "x/y/b.c"], Predicted("", _temp["in"]));
    }

    [Fact]
    public void A_folder_and_an_image_go_together_and_an_image_named_twice_is_done_once()
    {
        Assert.Equal(["a", "d", "x/a", "x/y/b.c"], Predicted("", _temp["in"], _temp["other/d.png"], _temp["other/../other/d.png"], _temp["in/a.png"]));
    }

    [Theory]
    [InlineData("in/*.png", "a")]
    [InlineData("in/*/*", "x/a")]
    [InlineData("in/**/?.*", "a x/a x/y/b.c")]
    [InlineData("in/**/y/**/*.png", "x/y/b.c")]
    [InlineData("in/**", "a x/a x/y/b.c")]
    [InlineData("i?/a.*", "in/a")]
    [InlineData("*/**/b*", "in/x/y/b.c")]
    [InlineData("in/.*", ".hidden")]
    public void A_pattern_names_results_from_the_folder_before_its_first_wildcard(string pattern, string names)
    {
        string[] expected = names.Split(' ');

        Assert.Equal(expected, Predicted("", _temp[pattern]));
    }

    [Fact]
    public void A_pattern_that_fits_no_image_is_one_line()
    {
        AssertFails($"error: {_temp["in/*.txt"]}: expected images that fit this pattern, files that end on .png, .jpg, .jpeg, .webp; found none.", "", _temp["in/*.txt"]);
    }

    [Fact]
    public void Files_that_look_like_patterns_lists_or_options_are_what_they_are()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        Put("odd/a*.png");
        Put("odd/ab.png");
        Put("odd/.png");

        Assert.Equal(["a*"], Predicted("", _temp["odd/a*.png"]));
        Assert.Equal([".png"], Predicted("", _temp["odd/.png"]));
    }

    [Fact]
    public void Lists_and_standard_input_name_images_and_folders()
    {
        File.WriteAllText(_temp["my list.txt"], $"{_temp["in/a.png"]}\r\n\n{_temp["in/x/y"]}");
        string[] expected = ["a", "b.c"];

        Assert.Equal(expected, Predicted("", "@" + _temp["my list.txt"]));
        Assert.Equal(expected, Predicted("", "--list", _temp["my list.txt"]));
        Assert.Equal(expected, Predicted(File.ReadAllText(_temp["my list.txt"]), "-"));
        Assert.Equal(["a", "b.c", "d"], Predicted("", "--list", _temp["my list.txt"], _temp["other/d.png"]));
    }

    [Fact]
    public void Paths_of_a_list_below_the_current_folder_keep_their_folders()
    {
        string folder = $"predict-sources-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path.Combine(folder, "s"));
        try
        {
            File.Copy(_temp["in/a.png"], $"{folder}/s/a.png");

            Assert.Equal([$"{folder}/s/a"], Predicted($"./{folder}/s/a.png\n{folder}/s/a.png", "-"));
            Assert.Equal(["a"], Predicted($"{folder}/../{folder}/s/a.png\n", "-"));
            Assert.Equal(["a"], Predicted("", $"{folder}/s/a.png"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_missing_path_of_a_list_is_named_at_the_end_and_the_others_are_done()
    {
        string input = $"{_temp["gone.png"]}\n{_temp["in/a.png"]}\n{_temp["in/x/notes.txt"]}\n";
        CapturedTerminal terminal = new(input: input);

        Assert.Equal(1, terminal.Run("predict", "-", "--model", _demo.Model, "--out", _temp["out"], "-q"));

        Assert.Equal(["a"], Names());
        Assert.Equal(2, terminal.ErrorLines.Length);
        Assert.Equal($"error: {_temp["gone.png"]}: there is no such image or folder (named by standard input); paths of a list count from the current folder.", terminal.ErrorLines[0]);
        Assert.StartsWith($"error: {_temp["in/x/notes.txt"]}: the file is ", terminal.ErrorLines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "standard input: expected the path of an image or folder in each line, found none.")]
    [InlineData("\n \n", "standard input: expected the path of an image or folder in each line, found none.")]
    [InlineData("no/such/a.png\nno/such/b.png", "standard input: nothing that it names exists, such as no/such/a.png; paths of a list count from the current folder.")]
    [InlineData("x\n\0", "standard input: line 2 is no path; expected the path of one image or folder in each line.")]
    public void What_is_no_list_is_one_line(string input, string expected)
    {
        AssertFails("error: " + expected, input, "-");
    }

    [Fact]
    public void A_list_that_is_a_picture_or_missing_is_one_line()
    {
        AssertFails($"error: {_temp["in/a.png"]}: line ", "", "--list", _temp["in/a.png"]);
        AssertFails($"error: {_temp["gone.txt"]}: the list could not be read (", "", "@" + _temp["gone.txt"]);
        AssertFails($"error: {_temp["in"]}: the list could not be read (", "", "--list", _temp["in"]);
    }

    [Fact]
    public void A_line_without_end_is_refused()
    {
        AssertFails("error: standard input: line 1 is no path", new string('a', 40_000), "-");
    }

    [Fact]
    public void The_output_folder_within_the_given_one_is_not_taken_for_images()
    {
        for (int i = 0; i < 2; i++)
        {
            CapturedTerminal terminal = new();
            Assert.Equal(0, terminal.Run("predict", _temp["in"], "--model", _demo.Model, "--out", _temp["in/out"], "-q"));
        }

        Assert.Equal(6, Directory.EnumerateFiles(_temp["in/out"], "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public void A_link_to_a_folder_is_not_followed_below_a_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right on Windows.");
        Directory.CreateSymbolicLink(_temp["in/x/circle"], _temp["in"]);
        Directory.CreateSymbolicLink(_temp["link"], _temp["in"]);

        Assert.Equal(["a", "x/a", "x/y/b.c"], Predicted("", _temp["in"]));
        Assert.Equal(["a", "x/a", "x/y/b.c"], Predicted("", _temp["link"]));
    }

    [Fact]
    public void Images_whose_results_would_share_a_name_are_refused_before_anything_is_written()
    {
        File.Copy(_temp["in/x/a.PNG"], _temp["in/x/a.jpg"]);

        AssertFails($"error: {_temp["out/x/a.png"]}: the results of ", "", _temp["in"]);
        AssertFails($"error: {_temp["out/x/a.png"]}: the results of ", "", _temp["in"], "--shard", "1/9");
        Assert.False(Directory.Exists(_temp["out"]));
    }

    private string[] Predicted(string input, params string[] args)
    {
        if (Directory.Exists(_temp["out"]))
        {
            Directory.Delete(_temp["out"], recursive: true);
        }

        CapturedTerminal terminal = new(input: input);
        int exitCode = terminal.Run(["predict", .. args, "--model", _demo.Model, "--out", _temp["out"], "-q"]);
        Assert.Equal((0, ""), (exitCode, terminal.Error));
        return Names();
    }

    /// <summary>The results' names; each must have both files.</summary>
    private string[] Names()
    {
        string[] files = [.. SmallDemo.Files(_temp["out"]).Keys];
        string[] names = [.. files.Where(name => !name.EndsWith(".overlay.png", StringComparison.Ordinal)).Select(name => name[..^4]).Order(StringComparer.Ordinal)];
        Assert.Equal(names.Select(name => name + ".overlay.png"), files.Where(name => name.EndsWith(".overlay.png", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        return names;
    }

    private void AssertFails(string start, string input, params string[] args)
    {
        CapturedTerminal terminal = new(input: input);
        Assert.Equal(1, terminal.Run(["predict", .. args, "--model", _demo.Model, "--out", _temp["out"]]));
        Assert.StartsWith(start, Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    private void Put(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_temp[name])!);
        File.Copy(Path.Combine(_demo.Folder, "data", "images", "0001.png"), _temp[name]);
    }
}
