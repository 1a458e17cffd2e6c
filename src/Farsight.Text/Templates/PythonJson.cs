using System.Globalization;
using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Implements tojson as in transformers: Python's json.dumps without HTML or non-ASCII escapes.</summary>
static class PythonJson
{
    internal static object? Dump(TemplateCall call)
    {
        call.AtMost(5, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = call.Get(2, "indent") switch
        {
            null => null,
            MarkedText text => text.Value,
            object width when PythonTypes.TryInteger(width, out long spaces) && spaces is >= 0 and <= 1000 => new(' ', (int)spaces),
            var other => throw call.Error($"needs a number or a string for 'indent', not {PythonMath.Describe(other)}"),
        };
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (call.Get(3, "separators") is { } given)
        {
            (item, key) = given is TemplateList { Count: 2 } pair && pair[0] is MarkedText a && pair[1] is MarkedText b
                ? (a.Value, b.Value) : throw call.Error("needs two strings for 'separators'");
        }
        Writer writer = new(call, call.IsTrue(1, "ensure_ascii"), indent, item, key, call.IsTrue(4, "sort_keys"));
        writer.Write(call.Subject, 0);
        return PythonMarks.Of(call.Subject, writer.Text);
    }

    sealed class Writer(TemplateCall call, bool asciiOnly, string? indent, string itemSeparator, string keySeparator, bool sorts)
    {
        readonly StringBuilder _text = new();

        internal string Text => _text.ToString();

        internal void Write(object? value, int depth)
        {
            call.Run.CheckDepth(depth, call.Line);
            call.Run.Step(call.Line);
            call.Run.CheckLength(_text.Length, itemSeparator.Length + keySeparator.Length, call.Line);
            switch (value)
            {
                case null:
                    _text.Append("null");
                    break;
                case bool b:
                    _text.Append(b ? "true" : "false");
                    break;
                case long n:
                    _text.Append(CultureInfo.InvariantCulture, $"{n}");
                    break;
                case double d:
                    _text.Append(double.IsFinite(d) ? PythonText.Float(d) : double.IsNaN(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
                    break;
                case MarkedText s:
                    WriteText(s.Value);
                    break;
                case TemplateList list:
                    WriteItems<object?>('[', list, ']', depth, item => Write(item, depth + 1));
                    break;
                case TemplateDict dict:
                    IEnumerable<KeyValuePair<object, object?>> pairs = sorts ? dict.OrderBy(p => Key(p.Key), StringComparer.Ordinal) : dict;
                    WriteItems('{', pairs, '}', depth, pair =>
                    {
                        WriteText(Key(pair.Key));
                        _text.Append(keySeparator);
                        Write(pair.Value, depth + 1);
                    });
                    break;
                default:
                    throw call.Error($"cannot write {PythonMath.Describe(value)} as JSON");
            }
        }

        void WriteItems<T>(char open, IEnumerable<T> items, char close, int depth, Action<T> write)
        {
            _text.Append(open);
            bool isEmpty = true;
            foreach (T item in items)
            {
                _text.Append(isEmpty ? "" : itemSeparator);
                NewLine(depth + 1);
                write(item);
                isEmpty = false;
            }
            if (!isEmpty)
            {
                NewLine(depth);
            }
            _text.Append(close);
        }

        void NewLine(int depth)
        {
            if (indent is not null)
            {
                long added = 1 + ((long)depth * indent.Length);
                call.Run.CheckLength((double)_text.Length + added, added, call.Line);
                _text.Append('\n');
                for (int i = 0; i < depth; i++)
                {
                    _text.Append(indent);
                }
            }
        }

        void WriteText(string value)
        {
            call.Run.Spend(value.Length, call.Line);
            _text.Append('"');
            foreach (char c in value)
            {
                int simple = "\"\\\b\f\n\r\t".IndexOf(c, StringComparison.Ordinal);
                if (simple >= 0)
                {
                    _text.Append('\\').Append("\"\\bfnrt"[simple]);
                }
                else if (c < ' ' || (asciiOnly && c > '~'))
                {
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                }
                else
                {
                    _text.Append(c);
                }
            }
            _text.Append('"');
        }

        static string Key(object key) => key switch
        {
            MarkedText text => text.Value,
            bool b => b ? "true" : "false",
            double d => PythonText.Float(d),
            _ => string.Create(CultureInfo.InvariantCulture, $"{key}"),
        };
    }
}
