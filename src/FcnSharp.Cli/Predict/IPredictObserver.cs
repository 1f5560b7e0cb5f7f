namespace FcnSharp.Cli.Predict;

/// <summary>What the pipeline tells as it goes. Calls come from several threads, one at a time.</summary>
internal interface IPredictObserver
{
    /// <summary>All results of an image are written.</summary>
    void OnDone(PredictImage image);

    /// <summary>An image cannot be read or segmented; the others go on.</summary>
    void OnFailed(PredictFailure failure);
}
