using System.CommandLine;
using FcnSharp.Data;

namespace FcnSharp.Cli.Commands;

/// <summary>One part of a dataset that a verb reads: --data, --split and what the labels mean.</summary>
internal sealed class LabelledData
{
    private static readonly Dictionary<string, DatasetSplit> Splits = new()
    {
        ["val"] = DatasetSplit.Val,
        ["train"] = DatasetSplit.Train,
        ["test"] = DatasetSplit.Test,
        ["all"] = DatasetSplit.All,
    };

    private readonly Option<string> _data = new("--data") { Description = "The dataset: PASCAL VOC, CamVid, Cityscapes, ADE20K, LabelMe, or images/ and labels/.", Required = true, HelpName = "folder" };
    private readonly Option<string> _split = new("--split") { Description = $"The part of it: {string.Join(", ", Splits.Keys)}.", HelpName = "part", DefaultValueFactory = _ => "val" };
    private readonly LabelOptions _labels = new();

    /// <summary>Creates the options.</summary>
    public LabelledData()
    {
        _data.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var value }] && string.IsNullOrWhiteSpace(value))
            {
                result.AddError("--data needs the name of a folder; write . for the current one");
            }
        });
        _split.CompletionSources.Add([.. Splits.Keys]);
        _split.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var value }] && !Splits.ContainsKey(value))
            {
                result.AddError($"--split is {string.Join(", ", Splits.Keys)}, found '{value}'");
            }
        });
    }

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_data);
        verb.Add(_split);
        _labels.AddTo(verb);
    }

    /// <summary>The folder as it was given.</summary>
    public string Folder(ParseResult parsed) => parsed.GetRequiredValue(_data);

    /// <summary>The part's name as it was given.</summary>
    public string Split(ParseResult parsed) => parsed.GetRequiredValue(_split);

    /// <summary>Opens the part.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="defaultClasses">The classes of data that names none; null to count its labels.</param>
    /// <exception cref="Tensors.FcnSharpException">No layout fits, a file has no partner, or the part is empty.</exception>
    public FolderDataset Open(ParseResult parsed, IReadOnlyList<ClassInfo>? defaultClasses = null) =>
        FolderDataset.Open(Folder(parsed), Splits[Split(parsed)], _labels.Read(parsed) with { DefaultClasses = defaultClasses });
}
