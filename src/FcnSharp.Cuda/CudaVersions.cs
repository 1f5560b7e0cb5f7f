namespace FcnSharp.Cuda;

/// <summary>What was found to compute with.</summary>
/// <param name="Driver">The newest CUDA that the driver can run.</param>
/// <param name="Cudnn">cuDNN, convolutions.</param>
/// <param name="Cublas">cuBLASLt, products of matrices.</param>
/// <param name="Nvrtc">The compiler of kernels at run time.</param>
public sealed record CudaVersions(Version Driver, Version Cudnn, Version Cublas, Version Nvrtc);
