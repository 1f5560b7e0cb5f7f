using System.Globalization;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// Protobuf's messages in a stream, one nested in the other. Every length is held against the end of the message around it,
/// and so against the file's, before anything is allocated for it.
/// </summary>
/// <param name="input">The stream.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="length">The file's length in bytes.</param>
internal sealed class CaffeWire(CodedInputStream input, string path, long length)
{
    private long _end = length;

    /// <summary>The stream.</summary>
    public CodedInputStream Input { get; } = input;

    /// <summary>What is being read, for messages, such as "layer 'conv1'"; empty at the beginning.</summary>
    public string Place { get; set; } = "";

    /// <summary>Reads the fields of the message that encloses all.</summary>
    public void Fields(Action<uint, CaffeWire> field)
    {
        while (Input.Position < _end)
        {
            field(Input.ReadTag(), this);
            if (Input.Position > _end)
            {
                throw Error(string.Create(CultureInfo.InvariantCulture, $"has a field that goes on behind its message's end at byte {_end}"));
            }
        }
    }

    /// <summary>Reads the length of a nested message, then its fields.</summary>
    public void Message(Action<uint, CaffeWire> field)
    {
        long outer = _end;
        _end = LengthToEnd();
        Fields(field);
        _end = outer;
    }

    /// <summary>Reads a length and returns where its bytes end, which is not behind the end of the message.</summary>
    public long LengthToEnd()
    {
        int length = Input.ReadLength();
        long end = Input.Position + length;
        return length >= 0 && end <= _end
            ? end
            : throw Error(string.Create(CultureInfo.InvariantCulture, $"claims {length} bytes at byte {Input.Position}, where {_end - Input.Position} are left"));
    }

    /// <summary>A refusal; the problem is a sentence without its subject and its full stop.</summary>
    public FcnSharpException Error(string problem, Exception? cause = null)
    {
        string message = $"{ErrorText.OneLine(path)}: {(Place.Length > 0 ? Place : "the file")} {problem}; it is no .caffemodel, or damaged: download or copy it again.";
        return cause is null ? new FcnSharpException(message) : new FcnSharpException(message, cause);
    }
}
