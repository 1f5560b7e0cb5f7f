namespace FcnSharp.Formats.Caffe;

/// <summary>Which of a definition's layers are meant.</summary>
public enum CaffePhase
{
    /// <summary>Those of testing and of deployment.</summary>
    Test,

    /// <summary>Those of training.</summary>
    Train,
}
