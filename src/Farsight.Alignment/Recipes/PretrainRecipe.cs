using System.Text.Json.Serialization;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Rope;

namespace Farsight.Alignment.Recipes;

/// <summary>
/// Represents everything that decides the outcome of pre-training: tokenizer, model shape, documents, curriculum, optimizer.
/// </summary>
public sealed record PretrainRecipe : IRecipe
{
    /// <summary>Shape of the model.</summary>
    public required ModelShape Model { get; init; }

    /// <summary>
    /// Documents that the folder must contain, recognized by their content. Default: an empty list, for all files of the folder.
    /// </summary>
    public IReadOnlyList<ListedDocument> Documents { get; init; } = [];

    /// <summary>Generated documents to add. Default: none.</summary>
    public FictionShare Fiction { get; init; } = new();

    /// <summary>Weights of the parts of a sequence in the loss.</summary>
    public LossWeights LossWeights { get; init; } = new();

    /// <summary>Phases of the curriculum, in order.</summary>
    public required IReadOnlyList<PretrainingPhase> Phases { get; init; }

    /// <summary>
    /// How the products of the steps are computed: "f32" or "bf16" (docs/precision.md). Optional; null for "f32".
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Arithmetic? Precision { get; init; }

    /// <summary>Optimizer.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>
    /// Learning-rate schedule over all phases together. Default: a cosine without warm-up, down to a tenth of the peak.
    /// </summary>
    public LearningRateSchedule Schedule { get; init; } = new LearningRateSchedule.Cosine(0, 0.1);

    /// <summary>Maximum tokens per forward pass; limits the memory. Default: 4096.</summary>
    public int MicroBatchTokens { get; init; } = 4096;

    /// <summary>Steps between evaluations on held-out documents. Default: 100.</summary>
    public int EvalEvery { get; init; } = 100;

    /// <summary>Steps between checkpoints. Default: 100.</summary>
    public int CheckpointEvery { get; init; } = 100;

    /// <summary>Seeds the weights, the generated documents and every sequence. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. TrainRecipe.PrecisionProblems(Precision),
        .. Model.Problems("model"),
        .. Fiction.Problems("fiction"),
        .. LossWeights.Problems("loss_weights"),
        .. Phases.SelectMany((p, i) => p.Problems($"phases[{i}]")),
        .. Optimizer.Problems("optimizer"),
        .. ScheduleProblems.Of("schedule", Schedule, (int)Math.Min(int.MaxValue, Phases.Sum(p => (long)p.Steps))),
        .. Phases.Sum(p => (long)p.Steps) <= ScheduleProblems.MaxSteps
            ? []
            : new[] { $"phases: they have more than {ScheduleProblems.MaxSteps} steps together; lower steps." },
        .. Positive("phases", Phases.Count), .. Positive("micro_batch_tokens", MicroBatchTokens),
        .. Positive("eval_every", EvalEvery), .. Positive("checkpoint_every", CheckpointEvery),
    ];

    static IEnumerable<string> Positive(string key, int value) => value > 0 ? [] : [$"{key}: {value} is too small; use 1 or more."];
}

