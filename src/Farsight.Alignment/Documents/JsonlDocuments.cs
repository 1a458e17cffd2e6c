using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Engine;

namespace Farsight.Alignment.Documents;

/// <summary>Documents of a .jsonl file: on each line an object with <c>text</c> and, if it likes, <c>questions</c>: [{"question", "answer"}].</summary>
/// <remarks>Other fields are left alone; empty lines are passed over. The file is read line by line, so its size does not matter.</remarks>
static class JsonlDocuments
{
    internal static IEnumerable<SourceDocument> Read(string id, string path)
    {
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in Lines(path))
        {
            number++;
            if (!line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                yield return Document($"{id}#{number}", line, $"'{path}', line {number}");
            }
        }
    }

    static SourceDocument Document(string id, ReadOnlyMemory<byte> line, string place)
    {
        if (!Utf8.IsValid(line.Span))
        {
            throw new InputException($"{place}: the bytes are not UTF-8; save the file as UTF-8.");
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? new(id, Text(json.RootElement, "text", place), [.. Questions(json.RootElement, place)])
                : throw new InputException($"{place}: expected a JSON object with the field 'text'.");
        }
        catch (JsonException e)
        {
            throw new InputException($"{place}: the line is not JSON (near byte {e.BytePositionInLine}).", e);
        }
    }

    static IEnumerable<QuestionAnswer> Questions(JsonElement document, string place)
    {
        if (!document.TryGetProperty("questions", out JsonElement questions))
        {
            yield break;
        }
        if (questions.ValueKind != JsonValueKind.Array)
        {
            throw new InputException($"{place}: 'questions' must be an array of objects with 'question' and 'answer'.");
        }
        foreach (JsonElement item in questions.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object
                ? new(Text(item, "question", place), Text(item, "answer", place))
                : throw new InputException($"{place}: 'questions' must hold objects with 'question' and 'answer'.");
        }
    }

    static string Text(JsonElement owner, string field, string place)
    {
        if (!owner.TryGetProperty(field, out JsonElement value) || value.ValueKind != JsonValueKind.String)
        {
            throw new InputException($"{place}: the text field '{field}' is missing.");
        }
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException e) // half of a surrogate pair, written as an escape
        {
            throw new InputException($"{place}: '{field}' holds an escape that is no character.", e);
        }
        return !string.IsNullOrWhiteSpace(text) ? text : throw new InputException($"{place}: '{field}' is empty.");
    }

    static IEnumerable<ReadOnlyMemory<byte>> Lines(string path)
    {
        using FileStream file = Open(path);
        byte[] buffer = new byte[1 << 16];
        int start = 0, end = 0, searched = 0;
        while (true)
        {
            int newline = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                yield return buffer.AsMemory(start..(searched + newline));
                start = searched += newline + 1;
                continue;
            }
            searched = end;
            MakeRoom(ref buffer, ref start, ref searched, ref end);
            int read = Fill(file, buffer.AsSpan(end), path);
            if (read == 0)
            {
                break;
            }
            end += read;
        }
        if (end > start)
        {
            yield return buffer.AsMemory(start..end);
        }
    }

    static void MakeRoom(ref byte[] buffer, ref int start, ref int searched, ref int end)
    {
        byte[] target = end - start > buffer.Length / 2 ? new byte[checked(buffer.Length * 2)] : buffer;
        buffer.AsSpan(start..end).CopyTo(target);
        (buffer, searched, end, start) = (target, searched - start, end - start, 0);
    }

    static FileStream Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Span<byte> mark = stackalloc byte[3];
            if (file.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length || !mark.SequenceEqual(Encoding.UTF8.Preamble))
            {
                file.Position = 0;
            }
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new InputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    static int Fill(FileStream file, Span<byte> target, string path)
    {
        try
        {
            return file.Read(target);
        }
        catch (IOException e)
        {
            throw new InputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }
}
