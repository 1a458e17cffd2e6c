namespace Farsight.Alignment.Training;

/// <summary>
/// How gradients become updates: AdamW for everything, or Muon for the full matrices of hidden layers and AdamW for the rest.
/// </summary>
/// <param name="LearningRate">Peak, for adapters and full matrices.</param>
/// <param name="EmbeddingLearningRate">Peak, for embeddings, norms and biases.</param>
/// <param name="Beta1">Decay of the mean of gradients.</param>
/// <param name="Beta2">Decay of the mean of squared gradients.</param>
/// <param name="Epsilon">Added to the root of the mean of squares.</param>
/// <param name="WeightDecay">Decoupled; norms and biases are never decayed.</param>
/// <param name="ClipNorm">Largest Euclidean norm of all gradients together.</param>
/// <param name="Muon">For full matrices; null, or left out, for AdamW.</param>
public sealed record OptimizerOptions(
    double LearningRate,
    double EmbeddingLearningRate,
    double Beta1,
    double Beta2,
    double Epsilon,
    double WeightDecay,
    double ClipNorm,
    MuonOptions? Muon = null)
{
    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, double Value, bool Fits, string Range)[] checks =
        [
            ("learning_rate", LearningRate, LearningRate is > 0 and < 1, "above 0 and below 1"),
            ("embedding_learning_rate", EmbeddingLearningRate, EmbeddingLearningRate is > 0 and < 1, "above 0 and below 1"),
            ("beta1", Beta1, Beta1 is >= 0 and < 1, "from 0 to below 1, 0.9 is usual"),
            ("beta2", Beta2, Beta2 is > 0 and < 1, "above 0 and below 1, 0.95 to 0.999 is usual"),
            ("epsilon", Epsilon, Epsilon is > 0 and < 1, "above 0 and below 1, 1e-8 is usual"),
            ("weight_decay", WeightDecay, WeightDecay is >= 0 and < 1, "from 0 to below 1"),
            ("clip_norm", ClipNorm, ClipNorm > 0 && double.IsFinite(ClipNorm), "above 0, 1 is usual"),
            (
                "muon.learning_rate",
                Muon?.LearningRate ?? 0.02,
                Muon is null or { LearningRate: > 0 and < 1 },
                "above 0 and below 1, 0.02 is usual"),
            ("muon.momentum", Muon?.Momentum ?? 0.95, Muon is null or { Momentum: >= 0 and < 1 }, "from 0 to below 1, 0.95 is usual"),
            ("muon.weight_decay", Muon?.WeightDecay ?? 0, Muon is null or { WeightDecay: >= 0 and < 1 }, "from 0 to below 1"),
        ];
        return checks
            .Where(c => !c.Fits)
            .Select(c => FormattableString.Invariant($"{path}.{c.Key}: {c.Value} is not usable; use a number {c.Range}."));
    }
}

/// <summary>Muon's own settings.</summary>
/// <param name="LearningRate">Peak.</param>
/// <param name="Momentum">Of the Nesterov momentum.</param>
/// <param name="WeightDecay">Decoupled.</param>
public sealed record MuonOptions(double LearningRate, double Momentum, double WeightDecay);
