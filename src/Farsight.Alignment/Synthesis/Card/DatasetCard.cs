using System.Text.Json.Nodes;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>What a preference dataset is, in numbers.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="Samples">Lines.</param>
/// <param name="Documents">Different documents in it.</param>
/// <param name="Generators">Who wrote the responses, and how it was sampled.</param>
/// <param name="Seeds">Of the runs that made it.</param>
/// <param name="InsertedFacts">Samples that ask for an invented fact.</param>
/// <param name="RejectedPerSample">How many rejected responses samples have, as "2".</param>
/// <param name="ContextTokens">Tokens of a context.</param>
/// <param name="ContextChunks">Chunks of a context.</param>
/// <param name="QuestionWords">Words of a question.</param>
/// <param name="ChosenWords">Words of a chosen response.</param>
/// <param name="RejectedWords">Words of a rejected response.</param>
/// <param name="Scores">Importance of the chunks, by role.</param>
/// <param name="SeenChunks">Chunks that responses were written from: chosen, rejected.</param>
/// <param name="Patterns">Errors by rule: chosen, rejected_irrelevant, rejected_partial; null where the chunks' texts are not
/// known.</param>
/// <param name="Faults">What the filters say of the samples as they are, by reason; null where the chunks' texts are not known.</param>
/// <param name="Judged">Verdicts of a judge: accepted, refused; empty where none was asked.</param>
/// <param name="Synthesis">FILE.summary.json: settings, counts, what was dropped and why; null where it is missing.</param>
public sealed record DatasetCard(
    string Name,
    string Sha256,
    long Bytes,
    int Samples,
    int Documents,
    IReadOnlyList<string> Generators,
    IReadOnlyList<int> Seeds,
    int InsertedFacts,
    IReadOnlyDictionary<string, int> RejectedPerSample,
    Spread ContextTokens,
    Spread ContextChunks,
    Spread QuestionWords,
    Spread ChosenWords,
    Spread RejectedWords,
    IReadOnlyDictionary<string, Spread> Scores,
    IReadOnlyDictionary<string, Spread> SeenChunks,
    IReadOnlyDictionary<string, ErrorPatterns>? Patterns,
    IReadOnlyDictionary<string, int>? Faults,
    IReadOnlyDictionary<string, int> Judged,
    JsonNode? Synthesis);
