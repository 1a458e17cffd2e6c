using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>Distillation: the divergence between a teacher's distribution and the policy's at each token of the chosen response.</summary>
/// <remarks>
/// Loss = mean_t [(1 − ρ)·KL(p_t ‖ q_t) + ρ·KL(q_t ‖ p_t)] − ν·mean(chosen), with p the teacher and q the policy. Both are taken over
/// the teacher's k most likely tokens and one class for all others, so the divergences are exact for this partition of the vocabulary and
/// never above those over the whole of it. The probability of the others counts as at least 1e-9. Source of forward and reverse
/// divergence: arXiv:1503.02531 and arXiv:2306.08543; distilled long-context models: arXiv:2311.13657.
/// </remarks>
/// <param name="TopK">k: the teacher's most likely tokens per position; 1 or more. Default: 32.</param>
/// <param name="ReverseShare">ρ, in [0, 1]; 0 is the forward divergence. Default: 0.</param>
/// <param name="NllWeight">ν, weight of the chosen response's mean negative log-likelihood; ≥ 0. Default: 0.</param>
/// <param name="Teacher">Directory of the teacher, with the policy's tokenizer. Optional; null for the base model.</param>
/// <param name="Context">Context that the teacher reads. Default: the long one.</param>
/// <param name="Live">Whether the teacher stays in memory and is asked before every step about the samples of the step. Default: false,
/// which asks once about the whole dataset and keeps the answers in a file. Both agree up to rounding.</param>
sealed record Distill(
    int TopK = 32, double ReverseShare = 0, double NllWeight = 0, string? Teacher = null, TeacherContext Context = TeacherContext.Long,
    bool Live = false)
    : IPreferenceObjective
{
    const double LeastOthers = 1e-9;
    const int MostTokens = 1 << 18; // more than any vocabulary; the whole of it gives the divergence of the whole distributions

    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    [JsonIgnore]
    public TeacherOptions? Distillation => new(Teacher, TopK, Context, Live);

    public IEnumerable<string> Problems(string path) =>
    [
        .. TopK is >= 1 and <= MostTokens ? [] : new[] { $"{path}.top_k: {TopK} is not allowed; use 1 to {MostTokens}." },
        .. ReverseShare is >= 0 and <= 1
            ? []
            : new[] { FormattableString.Invariant($"{path}.reverse_share: {ReverseShare} is not allowed; use 0 to 1.") },
        .. Requirement.NotNegative($"{path}.nll_weight", NllWeight),
        .. Teacher is not null && string.IsNullOrWhiteSpace(Teacher)
            ? new[] { $"{path}.teacher: it is empty; write a path, or null for the base model." }
            : [],
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("distill", 0, logProbs);
        IReadOnlyList<DistilledToken> tokens = logProbs.Distilled.Count > 0
            ? logProbs.Distilled
            : throw new ArgumentException("distill needs the teacher's distributions, and the example has none.", nameof(logProbs));
        double loss = 0;
        double[][] derivatives = new double[tokens.Count][];
        for (int t = 0; t < tokens.Count; t++)
        {
            (double divergence, derivatives[t]) = Divergence(tokens[t], 1.0 / tokens.Count);
            loss += divergence;
        }
        SequenceLogProb chosen = logProbs.Chosen;
        return new(loss - NllWeight * chosen.Mean, -NllWeight / chosen.Tokens, []) { DDistilled = derivatives };
    }

    /// <summary>Computes the weighted divergence at a token, and its derivatives by the policy's log-probabilities: [k].</summary>
    (double Loss, double[] Derivatives) Divergence(DistilledToken token, double weight)
    {
        double pOthers = Others(token.Teacher), qOthers = Others(token.Policy);
        bool isFloor = qOthers == LeastOthers; // a constant there
        double others = Math.Log(pOthers) - Math.Log(qOthers);
        double loss = (1 - ReverseShare) * pOthers * others - ReverseShare * qOthers * others;
        double[] derivatives = new double[token.Policy.Length];
        for (int k = 0; k < derivatives.Length; k++)
        {
            double p = Math.Exp(token.Teacher[k]), q = Math.Exp(token.Policy[k]), gap = token.Teacher[k] - token.Policy[k];
            loss += (1 - ReverseShare) * p * gap - ReverseShare * q * gap;
            double forward = -p + (isFloor ? 0 : pOthers * q / qOthers);
            double reverse = q * (1 - gap) - (isFloor ? 0 : q * (1 - others));
            derivatives[k] = weight * ((1 - ReverseShare) * forward + ReverseShare * reverse);
        }
        return (weight * loss, derivatives);
    }

    static double Others(double[] logProbs) => Math.Max(1 - logProbs.Sum(Math.Exp), LeastOthers);
}

/// <summary>Represents the teacher of a distillation.</summary>
/// <param name="Model">Its directory; null for the base model.</param>
/// <param name="TopK">Its most likely tokens per position that are kept.</param>
/// <param name="Context">Context that it reads.</param>
/// <param name="Live">Whether it is asked before every step instead of once before training.</param>
public sealed record TeacherOptions(string? Model, int TopK, TeacherContext Context, bool Live);

/// <summary>Lists the contexts that a teacher can read.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "Short and long contexts are the methods' terms.")]
public enum TeacherContext
{
    /// <summary>The whole context.</summary>
    Long,

    /// <summary>The chunks that the chosen response was written from.</summary>
    Short,
}
