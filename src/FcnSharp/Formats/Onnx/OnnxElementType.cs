namespace FcnSharp.Formats.Onnx;

/// <summary>Types of elements, by ONNX's numbers (TensorProto.DataType).</summary>
internal enum OnnxElementType
{
    Float = 1,
    UInt8 = 2,
    Int32 = 6,
    Int64 = 7,
    Float16 = 10,
}
