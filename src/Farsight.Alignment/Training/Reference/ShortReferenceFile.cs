using System.Text.Json;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Reads and writes the file with the reference's log-probabilities.</summary>
/// <remarks>
/// FILE.reference-KEY.jsonl beside FILE: the key is the hash of dataset and model, so a changed dataset or another model finds nothing and
/// nothing
/// wrong. The first line names both; each other line is a sample.
/// </remarks>
public static class ShortReferenceFile
{
    const int FormatVersion = 1;
    const int KeyDigits = 16;

    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The file of a dataset and a model; it need not be there.</summary>
    /// <param name="options">Both must be there.</param>
    public static string PathOf(ShortReferenceOptions options) => PathOf(options.Data, HeadOf(options));

    /// <summary>Reads a file.</summary>
    /// <param name="path">See <see cref="PathOf(ShortReferenceOptions)"/>.</param>
    /// <returns>By sample id, [K] one for each turn; sums over the responses' tokens with their end tokens.</returns>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<PreferenceLogProbs>> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"The reference log-probabilities {path} do not exist; compute them with: farsight synth reference.");
        }
        try
        {
            return File.ReadLines(path)
                .Skip(1)
                .Select(l => JsonSerializer.Deserialize<Sample>(l, s_json)!)
                .ToDictionary(
                    s => s.Id,
                    s =>
                        (IReadOnlyList<PreferenceLogProbs>)
                            [.. s.Turns.Select(t => new PreferenceLogProbs(Of(t.Chosen), [.. t.Rejected.Select(Of)]))],
                    StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NullReferenceException)
        {
            throw new InputException($"{path} is damaged; remove it and compute it again with: farsight synth reference.", e);
        }
    }

    internal static Head HeadOf(ShortReferenceOptions options) =>
        new(FormatVersion, InputHash.OfFile(options.Data), InputHash.OfModel(options.Model), options.BatchTokens);

    internal static string PathOf(string data, Head head) =>
        $"{data}.reference-{InputHash.OfText($"{head.FormatVersion} {head.Data} {head.Model}")[..KeyDigits]}.jsonl";

    internal static string Line(Head head) => JsonSerializer.Serialize(head, s_json) + "\n";

    internal static string Line(string id, IEnumerable<PreferenceLogProbs> turns) =>
        JsonSerializer.Serialize(new Sample(id, [.. turns.Select(t => new Turn(Of(t.Chosen), [.. t.Rejected.Select(Of)]))]), s_json) + "\n";

    static Response Of(SequenceLogProb logProb) => new(logProb.Sum, logProb.Tokens);

    static SequenceLogProb Of(Response response) => new(response.Sum, response.Tokens);

    /// <summary>The first line.</summary>
    internal sealed record Head(int FormatVersion, string Data, string Model, int BatchTokens);

    sealed record Sample(string Id, Turn[] Turns);

    sealed record Turn(Response Chosen, Response[] Rejected);

    sealed record Response(double Sum, int Tokens);
}
