using System.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a JSON record of a file.</summary>
/// <param name="Json">UTF-8 bytes; valid until the next record is read.</param>
/// <param name="Number">Line number, or position in an array: the part of a document's id after "#".</param>
/// <param name="Line">Line on which the record begins.</param>
/// <param name="IsTooLarge">Whether the record has more than <see cref="CorpusStream.MostBytes"/> and was skipped.</param>
readonly record struct JsonRecord(ReadOnlyMemory<byte> Json, int Number, long Line, bool IsTooLarge = false);

/// <summary>Reads the records of a file one at a time: the lines of a .jsonl file, or the elements of one JSON array.</summary>
/// <remarks>No more than one record is in memory, so the file's size does not matter. Empty lines are passed over.</remarks>
sealed class JsonRecords : IDisposable
{
    readonly CorpusFile _file;
    readonly CorpusStream _stream;
    byte[] _buffer = new byte[1 << 18];
    int _start, _end;
    long _line = 1;

    JsonRecords(CorpusFile file) => (_file, _stream) = (file, CorpusStream.Open(file));

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">The file cannot be read, or its array is malformed. The message names file and line.</exception>
    internal static IEnumerable<JsonRecord> Read(CorpusFile file)
    {
        using JsonRecords records = new(file);
        records.SkipMark();
        foreach (JsonRecord record in records.IsArray() ? records.Elements() : records.Lines())
        {
            yield return record;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    void SkipMark()
    {
        while (_end < 3 && Fill())
        {
        }
        _start += _buffer.AsSpan(0, _end).StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
        if (_buffer.AsSpan(0, _end) is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new InputException($"'{_file.Path}' is UTF-16, but JSON must be UTF-8; save the file as UTF-8.");
        }
    }

    bool IsArray()
    {
        while (true)
        {
            SkipSpace();
            if (_start < _end)
            {
                return _buffer[_start] == '[' && !IsLineOfArrays();
            }
            if (!Fill())
            {
                return false;
            }
        }
    }

    /// <summary>
    /// Returns whether the file is lines of arrays ("[1]"), which are invalid records. An array of records begins with an object.
    /// </summary>
    bool IsLineOfArrays()
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + 1, _end - _start - 1).TrimStart(" \t\r\n"u8);
        return !rest.IsEmpty && rest[0] is not ((byte)'{' or (byte)']');
    }

    IEnumerable<JsonRecord> Lines()
    {
        int searched = 0; // of the bytes from _start
        while (true)
        {
            int newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (newline < 0)
            {
                searched = _end - _start;
                if (searched > CorpusStream.MostBytes)
                {
                    SkipLine();
                    yield return new(default, (int)_line, _line, IsTooLarge: true);
                    searched = 0;
                    _line++;
                    continue;
                }
                if (Fill())
                {
                    continue;
                }
            }
            int length = newline < 0 ? _end - _start : searched + newline;
            if (!_buffer.AsSpan(_start, length).Trim(" \t\r"u8).IsEmpty)
            {
                yield return new(_buffer.AsMemory(_start, length), (int)_line, _line);
            }
            if (newline < 0)
            {
                yield break;
            }
            (_start, searched) = (_start + length + 1, 0);
            _line++;
        }
    }

    /// <summary>Discards bytes up to the end of the line.</summary>
    void SkipLine()
    {
        int newline = -1;
        while (newline < 0)
        {
            _start = _end;
            if (!Fill())
            {
                return;
            }
            newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        }
        _start += newline + 1;
    }

    IEnumerable<JsonRecord> Elements()
    {
        _start++;
        for (int number = 1; Next() != ']'; number++)
        {
            int length = Element(number);
            long line = _line;
            yield return new(_buffer.AsMemory(_start, length), number, line);
            _line += _buffer.AsSpan(_start, length).Count((byte)'\n');
            _start += length;
            if (Next() is not ((byte)',' or (byte)']') and var other)
            {
                throw new InputException(
                    $"'{_file.Path}', line {_line}: expected a comma or the end of the array after record {number}, but found "
                        + $"'{(char)other}'.");
            }
            _start += _buffer[_start] == ',' ? 1 : 0;
        }
    }

    /// <summary>Returns the next byte that is not white space, without consuming it.</summary>
    byte Next()
    {
        while (true)
        {
            SkipSpace();
            if (_start < _end)
            {
                return _buffer[_start];
            }
            if (!Fill())
            {
                throw Ends();
            }
        }
    }

    /// <summary>Returns the length of the object at the start, up to its closing brace.</summary>
    int Element(int number)
    {
        if (_buffer[_start] != '{')
        {
            throw new InputException($"'{_file.Path}', line {_line}: record {number} of the array must be a JSON object.");
        }
        int depth = 0, at = 0;
        bool isString = false;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + at, _end - _start - at);
            int step = isString ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny((byte)'"', (byte)'{', (byte)'}');
            bool isEscape = step >= 0 && rest[step] == '\\';
            if (step < 0 || (isEscape && step + 1 == rest.Length))
            {
                at += step < 0 ? rest.Length : step;
                _ = Fill() ? 0 : throw Ends();
                continue;
            }
            at += step + (isEscape ? 2 : 1);
            isString ^= rest[step] == '"';
            depth += isString ? 0 : rest[step] switch { (byte)'{' => 1, (byte)'}' => -1, _ => 0 };
            if (depth == 0 && !isString)
            {
                return at;
            }
        }
    }

    InputException Ends() =>
        new(
            $"'{_file.Path}', line {_line + _buffer.AsSpan(_start, _end - _start).Count((byte)'\n')}: "
            + "the file ends inside its JSON array; download the file again.");

    void SkipSpace()
    {
        while (_start < _end && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _line += _buffer[_start++] == '\n' ? 1 : 0;
        }
    }

    /// <summary>Moves the unread bytes to the start of the buffer and reads more. Returns false at the end of the file.</summary>
    bool Fill()
    {
        if (_end == _buffer.Length || _start > _buffer.Length / 2)
        {
            if (_end - _start > CorpusStream.MostBytes)
            {
                throw CorpusStream.TooLarge($"'{_file.Path}', line {_line}"); // lines are skipped before
            }
            byte[] target = _end - _start > _buffer.Length / 2 ? new byte[CorpusStream.Grown(_buffer.Length)] : _buffer;
            _buffer.AsSpan(_start.._end).CopyTo(target);
            (_buffer, _end, _start) = (target, _end - _start, 0);
        }
        int read = _stream.Read(_buffer.AsSpan(_end), _line);
        _end += read;
        return read > 0;
    }
}
