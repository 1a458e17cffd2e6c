namespace Farsight.Alignment.Synthesis;

/// <summary>Names the reasons for dropping a sample or sampling a response again, as the summary spells them.</summary>
static class DropReason
{
    internal const string NoQuestion = "no_question",
        NoRelevantChunk = "no_relevant_chunk",
        NoIrrelevantChunk = "no_irrelevant_chunk",
        PromptTooLong = "prompt_too_long",
        QuestionNoEnd = "question_no_end",
        QuestionUnparsed = "question_unparsed",
        QuestionTooShort = "question_too_short",
        QuestionTooLong = "question_too_long",
        QuestionUnanswered = "question_unanswered",
        QuestionIsNone = "question_is_none",
        QuestionNeedsText = "question_speaks_of_the_text",
        ChosenWrong = "chosen_wrong",
        ChosenNoEnd = "chosen_no_end",
        ChosenEmpty = "chosen_empty",
        GoldNotFound = "gold_not_in_relevant_chunks",
        RejectedEmpty = "rejected_empty",
        RejectedNoEnd = "rejected_no_end",
        RejectedIsGold = "rejected_is_gold",
        RejectedRepeated = "rejected_repeated",
        RejectedSubstituted = "rejected_substituted",
        KeyInContext = "asked_key_in_context";
}
