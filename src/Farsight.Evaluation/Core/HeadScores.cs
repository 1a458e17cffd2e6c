using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Models;

namespace Farsight.Evaluation.Core;

/// <summary>Holds the share of the needle that each head copied, run by run: head_scores.json.</summary>
/// <remarks>
/// One line {"layer-head": [score of each run that counts], …}, layer by layer, as nightdessert/Retrieval_Head @3ac171a writes and
/// reads its head_score files. A head's score is the mean of its runs (arXiv:2404.15574, section 2).
/// </remarks>
public sealed class HeadScores
{
    /// <summary>The name of the file in an evaluation's directory.</summary>
    public const string FileName = "head_scores.json";

    /// <summary>Minimum score of a retrieval head.</summary>
    public const double Threshold = 0.1;

    /// <summary>Number of best heads whose mean is the model's retrieval score.</summary>
    public const int Best = 10;

    readonly SortedDictionary<(int Layer, int Head), IReadOnlyList<double>> _runs;

    HeadScores(SortedDictionary<(int Layer, int Head), IReadOnlyList<double>> runs)
    {
        _runs = runs;
        Runs = runs.Count == 0 ? 0 : runs.First().Value.Count;
        Layers = runs.Keys.Max(k => k.Layer) + 1;
        Heads = runs.Keys.Max(k => k.Head) + 1;
        Ranking =
        [
            .. runs.Select(r => (new AttentionHead(r.Key.Layer, r.Key.Head), r.Value.Count == 0 ? 0 : r.Value.Average()))
                .OrderByDescending(r => r.Item2),
        ];
    }

    /// <summary>Number of runs that count.</summary>
    public int Runs { get; }

    /// <summary>Number of layers, L.</summary>
    public int Layers { get; }

    /// <summary>Number of heads per layer, H.</summary>
    public int Heads { get; }

    /// <summary>Gets all heads with their scores, the best first; equal ones layer by layer.</summary>
    public IReadOnlyList<(AttentionHead Head, double Score)> Ranking { get; }

    /// <summary>The model's retrieval score, 0 to 1.</summary>
    internal double Retrieval => Ranking.Take(Best).Average(r => r.Score);

    /// <summary>The retrieval heads, the best first.</summary>
    public IReadOnlyList<AttentionHead> RetrievalHeads => [.. Ranking.TakeWhile(r => r.Score > Threshold).Select(r => r.Head)];

    /// <summary>Collects the runs of an evaluation's records; null if no task measured heads.</summary>
    public static HeadScores? Of(IReadOnlyList<EvalRecord> records) => Of(records.Select(r => r.Beside));

    /// <summary>Collects runs from what stands beside their scores.</summary>
    internal static HeadScores? Of(IEnumerable<IReadOnlyDictionary<string, double>> beside)
    {
        IReadOnlyDictionary<string, double>[] runs = [.. beside.Where(b => b.ContainsKey(HeadRun.Layers))];
        if (runs.Length == 0)
        {
            return null;
        }
        SortedDictionary<(int, int), IReadOnlyList<double>> scores = [];
        IReadOnlyDictionary<string, double>[] counted = [.. runs.Where(r => r[HeadRun.Counted] == 1)];
        for (int layer = 0; layer < (int)runs[0][HeadRun.Layers]; layer++)
        {
            for (int head = 0; head < (int)runs[0][HeadRun.Heads]; head++)
            {
                string name = HeadRun.Name(layer, head);
                scores[(layer, head)] = [.. counted.Select(r => r.GetValueOrDefault(name))];
            }
        }
        return new(scores);
    }

    /// <summary>Reads a file, ours or the original's, as it is or compressed with gzip; or the one in an evaluation's directory.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static HeadScores Read(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new InputException($"{file} does not exist; evaluate the task retrieval-heads with an output directory first.");
        }
        try
        {
            using FileStream stream = RegularFile.OpenRead(file);
            using Stream content = file.EndsWith(".gz", StringComparison.Ordinal)
                ? new GZipStream(stream, CompressionMode.Decompress)
                : stream;
            using JsonDocument json = JsonDocument.Parse(content);
            return Of(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException or FormatException)
        {
            throw new InputException(
                $"{file} holds no scores of heads ({e.Message}); it should be an object of \"layer-head\": [scores].",
                e);
        }
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream);
        json.WriteStartObject();
        foreach (((int layer, int head), IReadOnlyList<double> runs) in _runs)
        {
            json.WriteStartArray(HeadRun.Name(layer, head));
            foreach (double score in runs)
            {
                json.WriteNumberValue(score);
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    });

    static HeadScores Of(JsonElement root)
    {
        SortedDictionary<(int, int), IReadOnlyList<double>> scores = [];
        foreach (JsonProperty head in root.EnumerateObject())
        {
            AttentionHead address = HeadMask.Parse(head.Name) ?? throw new FormatException($"'{head.Name}' names no head");
            scores[(address.Layer, address.Head)] = [.. head.Value.EnumerateArray().Select(s => s.GetDouble())];
        }
        return scores.Count > 0 ? new(scores) : throw new FormatException("it is empty");
    }
}

/// <summary>Names the metrics beside the score of an example that measured heads.</summary>
static class HeadRun
{
    /// <summary>1 where the needle was found, so that the run counts; else 0.</summary>
    internal const string Counted = "counted";

    /// <summary>Share of the gold answer's tokens in the answer.</summary>
    internal const string Recall = "recall";

    /// <summary>Number of layers, L.</summary>
    internal const string Layers = "layers";

    /// <summary>H.</summary>
    internal const string Heads = "heads";

    /// <summary>Returns the key of a head's score, which is stored if it is not 0.</summary>
    internal static string Name(int layer, int head) => string.Create(CultureInfo.InvariantCulture, $"{layer}-{head}");

    /// <summary>Returns the mean scores of the heads that have any, in no order.</summary>
    internal static double[] Means(IReadOnlyList<ScoredExample> runs)
    {
        Dictionary<string, double> sums = [];
        foreach ((string name, double score) in runs.SelectMany(r => r.Score.Beside).Where(b => char.IsAsciiDigit(b.Key[0])))
        {
            sums[name] = sums.GetValueOrDefault(name) + score;
        }
        return [.. sums.Values.Select(s => s / runs.Count)];
    }
}
