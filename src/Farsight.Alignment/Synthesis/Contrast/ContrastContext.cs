namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Represents chunks with inserted facts.</summary>
/// <param name="Chunks">[N] Chunks in document order.</param>
/// <param name="Facts">Facts in the order of their chunks.</param>
/// <param name="Text">Text of all chunks.</param>
sealed record ContrastContext(SourceChunk[] Chunks, FactInChunk[] Facts, string Text)
{
    /// <summary>Indices of the chunks without a fact, ascending.</summary>
    internal int[] Empty => [.. Enumerable.Range(0, Chunks.Length).Except(Facts.Select(f => f.Chunk))];

    /// <summary>Tells whether the text names a key whose fact was not inserted.</summary>
    internal bool Names(string key) => Text.Contains(key, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Represents a sample before its rejected responses are written.</summary>
/// <param name="Context">The context.</param>
/// <param name="Question">The question.</param>
/// <param name="Chosen">The right answer.</param>
/// <param name="Relevant">Facts that the answer consists of; none if the text does not answer.</param>
/// <param name="Rejected">[2] Plans of the rejected responses. Their substitutes differ from each other and from the chosen one.</param>
sealed record ContrastDraft(
    ContrastContext Context,
    string Question,
    string Chosen,
    IReadOnlyList<FactInChunk> Relevant,
    RejectedPlan[] Rejected)
{
    /// <summary>The reason to drop the sample; null to keep it.</summary>
    internal string? Dropped { get; init; }
}

/// <summary>Represents the plan of a rejected response.</summary>
/// <param name="Substitute">Replaces an unusable response of the model.</param>
sealed record RejectedPlan(string Substitute)
{
    /// <summary>Indices of the chunks in the prompt, ascending; null if the model is not asked.</summary>
    internal int[]? Seen { get; init; }

    /// <summary>The question for the model; null for the question of the sample.</summary>
    internal string? Question { get; init; }

    /// <summary>Turns the model's answer into the rejected response; null if it is unusable.</summary>
    internal Func<string, string?> Use { get; init; } = text => text;
}
