using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>
/// Instruction tuning with the loss on the whole sequence: the mean over the prompt's tokens after the first and the chosen response's.
/// </summary>
/// <remarks>
/// Loss = −(Prompt.Sum + Chosen.Sum) / (Prompt.Tokens + Chosen.Tokens).
/// A baseline of arXiv:2410.18533v1, section 4 ("Full"). Rejected responses are not run at all.
/// </remarks>
sealed record SftFull : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => true;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    public IEnumerable<string> Problems(string path) => [];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("sft_full", 0, logProbs);
        SequenceLogProb prompt = Requirement.Prompt("sft_full", logProbs);

        int tokens = prompt.Tokens + logProbs.Chosen.Tokens;
        double dSum = -1.0 / tokens;
        return new(-(prompt.Sum + logProbs.Chosen.Sum) / tokens, dSum, [], DPrompt: dSum);
    }
}
