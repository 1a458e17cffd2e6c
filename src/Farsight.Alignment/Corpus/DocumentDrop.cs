namespace Farsight.Alignment.Corpus;

/// <summary>Why a document of a corpus is left out; as the names stand in the report.</summary>
static class DocumentDrop
{
    internal const string
        Empty = "empty", NoDocument = "no_document", Garbled = "garbled", TooShort = "too_short", TooLong = "too_long",
        NearDuplicate = "near_duplicate", NotDrawn = "not_drawn";
}
