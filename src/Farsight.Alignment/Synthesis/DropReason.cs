namespace Farsight.Alignment.Synthesis;

/// <summary>Why a sample was dropped, or a response sampled again; as the names stand in the summary.</summary>
static class DropReason
{
    internal const string
        NoRelevantChunk = "no_relevant_chunk", NoIrrelevantChunk = "no_irrelevant_chunk", PromptTooLong = "prompt_too_long",
        ChosenWrong = "chosen_wrong",
        RejectedEmpty = "rejected_empty", RejectedNoEnd = "rejected_no_end", RejectedIsGold = "rejected_is_gold", RejectedRepeated = "rejected_repeated";
}
