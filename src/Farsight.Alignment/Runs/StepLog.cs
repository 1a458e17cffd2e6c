using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>A file with lines that belong to steps, few and far between. There is no file while there is no line.</summary>
/// <typeparam name="T">A line.</typeparam>
/// <param name="path">The file.</param>
/// <param name="stepOf">The step that a line belongs to; 0 before the first.</param>
public sealed class StepLog<T>(string path, Func<T, int> stepOf)
    where T : class
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, never put into HTML
    };

    /// <summary>Forgets every line of a later step, and the part of one that a kill left.</summary>
    /// <param name="step">The last step that counts; below 0 for none.</param>
    public void KeepUpTo(int step)
    {
        if (!File.Exists(path))
        {
            return;
        }
        string text = File.ReadAllText(path);
        string kept = string.Concat(
            Lines(text).Select((line, i) => (Raw: line, Read: Parse(line, i))).Where(l => stepOf(l.Read) <= step).Select(l => l.Raw + "\n")
        );
        if (kept.Length == 0)
        {
            File.Delete(path);
        }
        else if (kept != text)
        {
            AtomicFile.WriteText(path, kept);
        }
    }

    /// <summary>Writes lines and waits until they are on the disk.</summary>
    public void Append(IEnumerable<T> lines)
    {
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        foreach (T line in lines)
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(line, s_json));
            file.Write("\n"u8);
        }
        file.Flush(flushToDisk: true);
    }

    /// <summary>The lines, also while the file is written; a last line without its end is left out.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public IReadOnlyList<T> Read() => File.Exists(path) ? [.. Lines(File.ReadAllText(path)).Select(Parse)] : [];

    static string[] Lines(string text) => text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);

    T Parse(string line, int index)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, s_json) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}:{index + 1} is damaged; remove the line, or the file.", e);
        }
    }
}
