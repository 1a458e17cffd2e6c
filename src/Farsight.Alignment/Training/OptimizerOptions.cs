using System.Text.Json.Serialization;

namespace Farsight.Alignment.Training;

/// <summary>
/// Represents the optimizer: AdamW for everything, Muon for the full matrices of hidden layers and AdamW for the rest, or RMSprop.
/// </summary>
/// <param name="LearningRate">Peak learning rate of adapters and full matrices.</param>
/// <param name="EmbeddingLearningRate">Peak learning rate of embeddings, norms and biases. Default: null, for the learning rate.</param>
/// <param name="Beta1">Decay of the gradients' mean. Default: 0.9.</param>
/// <param name="Beta2">Decay of the squared gradients' mean. Default: 0.999.</param>
/// <param name="Epsilon">Constant added to the root of the squared gradients' mean. Default: 1e-8.</param>
/// <param name="WeightDecay">Decoupled weight decay; norms and biases are never decayed. Default: 0.</param>
/// <param name="ClipNorm">Maximum Euclidean norm of all gradients together. Default: 1.</param>
/// <param name="Muon">Muon for full matrices. Optional; null for AdamW.</param>
/// <param name="Rmsprop">RMSprop for everything. Optional; false for AdamW. Its alpha is beta2, beta1 is 0, and the weight decay is added
/// to the gradients.</param>
/// <param name="EightBit">AdamW whose moments are stored in 8 bits, for matrices of 4,096 values or more; embeddings, norms and smaller
/// matrices keep F32. Default: false.</param>
public sealed record OptimizerOptions(
    double LearningRate,
    double? EmbeddingLearningRate = null,
    double Beta1 = 0.9,
    double Beta2 = 0.999,
    double Epsilon = 1e-8,
    double WeightDecay = 0,
    double ClipNorm = 1,
    MuonOptions? Muon = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Rmsprop = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool EightBit = false)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, double Value, bool Fits, string Range)[] checks =
        [
            ("learning_rate", LearningRate, LearningRate is > 0 and < 1, "above 0 and below 1"),
            (
                "embedding_learning_rate",
                EmbeddingLearningRate ?? LearningRate,
                EmbeddingLearningRate is null or (> 0 and < 1),
                "above 0 and below 1"),
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
        return
        [
            .. checks
                .Where(c => !c.Fits)
                .Select(c => FormattableString.Invariant($"{path}.{c.Key}: {c.Value} is not usable; use a number {c.Range}.")),
            .. Rmsprop && Beta1 is > 0 and < 1 ? new[] { $"{path}.beta1: RMSprop keeps no mean of the gradients; use 0." } : [],
            .. Rmsprop && Muon is not null ? new[] { $"{path}.rmsprop: it replaces every other optimizer; remove it or muon." } : [],
            .. EightBit && (Rmsprop || Muon is not null)
                ? new[] { $"{path}.eight_bit: it is a form of AdamW; remove it, or rmsprop and muon." }
                : [],
        ];
    }
}

/// <summary>Represents the settings of Muon.</summary>
/// <param name="LearningRate">Peak learning rate. Default: 0.02.</param>
/// <param name="Momentum">Nesterov momentum. Default: 0.95.</param>
/// <param name="WeightDecay">Decoupled weight decay. Default: 0.</param>
public sealed record MuonOptions(double LearningRate = 0.02, double Momentum = 0.95, double WeightDecay = 0);
