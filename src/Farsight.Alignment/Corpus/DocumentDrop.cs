namespace Farsight.Alignment.Corpus;

/// <summary>Defines the reasons for dropping a document, as they appear in the report.</summary>
static class DocumentDrop
{
    internal const string
        Empty = "empty", NoDocument = "no_document", Garbled = "garbled", TooShort = "too_short", TooLong = "too_long",
        NearDuplicate = "near_duplicate", NotDrawn = "not_drawn";
}