/// <summary>Represents the shape of a new model: Llama with tied embeddings.</summary>
/// <param name="VocabSize">Tokens of the tokenizer to train, including special tokens.</param>
/// <param name="HiddenSize">D, hidden size.</param>
/// <param name="IntermediateSize">F, width of the MLPs.</param>
/// <param name="NumHiddenLayers">L, number of layers.</param>
/// <param name="NumAttentionHeads">H, number of attention heads.</param>
/// <param name="NumKeyValueHeads">Hkv, number of key and value heads; divides H.</param>
/// <param name="HeadDim">Dh, size of a head; even.</param>
/// <param name="RmsNormEps">ε of the norms.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="MaxPositionEmbeddings">Window in tokens.</param>
public sealed record ModelShape(
    int VocabSize, int HiddenSize, int IntermediateSize, int NumHiddenLayers, int NumAttentionHeads, int NumKeyValueHeads, int HeadDim,
    double RmsNormEps, double RopeTheta, int MaxPositionEmbeddings)
{
    // 256 bytes, the special tokens, and at least one merge.
    const int SmallestVocabulary = 300;

    // Beyond any model of today; what these bounds allow is planned or fails for lack of memory.
    const int MaxVocabulary = 1 << 22, MaxWidth = 1 << 20, MaxCount = 1 << 12, MaxWindow = 1 << 28;

    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, bool Fits, string Problem)[] checks =
        [
            (
                "vocab_size",
                VocabSize is >= SmallestVocabulary and <= MaxVocabulary,
                $"{VocabSize} is not usable; use {SmallestVocabulary} to {MaxVocabulary}."),
            ("hidden_size", HiddenSize is > 0 and <= MaxWidth, $"{HiddenSize} is not a size; use 1 to {MaxWidth}."),
            ("intermediate_size", IntermediateSize is > 0 and <= MaxWidth, $"{IntermediateSize} is not a size; use 1 to {MaxWidth}."),
            (
                "num_hidden_layers",
                NumHiddenLayers is > 0 and <= MaxCount,
                $"{NumHiddenLayers} is not a number of layers; use 1 to {MaxCount}."),
            (
                "num_attention_heads",
                NumAttentionHeads is > 0 and <= MaxCount,
                $"{NumAttentionHeads} is not a number of heads; use 1 to {MaxCount}."),
            (
                "num_key_value_heads",
                NumKeyValueHeads > 0 && NumAttentionHeads % Math.Max(1, NumKeyValueHeads) == 0,
                $"{NumKeyValueHeads} does not divide {NumAttentionHeads} heads; use a divisor."),
            (
                "head_dim",
                HeadDim is > 0 and <= MaxCount && HeadDim % 2 == 0,
                $"{HeadDim} is not an even number from 2 to {MaxCount}; use one."),
            ("rms_norm_eps", RmsNormEps is > 0 and < 1, FormattableString.Invariant($"{RmsNormEps} is outside (0, 1); 1e-5 is usual.")),
            (
                "rope_theta",
                RopeTheta > 1 && double.IsFinite(RopeTheta),
                FormattableString.Invariant($"{RopeTheta} is not a base above 1; 10000 is usual.")),
            (
                "max_position_embeddings",
                MaxPositionEmbeddings is > 0 and <= MaxWindow,
                $"{MaxPositionEmbeddings} is not a window; use 1 to {MaxWindow}."),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Problem}");
    }

    /// <summary>Converts the shape to the engine's configuration.</summary>
    public ModelConfig ToConfig(int bos, int eos) => new()
    {
        ModelType = "llama",
        VocabSize = VocabSize,
        HiddenSize = HiddenSize,
        IntermediateSize = IntermediateSize,
        NumHiddenLayers = NumHiddenLayers,
        NumAttentionHeads = NumAttentionHeads,
        NumKeyValueHeads = NumKeyValueHeads,
        HeadDim = HeadDim,
        RmsNormEps = (float)RmsNormEps,
        RopeTheta = RopeTheta,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = MaxPositionEmbeddings,
        TieWordEmbeddings = true,
        BosTokenId = bos,
        EosTokenIds = [eos],
    };
}

/// <summary>Represents a document for pre-training: its public name, and the hash that identifies it.</summary>
/// <param name="Title">Title, for messages.</param>
/// <param name="Gutenberg">Number at Project Gutenberg.</param>
/// <param name="Sha256">SHA-256 of the file in lower-case hexadecimal.</param>
public sealed record ListedDocument(string Title, int Gutenberg, string Sha256);

/// <summary>Represents the generated documents for pre-training.</summary>
/// <param name="Documents">Number of documents; 0 for none. Default: 0.</param>
/// <param name="Words">Words per document. Default: 3000.</param>
public sealed record FictionShare(int Documents = 0, int Words = 3000)
{
    const int MaxDocuments = 10_000_000, MaxWords = 10_000_000;

    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        if (Documents is < 0 or > MaxDocuments)
        {
            yield return $"{path}.documents: {Documents} is not a number of documents; use 0 to {MaxDocuments}.";
        }
        if (Words is < 1 or > MaxWords)
        {
            yield return $"{path}.words: {Words} is not a length; use 1 to {MaxWords}.";
        }
    }
}
