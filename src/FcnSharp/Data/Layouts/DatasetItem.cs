namespace FcnSharp.Data.Layouts;

/// <summary>The two files of a sample.</summary>
/// <param name="Name">The name by which messages speak of it, unique in its dataset.</param>
/// <param name="ImagePath">The picture.</param>
/// <param name="LabelPath">Its labels.</param>
internal sealed record DatasetItem(string Name, string ImagePath, string LabelPath);
