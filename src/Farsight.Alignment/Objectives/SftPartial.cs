using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>Instruction tuning with the loss on the answer: −mean(chosen).</summary>
/// <remarks>A baseline of arXiv:2410.18533v1, section 4 ("Partial"). Rejected responses are not run at all.</remarks>
public sealed record SftPartial : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    public IEnumerable<string> Problems(string path) => [];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("sft_partial", 0, logProbs);
        return new(-logProbs.Chosen.Mean, -1.0 / logProbs.Chosen.Tokens, [], 0, 0);
    }
}
