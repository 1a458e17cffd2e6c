using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis;

/// <summary>Names the reasons for dropping a sample or sampling a response again, as the summary spells them.</summary>
public static class DropReason
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
        ChosenTooShort = $"chosen_{ShortResponse.Reason}",
        ChosenLoop = $"chosen_{RepetitionLoop.Reason}",
        ChosenRefusal = $"chosen_{Refusal.Reason}",
        ChosenUnfollowed = $"chosen_{UnfollowedInstruction.Reason}",
        ChosenNotGrounded = Grounding.Reason,
        ChosenEqualsRejected = EqualResponses.Reason,
        JudgeRejected = QualityJudge.Reason,
        GoldNotFound = "gold_not_in_relevant_chunks",
        RejectedEmpty = "rejected_empty",
        RejectedNoEnd = "rejected_no_end",
        RejectedTooShort = $"rejected_{ShortResponse.Reason}",
        RejectedLoop = $"rejected_{RepetitionLoop.Reason}",
        RejectedIsGold = "rejected_is_gold",
        RejectedRepeated = "rejected_repeated",
        RejectedSubstituted = "rejected_substituted",
        RejectedUnverified = "rejected_unverified",
        KeyInContext = "asked_key_in_context",
        TooFewChunks = "too_few_chunks",
        EvidenceNotFound = "evidence_not_in_source",
        RejectedEvidenceFound = "rejected_evidence_in_source",
        QuestionUnclear = "question_unclear",
        NotMultiHop = "not_multi_hop",
        NoRelatedDocument = "no_related_document",
        PlanUnparsed = "plan_unparsed",
        ScoreUnparsed = "score_unparsed",
        NoMargin = "no_margin",
        TextTooShort = "text_too_short",
        MarkerInText = "marker_in_text",
        DelimiterRepeated = "delimiter_repeated";

    /// <summary>Prefix of the reason of a turn that is missing from a written sample.</summary>
    internal const string OfTurn = "turn_";

    /// <summary>Says in one sentence what a reason means and what to change.</summary>
    /// <param name="reason">The reason as the counts spell it, with or without "turn_".</param>
    public static string Describe(string reason) => reason switch
    {
        NoQuestion => "The document has no question; set questions to \"planted\", or add questions to the documents.",
        NoRelevantChunk => "No chunk shares a term with the question; use questions in the words of the documents.",
        NoIrrelevantChunk => "Every chunk is relevant or partial; use more chunks per context, or a higher threshold.",
        PromptTooLong => "Prompt and response exceed the model's window; use fewer or shorter chunks, or shorter documents.",
        QuestionNoEnd => "The written question did not end within the maximum number of tokens; use a stronger model.",
        QuestionUnparsed => "The model wrote no question in the requested form; set questions to \"planted\", or use a stronger model.",
        QuestionTooShort => "The written question has fewer than 4 words; use a stronger model.",
        QuestionTooLong => "The written question has more than 60 words; use a stronger model.",
        QuestionUnanswered => "The model wrote a question without an answer; use a stronger model.",
        QuestionIsNone => "The written question has no question mark; use a stronger model.",
        QuestionNeedsText => "The written question refers to \"the text\" or \"the passage\", which users do not do; use a stronger model.",
        ChosenWrong =>
            "The chosen response differs from the known answer; use a model that can answer, or for LOGO set chosen to \"gold\".",
        ChosenNoEnd => "The chosen response did not end within the maximum number of tokens; use a model that ends its answers.",
        ChosenEmpty => "The chosen response has no text; use a stronger model.",
        ChosenTooShort => "The chosen response has too few words; use a stronger model.",
        ChosenLoop => "The chosen response repeats the same words again and again; use a stronger model.",
        ChosenRefusal => "The chosen response refuses to answer; use documents that answer the questions, or a stronger model.",
        ChosenUnfollowed => "The chosen response has another form than the question requests; use a stronger model.",
        ChosenNotGrounded => "The chosen response has a name, date or number that is not in its chunks; use a stronger model.",
        ChosenEqualsRejected => "The rejected response says the same as the chosen one; raise the temperature.",
        JudgeRejected => "The judge called the chosen response wrong; use a stronger model, or check the judge.",
        GoldNotFound => "The known answer has words that are not in the relevant chunks; lower the threshold, or set chosen to \"model\".",
        RejectedEmpty => "A rejected response has no text; change the temperature, or use another model.",
        RejectedNoEnd => "A rejected response did not end within the maximum number of tokens; lower the temperature.",
        RejectedTooShort => "A rejected response has too few words; change the temperature, or use another model.",
        RejectedLoop => "A rejected response repeats the same words again and again; change the temperature, or use another model.",
        RejectedIsGold => "A rejected response is correct; raise the temperature, or use a higher threshold.",
        RejectedRepeated => "A rejected response equals another one of the sample; raise the temperature, or request fewer.",
        RejectedSubstituted =>
            "A rejected response was composed by rule, because the model wrote none that is usable; raise the temperature.",
        RejectedUnverified =>
            "Nothing verifies that a rejected response is wrong: the question has no short known answer, and no judge gave a verdict; "
                + "use a judge, or set questions to \"planted\".",
        KeyInContext => "The context names the requested fact by chance; nothing has to be changed.",
        TooFewChunks => "The document has one chunk, and the question is about several; use longer documents, or shorter chunks.",
        EvidenceNotFound => "A sentence that the model quotes is not in the text; use a stronger model.",
        RejectedEvidenceFound => "No rejected response cites invented evidence; raise the temperature, or request fewer.",
        QuestionUnclear => "The written question cannot be understood without its text; use a stronger model.",
        NotMultiHop => "The merged question does not need all of its texts; use a stronger model.",
        NoRelatedDocument => "No other document shares a term with the question; use related documents, or more candidates.",
        PlanUnparsed => "The model wrote no plan in the requested form, or one with more than 50 paragraphs; use a stronger model.",
        ScoreUnparsed => "The judge gave no score in the requested form; use a stronger judge.",
        NoMargin => "The best and the worst response are scored alike; raise the temperature, or lower the margin.",
        TextTooShort => "The text has too few words for its task; use longer documents, or a greater length.",
        MarkerInText => "The text contains the mark of a blank; nothing has to be changed.",
        DelimiterRepeated => "No words around a span occur only once, so nothing can be asked for; use other documents.",
        _ when reason.StartsWith(OfTurn, StringComparison.Ordinal) => Describe(reason[OfTurn.Length..]),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "The reason is unknown."),
    };
}
