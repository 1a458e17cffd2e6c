using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Core;

/// <summary>
/// Represents the files of an evaluation: examples.jsonl and timing.jsonl, which grow with every example, and results.json at the end.
/// </summary>
public static class EvalFiles
{
    /// <summary>The name of the file with one line for each example.</summary>
    public const string ExamplesName = "examples.jsonl";

    /// <summary>The name of the file with the seconds of each example and the memory, which differ from run to run.</summary>
    internal const string TimingName = "timing.jsonl";

    /// <summary>The name of the file that a running evaluation holds.</summary>
    internal const string LockName = "run.lock";

    /// <summary>The name of the file with the results.</summary>
    public const string ResultsName = "results.json";

    static readonly EvalJson s_lines = new(Options(indented: false));
    static readonly EvalJson s_whole = new(Options(indented: true));

    /// <summary>Returns results as JSON with a final newline; equal results have equal bytes.</summary>
    public static string ToJson(EvalResults results) => JsonSerializer.Serialize(results, s_whole.EvalResults) + "\n";

    /// <summary>Writes results.json, without the examples that examples.jsonl has.</summary>
    internal static void WriteResults(string directory, EvalResults results) =>
        AtomicFile.WriteText(
            Path.Combine(directory, ResultsName),
            ToJson(results.Lines.Count > 0 ? results with { Examples = [] } : results));

    /// <summary>Reads a results.json, or the one in a directory, with the examples beside it.</summary>
    /// <exception cref="InputException">It is missing or damaged, or examples.jsonl is, or is not as the evaluation left it.</exception>
    public static EvalResults ReadResults(string path)
    {
        EvalResults results = ReadTasks(path, out string file);
        results = results with { Cost = EvalCost.Read(Path.GetDirectoryName(Path.GetFullPath(file))!, results.Tasks) };
        return results.Lines.Count > 0 ? results with { Examples = ReadExamples(results, file) } : results;
    }

    /// <summary>Reads a results.json, or the one in a directory, without the examples that a file beside it has.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static EvalResults ReadTasks(string path) => ReadTasks(path, out _);

    static EvalResults ReadTasks(string path, out string file)
    {
        file = Directory.Exists(path) ? Path.Combine(path, ResultsName) : path;
        if (!File.Exists(file))
        {
            throw new InputException(Directory.Exists(path) && File.Exists(Path.Combine(path, ExamplesName))
                ? $"{path} holds an unfinished evaluation; rerun the same 'farsight eval' command to finish it."
                : $"{file} does not exist; run 'farsight eval' with this output directory first.");
        }
        try
        {
            return JsonSerializer.Deserialize(RegularFile.ReadAllText(file), s_whole.EvalResults)
                ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new InputException($"{file} is not an evaluation's results.json: {e.Message}", e);
        }
    }

    static EvalRecord[] ReadExamples(EvalResults results, string file)
    {
        string path = Path.Combine(Path.GetDirectoryName(file)!, ExamplesName);
        if (!File.Exists(path))
        {
            throw new InputException($"{path} is missing, and {ResultsName} needs its examples; keep the two files together.");
        }
        string[] lines = [.. RegularFile.ReadLines(path)];
        try
        {
            EvalRecord[] records = [.. results.Lines.SelectMany(r => lines[(r.First - 1)..r.Last]).Select(ParseLine)];
            Dictionary<string, int> counts = records.CountBy(r => r.Task).ToDictionary();
            bool isSame = records.All(r => r.Model == results.Model) && counts.Count == results.Tasks.Count
                && results.Tasks.All(t => counts.GetValueOrDefault(t.Task) == t.All.N);
            return isSame ? records : throw new JsonException("other examples");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InputException(
                $"{path} was changed after the evaluation: {ResultsName} has other examples; rerun the same 'farsight eval' command, "
                    + "which keeps the intact examples.",
                e);
        }
    }

    internal static string Line(EvalRecord record) => JsonSerializer.Serialize(record, s_lines.EvalRecord);

    /// <exception cref="JsonException">The line is damaged.</exception>
    internal static EvalRecord ParseLine(string line) =>
        JsonSerializer.Deserialize(line, s_lines.EvalRecord) ?? throw new JsonException("it is null");

    internal static string Line(ExampleTime time) => JsonSerializer.Serialize(time, s_lines.ExampleTime);

    /// <exception cref="JsonException">The line is damaged.</exception>
    internal static ExampleTime ParseTime(string line) =>
        JsonSerializer.Deserialize(line, s_lines.ExampleTime) ?? throw new JsonException("it is null");

    static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a log-probability may be −∞
        WriteIndented = indented,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // the file is read by people and never put into a page as it is
    };
}

[JsonSerializable(typeof(EvalResults))]
[JsonSerializable(typeof(EvalRecord))]
[JsonSerializable(typeof(ExampleTime))]
sealed partial class EvalJson : JsonSerializerContext;
