using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>
/// Instruction tuning with the loss on the whole sequence: the mean over the prompt's tokens after the first and the chosen response's.
/// </summary>
/// <remarks>
/// Loss = −(Prompt.Sum + w·Chosen.Sum) / (Prompt.Tokens + w·Chosen.Tokens).
/// A baseline of arXiv:2410.18533v1, section 4 ("Full"), with w = 1. Rejected responses are not run at all.
/// </remarks>
/// <param name="ResponseWeight">
/// w, how much a token of the response counts beside a token of the prompt; > 0. Default: 1, as in the paper. A control for
/// objectives that weight the answer more.
/// </param>
sealed record SftFull(double ResponseWeight = 1) : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => true;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    public IEnumerable<string> Problems(string path) => Requirement.Positive($"{path}.response_weight", ResponseWeight);

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("sft_full", 0, logProbs);
        SequenceLogProb prompt = Requirement.Prompt("sft_full", logProbs);

        double tokens = prompt.Tokens + ResponseWeight * logProbs.Chosen.Tokens;
        double dSum = -1.0 / tokens;
        return new(-(prompt.Sum + ResponseWeight * logProbs.Chosen.Sum) / tokens, ResponseWeight * dSum, [], DPrompt: dSum);
    }
}
