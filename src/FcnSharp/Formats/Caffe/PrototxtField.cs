namespace FcnSharp.Formats.Caffe;

/// <summary>How a field's value is written.</summary>
public enum PrototxtKind
{
    /// <summary>A number; <see cref="PrototxtField.Text"/> holds it as written.</summary>
    Number,

    /// <summary>A bare word: a value of an enum, true, false, inf, nan.</summary>
    Identifier,

    /// <summary>A text in quotes, unescaped.</summary>
    Text,

    /// <summary>A nested message.</summary>
    Message,
}

/// <summary>A field of a message as it stands in the file. A list [a, b] is as many fields of one name.</summary>
/// <param name="Name">The field's name, such as "num_output".</param>
/// <param name="Kind">How its value is written.</param>
/// <param name="Text">The value; empty for a message.</param>
/// <param name="Message">The nested message; null for others.</param>
/// <param name="Line">Its line in the file, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
public sealed record PrototxtField(string Name, PrototxtKind Kind, string Text, PrototxtMessage? Message, int Line, int Column);
