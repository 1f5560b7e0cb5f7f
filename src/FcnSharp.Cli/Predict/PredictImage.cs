namespace FcnSharp.Cli.Predict;

/// <summary>An image to segment.</summary>
/// <param name="Path">The file, as the user would write it.</param>
/// <param name="Name">What its results are called below the output folder: folders, if any, and the file's name without ending.</param>
internal sealed record PredictImage(string Path, string Name);

/// <summary>What could not be predicted.</summary>
/// <param name="Path">The image, list entry or folder.</param>
/// <param name="Reason">Why, in one line.</param>
internal sealed record PredictFailure(string Path, string Reason)
{
    /// <summary>A failure from a message that may begin with the path itself.</summary>
    public static PredictFailure Of(string path, string message) =>
        new(path, message.StartsWith(path + ": ", StringComparison.Ordinal) ? message[(path.Length + 2)..] : message);
}
