using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a document candidate and the reason for dropping it, if any.</summary>
/// <param name="Document">The document; its text may be empty.</param>
/// <param name="Repairs">What was wrong with it.</param>
/// <param name="Dropped">Why it cannot be used; null where it can.</param>
readonly record struct FoundDocument(SourceDocument Document, IReadOnlyList<RepairCount> Repairs, string? Dropped);
