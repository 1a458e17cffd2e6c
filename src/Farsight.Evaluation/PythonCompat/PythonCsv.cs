using System.Text;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>
/// Implements CPython's <c>csv.reader</c> in its default dialect: quotes by '"', doubled inside, any single character between fields.
/// </summary>
sealed class PythonCsv
{
    enum State { RecordStart, FieldStart, InField, Quoted, QuoteInQuoted }

    readonly char _delimiter;
    readonly List<string[]> _rows = [];
    readonly List<string> _fields = [];
    readonly StringBuilder _field = new();
    State _state;

    PythonCsv(char delimiter) => _delimiter = delimiter;

    /// <summary>Reads the rows of a whole file, whose quoted fields may contain line ends.</summary>
    public static List<string[]> ReadText(string text, char delimiter = ',')
    {
        List<string> lines = [];
        for (int start = 0; start < text.Length; start += lines[^1].Length)
        {
            int end = text.IndexOf('\n', start);
            lines.Add(end < 0 ? text[start..] : text[start..(end + 1)]);
        }
        return ReadLines(lines, delimiter);
    }

    /// <summary>
    /// Reads the rows of a list of lines. A quoted field that is open at the end of a line continues with the next one. A line end that
    /// the line carries belongs to the field; lines without line ends are joined. An empty line is a row of no fields.
    /// </summary>
    public static List<string[]> ReadLines(IReadOnlyList<string> lines, char delimiter = ',')
    {
        PythonCsv reader = new(delimiter);
        foreach (string line in lines)
        {
            reader.Line(line);
        }
        if (reader._state == State.Quoted)
        {
            reader.EndField(State.RecordStart);
            reader.EndRow();
        }
        return reader._rows;
    }

    void Line(string line)
    {
        foreach (char c in line)
        {
            if (c is '\n' or '\r' && _state != State.Quoted)
            {
                break;
            }
            Next(c);
        }
        if (_state != State.Quoted)
        {
            if (_state != State.RecordStart)
            {
                EndField(State.RecordStart);
            }
            EndRow();
        }
    }

    void Next(char c)
    {
        if (_state == State.Quoted)
        {
            Append(c, c == '"' ? State.QuoteInQuoted : State.Quoted, c != '"');
        }
        else if (c == '"' && _state != State.InField)
        {
            Append(c, State.Quoted, _state == State.QuoteInQuoted);
        }
        else if (c == _delimiter)
        {
            EndField(State.FieldStart);
        }
        else
        {
            Append(c, State.InField, true);
        }
    }

    void Append(char c, State next, bool keep)
    {
        if (keep)
        {
            _field.Append(c);
        }
        _state = next;
    }

    void EndField(State next)
    {
        _fields.Add(_field.ToString());
        _field.Clear();
        _state = next;
    }

    void EndRow()
    {
        _rows.Add([.. _fields]);
        _fields.Clear();
    }
}
