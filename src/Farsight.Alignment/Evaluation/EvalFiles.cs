using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Alignment.Evaluation;

/// <summary>The files of an evaluation: examples.jsonl, which grows with every example, and results.json at the end.</summary>
public static class EvalFiles
{
    /// <summary>The name of the file with one line for each example.</summary>
    public const string ExamplesName = "examples.jsonl";

    /// <summary>The name of the file with everything.</summary>
    public const string ResultsName = "results.json";

    static readonly EvalJson s_lines = new(Options(indented: false));
    static readonly EvalJson s_whole = new(Options(indented: true));

    /// <summary>Results as JSON, ending in a newline; the same results give the same bytes.</summary>
    public static string ToJson(EvalResults results) => JsonSerializer.Serialize(results, s_whole.EvalResults) + "\n";

    /// <summary>Writes results.json.</summary>
    public static void WriteResults(string directory, EvalResults results) =>
        AtomicFile.WriteText(Path.Combine(directory, ResultsName), ToJson(results));

    /// <summary>Reads a results.json.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static EvalResults ReadResults(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path} does not exist; run 'farsight eval' first.");
        }
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), s_whole.EvalResults) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path} is not an evaluation's results.json: {e.Message}", e);
        }
    }

    /// <summary>The examples of an earlier, perhaps interrupted, run. A last line without its newline is cut off the file.</summary>
    /// <exception cref="InputException">A whole line is damaged.</exception>
    internal static IReadOnlyList<EvalRecord> ReadExamples(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }
        byte[] bytes = File.ReadAllBytes(path);
        int whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (whole < bytes.Length)
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write);
            file.SetLength(whole);
        }
        string[] lines = Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select((line, i) => ReadLine(path, i + 1, line))];
    }

    internal static void Append(string path, EvalRecord record) =>
        File.AppendAllText(path, JsonSerializer.Serialize(record, s_lines.EvalRecord) + "\n");

    static EvalRecord ReadLine(string path, int number, string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, s_lines.EvalRecord) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}:{number}: not an example of an evaluation ({e.Message}); delete the line or choose another directory.", e);
        }
    }

    static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = indented,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // the file is read by people and never put into a page as it is
    };
}

[JsonSerializable(typeof(EvalResults))]
[JsonSerializable(typeof(EvalRecord))]
sealed partial class EvalJson : JsonSerializerContext;
