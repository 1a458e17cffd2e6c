using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>What stood where a document was expected.</summary>
/// <param name="Document">The document; its text may be empty.</param>
/// <param name="Repairs">What was wrong with it.</param>
/// <param name="Dropped">Why it cannot be used; null where it can.</param>
readonly record struct FoundDocument(SourceDocument Document, IReadOnlyList<RepairCount> Repairs, string? Dropped);
