using System.IO.Compression;
using System.Text.Json;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Timing.Importance;

/// <summary>Documents in which the place of the evidence is known.</summary>
static class RankSets
{
    const int FictionCharacters = 60_000, FictionChunkCharacters = 2_000;

    /// <summary>SQuAD 2.0: each article is a document, each paragraph a chunk, and a question belongs to one paragraph.</summary>
    /// <param name="path">squad….json or squad….json.gz.</param>
    /// <exception cref="InputException">The file is missing or of another form.</exception>
    public static IReadOnlyList<RankCase> Squad(string path) =>
        Read(path, root => root.GetProperty("data").EnumerateArray().Select(Article));

    /// <summary>HotpotQA with distractors: ten paragraphs, of which two hold the facts.</summary>
    /// <exception cref="InputException">The file is missing or of another form.</exception>
    public static IReadOnlyList<RankCase> Hotpot(string path) => Read(path, root => root.EnumerateArray().Select(TwoHops));

    /// <summary>Generated documents, cut every 2,000 characters; a question about each fact that is whole in its chunk.</summary>
    public static IReadOnlyList<RankCase> Fiction(int documents, int seed) =>
        [.. Enumerable.Range(0, documents).Select(i => Fiction(FictionWriter.WriteCharacters(seed, i, FictionCharacters)))];

    static RankCase Article(JsonElement article)
    {
        JsonElement[] paragraphs = [.. article.GetProperty("paragraphs").EnumerateArray()];
        IEnumerable<RankQuestion> questions =
            from indexed in paragraphs.Index()
            from asked in indexed.Item.GetProperty("qas").EnumerateArray()
            where !asked.GetProperty("is_impossible").GetBoolean()
            select new RankQuestion(Text(asked, "question"), Text(asked.GetProperty("answers")[0], "text"), [indexed.Index]);
        return new([.. paragraphs.Select(p => Text(p, "context"))], [.. questions]);
    }

    static RankCase TwoHops(JsonElement example)
    {
        HashSet<string> titles = [.. example.GetProperty("supporting_facts").EnumerateArray().Select(f => f[0].GetString()!)];
        JsonElement[] context = [.. example.GetProperty("context").EnumerateArray()];
        int[] gold = [.. context.Index().Where(c => titles.Contains(c.Item[0].GetString()!)).Select(c => c.Index)];
        return new(
            [.. context.Select(c => $"{c[0].GetString()}. {string.Concat(c[1].EnumerateArray().Select(s => s.GetString()))}")],
            [new(Text(example, "question"), Text(example, "answer"), gold)]);
    }

    static RankCase Fiction(FictionDocument document)
    {
        string[] chunks = [.. document.Text.Chunk(FictionChunkCharacters).Select(c => new string(c))];
        IEnumerable<RankQuestion> questions =
            from asked in document.Questions
            let chunk = Array.FindIndex(chunks, c => c.Contains(asked.Support, StringComparison.Ordinal))
            where chunk >= 0
            select new RankQuestion(asked.Question, asked.Value, [chunk]);
        return new(chunks, [.. questions]);
    }

    static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    static IReadOnlyList<RankCase> Read(string path, Func<JsonElement, IEnumerable<RankCase>> cases)
    {
        try
        {
            using JsonDocument json = Json(path);
            return [.. cases(json.RootElement).Where(c => c.Questions.Any(q => q.Gold.Count > 0))];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or InvalidDataException)
        {
            throw new InputException($"{path} is not in the form of its benchmark; fetch the file again.", e);
        }
    }

    internal static JsonDocument Json(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path} is missing; the data folder must contain the benchmarks' files.");
        }
        using FileStream file = RegularFile.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        return JsonDocument.Parse(plain);
    }
}

/// <summary>Represents a document in chunks, and questions with known evidence.</summary>
/// <param name="Chunks">[N] texts.</param>
/// <param name="Questions">At least one.</param>
public sealed record RankCase(IReadOnlyList<string> Chunks, IReadOnlyList<RankQuestion> Questions);

/// <summary>Represents a question whose evidence is known.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The gold answer.</param>
/// <param name="Gold">Numbers of the chunks that hold the evidence, at least one.</param>
public sealed record RankQuestion(string Question, string Answer, IReadOnlyList<int> Gold);
