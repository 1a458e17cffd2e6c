namespace Farsight.Alignment.Data;

/// <summary>
/// A turn after the first: another question about the same context, asked when the turns before were answered with their chosen responses.
/// </summary>
/// <param name="Question">What is asked.</param>
/// <param name="Chosen">The preferred response.</param>
/// <param name="Rejected">[M] dis-preferred responses, at least one.</param>
/// <param name="Seen">Which chunks of the sample's context each response was written from.</param>
/// <param name="Origin">Where the question is from; null where nobody says.</param>
/// <param name="Fact">The fact that was put into the context to be asked for; null when the documents are unchanged.</param>
public sealed record PreferenceTurn(
    string Question,
    string Chosen,
    IReadOnlyList<string> Rejected,
    SeenChunks Seen,
    QuestionOrigin? Origin = null,
    InsertedFact? Fact = null)
{
    internal IEnumerable<string> Problems(string path, int chunks) =>
        [
            .. PreferenceSample.Text($"{path}.question", Question),
            .. PreferenceSample.Text($"{path}.chosen", Chosen),
            .. Rejected.Count > 0 ? [] : new[] { $"{path}.rejected is empty; each turn needs at least one rejected response." },
            .. Rejected.SelectMany((r, j) => PreferenceSample.Text($"{path}.rejected[{j}]", r)),
            .. Seen.Problems($"{path}.seen", chunks, Rejected.Count),
            .. Fact is { } fact && (fact.Chunk < 0 || fact.Chunk >= chunks)
                ? new[] { $"{path}.fact.chunk is {fact.Chunk}; the context has chunks 0 to {chunks - 1}." }
                : [],
        ];
}
