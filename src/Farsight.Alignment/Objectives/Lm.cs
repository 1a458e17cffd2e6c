using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>Continued pre-training on the documents: the mean negative log-likelihood of the prompt's tokens after the first.</summary>
/// <remarks>
/// Loss = −mean(prompt). The prompt is the context with the question and the template around it; no response is learned, where
/// <see cref="SftFull"/> learns context, question and answer. The chosen response is run to be measured: it tells what longer
/// contexts alone do for answers. Token and position for token and position the same text as the other objectives see.
/// </remarks>
sealed record Lm : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => true;

    [JsonIgnore]
    public bool LearnsChosen => false;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    public IEnumerable<string> Problems(string path) => [];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("lm", 0, logProbs);
        SequenceLogProb prompt = Requirement.Prompt("lm", logProbs);

        return new(-prompt.Mean, 0, [], DPrompt: -1.0 / prompt.Tokens);
    }
}
