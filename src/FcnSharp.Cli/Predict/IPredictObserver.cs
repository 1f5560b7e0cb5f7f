namespace FcnSharp.Cli.Predict;

/// <summary>What the pipeline tells as it goes. Calls come from several threads, one at a time.</summary>
internal interface IPredictObserver
{
    /// <summary>An image is about to be computed in tiles.</summary>
    void OnCut(PredictCut cut);

    /// <summary>So many rows of an image that is computed in tiles are done.</summary>
    void OnRows(PredictImage image, int done, int height);

    /// <summary>All results of an image are written.</summary>
    void OnDone(PredictImage image);

    /// <summary>An image cannot be read or segmented; the others go on.</summary>
    void OnFailed(PredictFailure failure);
}
