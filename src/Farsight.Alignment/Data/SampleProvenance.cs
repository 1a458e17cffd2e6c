using System.Text.Json;
using System.Text.Json.Serialization;

namespace Farsight.Alignment.Data;

/// <summary>Represents the provenance of a sample, sufficient to make it again.</summary>
/// <param name="Documents">Names of the documents that it was made of.</param>
/// <param name="Seed">The synthesis run's seed.</param>
/// <param name="SampleIndex">The sample's number in that run; its random streams are opened by seed, number and try.</param>
/// <param name="Seen">Which chunks each response was written from.</param>
/// <param name="Generator">Model that wrote the responses; null for none.</param>
/// <param name="Fact">The fact that was put into the context to be asked for; null when the documents are unchanged.</param>
/// <param name="Judge">Verdict on the chosen response; null without a judge.</param>
/// <param name="Question">Where the question is from; null in files that do not say.</param>
/// <param name="Try">Contexts of this sample number that were given up before this one; null for none.</param>
/// <param name="ChosenIsGold">The chosen response is the answer that came with the question; null where a model wrote it.</param>
public sealed record SampleProvenance(
    IReadOnlyList<string> Documents,
    int Seed,
    int SampleIndex,
    SeenChunks Seen,
    GeneratorSettings? Generator = null,
    InsertedFact? Fact = null,
    JudgeVerdict? Judge = null,
    QuestionOrigin? Question = null,
    int? Try = null,
    bool? ChosenIsGold = null)
{
    /// <summary>Name of the sample's task in a dataset of several tasks, whose shares a curriculum can change; null for none.</summary>
    public string? Task { get; init; }
}

/// <summary>Represents the model that wrote the responses, with its sampling settings.</summary>
/// <param name="Model">Its name, not its path.</param>
/// <param name="Temperature">Requested sampling temperature; 0 for greedy.</param>
/// <param name="MaxNewTokens">Limit of a response's tokens.</param>
/// <param name="Omitted">Options that the model's server rejected, so that its own defaults applied: "seed, temperature"; null for
/// none.</param>
public sealed record GeneratorSettings(string Model, double Temperature, int MaxNewTokens, string? Omitted = null);

/// <summary>Lists the chunks that each response was written from, as indices into the sample's context.</summary>
/// <param name="Chosen">Chunks of the chosen response; those found relevant, where it is the answer that came with the question.</param>
/// <param name="Rejected">[M] of each rejected response; an empty list for one written without any.</param>
public sealed record SeenChunks(int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    internal IEnumerable<string> Problems(string path, int chunks, int rejected)
    {
        if (Rejected.Count != rejected || Rejected.Contains(null!))
        {
            yield return $"{path}.rejected has {Rejected.Count(r => r is not null)} lists for {rejected} rejected responses; write one "
                + "for each.";
        }
        int[] outside = [.. Chosen.Concat(Rejected.SelectMany(r => r ?? [])).Where(i => i < 0 || i >= chunks)];
        if (outside.Length > 0)
        {
            yield return $"{path} names chunk {outside[0]}; the context has chunks 0 to {chunks - 1}.";
        }
    }
}

/// <summary>Represents a fact that synthesis inserted into the context.</summary>
/// <param name="Text">The inserted sentence.</param>
/// <param name="Answer">The part of it that answers the question.</param>
/// <param name="Chunk">Index into the sample's context.</param>
public sealed record InsertedFact(string Text, string Answer, int Chunk);

/// <summary>Represents a language model's verdict on a chosen response.</summary>
/// <param name="Model">The judge's name.</param>
/// <param name="Accepted">Whether it found the response right.</param>
/// <param name="Reason">In its words; may be empty.</param>
public sealed record JudgeVerdict(string Model, bool Accepted, string Reason);

/// <summary>Lists the origins of questions.</summary>
[JsonConverter(typeof(QuestionOriginConverter))]
public enum QuestionOrigin
{
    /// <summary>The question asks for a fact that was inserted into the context.</summary>
    Fact,

    /// <summary>The question came with the document.</summary>
    Document,

    /// <summary>A model wrote the question about one chunk.</summary>
    SingleDetail,

    /// <summary>A model wrote the question about several chunks together.</summary>
    MultiDetail,

    /// <summary>A model wrote a request for a summary of consecutive chunks.</summary>
    Summary,

    /// <summary>A model wrote the instruction about one chunk (LongPO).</summary>
    Instruction,
}

/// <summary>Names in snake_case, and only names.</summary>
sealed class QuestionOriginConverter()
    : JsonStringEnumConverter<QuestionOrigin>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
