using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>Instruction tuning with the loss on the answer: −mean(response), of the chosen response or of the first rejected one.</summary>
/// <remarks>
/// On the chosen response it is a baseline of arXiv:2410.18533v1, section 4 ("Partial"), and no rejected response is run. On the rejected
/// one it is a baseline of arXiv:2502.13922, Figure 4; the chosen response is then run to be measured, and has no part in the loss.
/// </remarks>
/// <param name="Response">The response that is learned. Default: chosen.</param>
public sealed record SftPartial(TrainedResponse Response = TrainedResponse.Chosen) : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public bool LearnsChosen => Response == TrainedResponse.Chosen;

    [JsonIgnore]
    public int? RejectedResponses => Response == TrainedResponse.Rejected ? 1 : 0;

    public IEnumerable<string> Problems(string path) => [];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("sft_partial", RejectedResponses!.Value, logProbs);
        return Response == TrainedResponse.Rejected
            ? new(-logProbs.Rejected[0].Mean, 0, [-1.0 / logProbs.Rejected[0].Tokens])
            : new(-logProbs.Chosen.Mean, -1.0 / logProbs.Chosen.Tokens, []);
    }
}

/// <summary>Lists the responses that instruction tuning can learn.</summary>
public enum TrainedResponse
{
    /// <summary>The preferred one.</summary>
    Chosen,

    /// <summary>The first rejected one: what is gained by more text of the kind alone, right or wrong.</summary>
    Rejected,
}
