using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>Reads protobuf's text format into a tree of fields, without a schema. Depth and so the stack are bounded.</summary>
internal sealed class PrototxtParser
{
    /// <summary>As deep as protobuf's own parsers go; Caffe's files need 4.</summary>
    private const int MaxDepth = 100;

    private readonly PrototxtLexer _lexer;
    private readonly string _source;

    private PrototxtParser(string text, string source) => (_lexer, _source) = (new PrototxtLexer(text, source), source);

    /// <summary>The whole text as one message.</summary>
    public static PrototxtMessage Parse(string text, string source)
    {
        var parser = new PrototxtParser(text, source);
        parser._lexer.Next();
        return parser.ReadMessage(close: null, depth: 0, line: 1, column: 1);
    }

    private PrototxtMessage ReadMessage(char? close, int depth, int line, int column)
    {
        if (depth > MaxDepth)
        {
            throw _lexer.Error(string.Create(CultureInfo.InvariantCulture, $"messages are nested more than {MaxDepth} deep; nest them less"));
        }

        List<PrototxtField> fields = [];
        while (close is { } c ? !_lexer.Is(c) : _lexer.Kind != PrototxtToken.End)
        {
            if (_lexer.Kind == PrototxtToken.End)
            {
                throw _lexer.Error(string.Create(CultureInfo.InvariantCulture, $"the message that begins on line {line} is not closed; add '{close}'"));
            }

            ReadField(fields, depth);
        }

        if (close is not null)
        {
            _lexer.Next();
        }

        return new PrototxtMessage(_source, line, column, fields);
    }

    private void ReadField(List<PrototxtField> fields, int depth)
    {
        if (_lexer.Kind != PrototxtToken.Identifier)
        {
            throw _lexer.Error($"expected a field's name, found {_lexer.Describe()}; check the braces and quotes before it");
        }

        (string name, int line, int column) = (_lexer.Value, _lexer.Line, _lexer.Column);
        _lexer.Next();
        bool colon = _lexer.Is(':');
        if (colon)
        {
            _lexer.Next();
        }

        if (_lexer.Is('['))
        {
            ReadList(fields, name, colon, depth);
        }
        else
        {
            fields.Add(ReadValue(name, line, column, colon, depth));
        }

        if (_lexer.Is(',') || _lexer.Is(';'))
        {
            _lexer.Next();
        }
    }

    private void ReadList(List<PrototxtField> fields, string name, bool colon, int depth)
    {
        _lexer.Next();
        for (bool first = true; !_lexer.Is(']'); first = false)
        {
            if (!first)
            {
                if (!_lexer.Is(','))
                {
                    throw _lexer.Error($"expected ',' or ']' in the list of {name}, found {_lexer.Describe()}; separate its values by commas and close it");
                }

                _lexer.Next();
            }

            fields.Add(ReadValue(name, _lexer.Line, _lexer.Column, colon, depth));
        }

        _lexer.Next();
    }

    private PrototxtField ReadValue(string name, int line, int column, bool colon, int depth)
    {
        if (_lexer.Is('{') || _lexer.Is('<'))
        {
            char close = _lexer.Is('{') ? '}' : '>';
            _lexer.Next();
            return new PrototxtField(name, PrototxtKind.Message, "", ReadMessage(close, depth + 1, line, column), line, column);
        }

        if (!colon)
        {
            throw _lexer.Error($"expected ':' or '{{' after {ErrorText.Quote(name)}, found {_lexer.Describe()}; add it");
        }

        bool negative = _lexer.Is('-');
        if (negative)
        {
            _lexer.Next();
        }

        (PrototxtToken token, string value) = (_lexer.Kind, _lexer.Value);
        if (token == PrototxtToken.Text && !negative)
        {
            return new PrototxtField(name, PrototxtKind.Text, ReadAdjacent(), null, line, column);
        }

        if (token is not (PrototxtToken.Number or PrototxtToken.Identifier))
        {
            throw _lexer.Error($"expected a value of {ErrorText.Quote(name)}, found {_lexer.Describe()}; give a number, a name, a text in quotes or a message");
        }

        _lexer.Next();
        PrototxtKind kind = token == PrototxtToken.Number ? PrototxtKind.Number : PrototxtKind.Identifier;
        return new PrototxtField(name, kind, negative ? "-" + value : value, null, line, column);
    }

    // Strings that follow one another are one.
    private string ReadAdjacent()
    {
        List<string> parts = [];
        while (_lexer.Kind == PrototxtToken.Text)
        {
            parts.Add(_lexer.Value);
            _lexer.Next();
        }

        return string.Concat(parts);
    }
}
