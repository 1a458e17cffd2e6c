namespace Farsight.Alignment.Objectives;

/// <summary>Represents how an objective samples responses from the policy.</summary>
/// <param name="MaxNewTokens">Maximum tokens of a response with its end token; 1 or more.</param>
/// <param name="Responses">G: responses of each sample. Default: 8.</param>
/// <param name="Temperature">Sampling temperature, above 0. Default: 1.</param>
/// <param name="Every">Steps between samplings; the first is before step 1. Default: 1, which is strictly on-policy.</param>
public sealed record OnPolicySampling(int MaxNewTokens, int Responses = 8, double Temperature = 1, int Every = 1)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    /// <param name="path">Where these options stand in the recipe.</param>
    internal IEnumerable<string> Problems(string path)
    {
        (string Key, double Value, bool Fits, string Range)[] checks =
        [
            ("max_new_tokens", MaxNewTokens, MaxNewTokens is >= 1 and <= 1 << 20, "1 or more"),
            ("responses", Responses, Responses is >= 1 and <= 1024, "1 to 1024, 8 is usual"),
            ("temperature", Temperature, Temperature is > 0 and <= 100, "more than 0, 1 is usual"),
            ("every", Every, Every >= 1, "1 or more"),
        ];
        return checks
            .Where(c => !c.Fits)
            .Select(c => FormattableString.Invariant($"{path}.{c.Key}: {c.Value} is not usable; use {c.Range}."));
    }
}

/// <summary>Computes a loss from responses that the policy samples during training, token by token.</summary>
/// <remarks>
/// Held-out samples are not sampled for. Their loss is the mean negative log-likelihood of the chosen response, which the training never
/// sees.
/// </remarks>
public interface ISampledObjective : IPreferenceObjective
{
    /// <summary>How responses are sampled.</summary>
    OnPolicySampling Sampling { get; }

    /// <summary>Whether <see cref="SampledLogProbs.Teacher"/> is required.</summary>
    bool ReadsTeacher { get; }

    /// <summary>Whether <see cref="SampledLogProbs.Reference"/> is required.</summary>
    bool ReadsReference { get; }

    /// <summary>Whether <see cref="SampledLogProbs.Reward"/> is required.</summary>
    bool ReadsReward { get; }

    /// <summary>Whether the reward includes the evidence that a response quotes.</summary>
    bool RewardsEvidence { get; }
}

/// <summary>Computes what objectives on sampled responses share.</summary>
static class SampledLoss
{
    /// <summary>Returns the value of a held-out sample: the mean negative log-likelihood of the chosen response.</summary>
    internal static ObjectiveValue HeldOut(PreferenceLogProbs logProbs) => new(-logProbs.Chosen.Mean, 0, []);

    /// <summary>Returns the value of a question whose responses were sampled; its chosen response has no part in it.</summary>
    internal static ObjectiveValue Of(double loss, double[][] dSampled) =>
        new(loss, 0, new double[dSampled.Length]) { DSampled = dSampled };
}
