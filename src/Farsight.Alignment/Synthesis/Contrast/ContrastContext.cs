namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Chunks with facts in them.</summary>
/// <param name="Chunks">[N] in document order.</param>
/// <param name="Facts">In the order of their chunks.</param>
/// <param name="Text">Of all chunks.</param>
sealed record ContrastContext(SourceChunk[] Chunks, PlacedFact[] Facts, string Text)
{
    /// <summary>Numbers of the chunks without a fact, ascending.</summary>
    internal int[] Empty => [.. Enumerable.Range(0, Chunks.Length).Except(Facts.Select(f => f.Chunk))];

    /// <summary>Whether the text names the key, which nothing was put in about.</summary>
    internal bool Names(string key) => Text.Contains(key, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A sample before its rejected responses are written.</summary>
/// <param name="Context">What is asked about.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Chosen">The right answer.</param>
/// <param name="Relevant">Facts that it is made of; none where the text does not say.</param>
/// <param name="Rejected">[2] plans of the rejected responses; their substitutes differ from each other and from the chosen one.</param>
sealed record ContrastDraft(
    ContrastContext Context,
    string Question,
    string Chosen,
    IReadOnlyList<PlacedFact> Relevant,
    RejectedPlan[] Rejected)
{
    /// <summary>Why no sample can be made of it; null when one can.</summary>
    internal string? Dropped { get; init; }
}

/// <summary>How a rejected response comes about.</summary>
/// <param name="Substitute">Taken where the model wrote nothing of use.</param>
sealed record RejectedPlan(string Substitute)
{
    /// <summary>Numbers of the chunks that the model is shown, ascending; null when it is not asked.</summary>
    internal int[]? Seen { get; init; }

    /// <summary>What it is asked; the sample's question by itself.</summary>
    internal string? Question { get; init; }

    /// <summary>Makes the rejected response of what it wrote; null for nothing of use.</summary>
    internal Func<string, string?> Use { get; init; } = text => text;
}
