using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Reads and writes the file with the reference's log-probabilities.</summary>
/// <remarks>
/// FILE.reference-KEY.jsonl beside FILE: the key is the hash of dataset and model, so a changed dataset or another model finds no file. The
/// first line names both; each other line is a sample.
/// </remarks>
public static class ShortReferenceFile
{
    const int FormatVersion = 1;
    const int KeyDigits = 16;

    const string Advice = "remove the file and compute it again with: farsight synth reference";

    static readonly JsonSerializerOptions s_json = StrictJson.SnakeCase;

    /// <summary>Returns the file of a dataset and a model; it may be missing.</summary>
    /// <param name="options">Both files must exist.</param>
    public static string PathOf(ShortReferenceOptions options) => PathOf(options.Data, HeadOf(options));

    /// <summary>Reads a file.</summary>
    /// <param name="path">See <see cref="PathOf(ShortReferenceOptions)"/>.</param>
    /// <returns>By sample id, [K] one for each turn or question; sums over the responses' tokens with their end tokens.</returns>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<PreferenceLogProbs>> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"The reference log-probabilities {path} do not exist; compute them with: farsight synth reference.");
        }
        string[] lines = JsonLines.ReadComplete(path);
        Head head = lines.Length == 0
            ? throw new InputException($"{path} is empty; {Advice}.")
            : JsonLines.Parse(lines[0], 1, path, l => JsonSerializer.Deserialize<Head>(l, s_json)!, Advice);
        int key = path.LastIndexOf(".reference-", StringComparison.Ordinal);
        if (key >= 0 && path[key..] != PathOf("", head))
        {
            throw new InputException($"{path} belongs to another dataset or model, as its first line says; {Advice}.");
        }
        Dictionary<string, IReadOnlyList<PreferenceLogProbs>> reference = new(StringComparer.Ordinal);
        for (int i = 1; i < lines.Length; i++)
        {
            Sample sample = JsonLines.Parse(lines[i], i + 1, path, l => JsonSerializer.Deserialize<Sample>(l, s_json)!, Advice);
            PreferenceLogProbs[] turns = [.. sample.Turns.Select(t => new PreferenceLogProbs(Of(t.Chosen), [.. t.Rejected.Select(Of)]))];
            if (!reference.TryAdd(sample.Id, turns))
            {
                throw new InputException($"{path}:{i + 1} has the sample '{sample.Id}' a second time; {Advice}.");
            }
        }
        return reference;
    }

    internal static Head HeadOf(ShortReferenceOptions options, string? dataHash = null) =>
        new(FormatVersion, dataHash ?? InputHash.OfFile(options.Data), InputHash.OfModel(options.Model), options.BatchTokens)
        {
            Precision = options.Arithmetic.RecordedName(),
        };

    internal static string PathOf(string data, Head head) =>
        $"{data}.reference-{InputHash.OfText($"{head.FormatVersion} {head.Data} {head.Model}{head.Precision}")[..KeyDigits]}.jsonl";

    internal static string Line(Head head) => JsonSerializer.Serialize(head, s_json) + "\n";

    internal static string Line(string id, IEnumerable<PreferenceLogProbs> turns) =>
        JsonSerializer.Serialize(new Sample(id, [.. turns.Select(t => new Turn(Of(t.Chosen), [.. t.Rejected.Select(Of)]))]), s_json) + "\n";

    static Response Of(SequenceLogProb logProb) => new(logProb.Sum, logProb.Tokens);

    static SequenceLogProb Of(Response response) => new(response.Sum, response.Tokens);

    /// <summary>Represents the first line of the file.</summary>
    internal sealed record Head(int FormatVersion, string Data, string Model, int BatchTokens)
    {
        /// <summary>Name of the arithmetic; null for F32.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Precision { get; init; }
    }

    sealed record Sample(string Id, Turn[] Turns);

    sealed record Turn(Response Chosen, Response[] Rejected);

    sealed record Response(double Sum, int Tokens);
}
