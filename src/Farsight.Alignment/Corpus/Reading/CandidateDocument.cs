using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a document candidate and the reason for dropping it, if any.</summary>
/// <param name="Document">The document; its text may be empty.</param>
/// <param name="Repairs">Repairs made to the text.</param>
/// <param name="Dropped">Reason for dropping the document; null to keep it.</param>
/// <param name="LeftOut">A <see cref="LeftOutPart"/> for each part of a conversation that was left out; null for none.</param>
readonly record struct CandidateDocument(
    SourceDocument Document, IReadOnlyList<RepairCount> Repairs, string? Dropped, IReadOnlyList<string>? LeftOut = null);

/// <summary>Defines the parts of a conversation that are neither document nor question, as they appear in the report.</summary>
static class LeftOutPart
{
    internal const string
        SystemTurn = "system_turn", OtherTurn = "other_turn", Unanswered = "unanswered_question", Unasked = "answer_without_question";
}

/// <summary>Defines the reasons for dropping a document, as they appear in the report.</summary>
static class DropReason
{
    internal const string
        Empty = "empty", NoText = "no_text", Malformed = "malformed", NoDocument = "no_document", Garbled = "garbled",
        TooShort = "too_short", TooLong = "too_long", TooLarge = "too_large", NearDuplicate = "near_duplicate", NotDrawn = "not_drawn";

    /// <summary>Returns the reason as a clause.</summary>
    internal static string Describe(string reason) => reason switch
    {
        Empty => "it has no text",
        NoText => "its text is null",
        Malformed => "a field is missing or has the wrong type",
        NoDocument => "the record has a question only and no document",
        Garbled => "too many of its characters are damaged",
        TooShort => "it is shorter than the minimum",
        TooLong => "it is longer than the maximum",
        TooLarge => "it is larger than 256 MiB",
        NearDuplicate => "it is similar to an earlier document",
        NotDrawn => "it was not drawn",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
