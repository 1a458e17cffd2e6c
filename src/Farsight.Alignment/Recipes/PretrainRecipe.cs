using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine.Models;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Rope;

namespace Farsight.Alignment.Recipes;

/// <summary>Everything that decides what pre-training makes: tokenizer, model shape, documents, curriculum, optimizer.</summary>
public sealed record PretrainRecipe : IRecipe
{
    /// <summary>The model to be made.</summary>
    public required ModelShape Model { get; init; }

    /// <summary>Files that must be in the folder given to the command, recognised by their content; empty for whatever is there.</summary>
    public required IReadOnlyList<ListedDocument> Documents { get; init; }

    /// <summary>Generated documents beside them.</summary>
    public required FictionShare Fiction { get; init; }

    /// <summary>What counts how much in the loss.</summary>
    public required LossWeights LossWeights { get; init; }

    /// <summary>The curriculum, one phase after the other.</summary>
    public required IReadOnlyList<PretrainingPhase> Phases { get; init; }

    /// <summary>How gradients become updates.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>How the learning rates move over all phases together.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Sequences are computed together up to so many tokens; bounds the memory.</summary>
    public required int MicroBatchTokens { get; init; }

    /// <summary>Steps between evaluations on held-out documents.</summary>
    public required int EvalEvery { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public required int CheckpointEvery { get; init; }

    /// <summary>Seeds weights, generated documents and every sequence.</summary>
    public required int Seed { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. Model.Problems("model"),
        .. Fiction.Problems("fiction"),
        .. LossWeights.Problems("loss_weights"),
        .. Phases.SelectMany((p, i) => p.Problems($"phases[{i}]")),
        .. Optimizer.Problems("optimizer"),
        .. ScheduleProblems.Of("schedule", Schedule, Phases.Sum(p => p.Steps)),
        .. Positive("phases", Phases.Count), .. Positive("micro_batch_tokens", MicroBatchTokens),
        .. Positive("eval_every", EvalEvery), .. Positive("checkpoint_every", CheckpointEvery),
    ];

    static IEnumerable<string> Positive(string key, int value) => value > 0 ? [] : [$"{key}: {value} is not enough; use 1 or more."];
}

/// <summary>The shape of a model to be made: Llama, with embeddings that are the head, too.</summary>
/// <param name="VocabSize">Tokens of the tokenizer that is trained first, special ones included.</param>
/// <param name="HiddenSize">D.</param>
/// <param name="IntermediateSize">F.</param>
/// <param name="NumHiddenLayers">L.</param>
/// <param name="NumAttentionHeads">H.</param>
/// <param name="NumKeyValueHeads">Hkv; divides H.</param>
/// <param name="HeadDim">Dh; even.</param>
/// <param name="RmsNormEps">ε of the norms.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="MaxPositionEmbeddings">The window, in tokens.</param>
public sealed record ModelShape(
    int VocabSize, int HiddenSize, int IntermediateSize, int NumHiddenLayers, int NumAttentionHeads, int NumKeyValueHeads, int HeadDim,
    double RmsNormEps, double RopeTheta, int MaxPositionEmbeddings)
{
    // 256 bytes, the special tokens, and at least one merge.
    const int SmallestVocabulary = 300;

    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, bool Fits, string Problem)[] checks =
        [
            ("vocab_size", VocabSize >= SmallestVocabulary, $"{VocabSize} is too few; use {SmallestVocabulary} or more."),
            ("hidden_size", HiddenSize > 0, $"{HiddenSize} is not a size."),
            ("intermediate_size", IntermediateSize > 0, $"{IntermediateSize} is not a size."),
            ("num_hidden_layers", NumHiddenLayers > 0, $"{NumHiddenLayers} is not a number of layers."),
            ("num_attention_heads", NumAttentionHeads > 0, $"{NumAttentionHeads} is not a number of heads."),
            (
                "num_key_value_heads",
                NumKeyValueHeads > 0 && NumAttentionHeads % Math.Max(1, NumKeyValueHeads) == 0,
                $"{NumKeyValueHeads} does not divide {NumAttentionHeads} heads."),
            ("head_dim", HeadDim > 0 && HeadDim % 2 == 0, $"{HeadDim} is not an even number above 0."),
            ("rms_norm_eps", RmsNormEps is > 0 and < 1, FormattableString.Invariant($"{RmsNormEps} is outside (0, 1).")),
            ("rope_theta", RopeTheta > 1 && double.IsFinite(RopeTheta), FormattableString.Invariant($"{RopeTheta} is not a base above 1.")),
            ("max_position_embeddings", MaxPositionEmbeddings > 0, $"{MaxPositionEmbeddings} is not a window."),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Problem}");
    }

    /// <summary>The engine's words for it.</summary>
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

/// <summary>A document that pre-training reads, named so that anybody can find it, recognised by its content.</summary>
/// <param name="Title">For people.</param>
/// <param name="Gutenberg">Its number at Project Gutenberg.</param>
/// <param name="Sha256">Of the file's bytes, in lower-case hexadecimal.</param>
public sealed record ListedDocument(string Title, int Gutenberg, string Sha256);

/// <summary>Documents that are invented for pre-training.</summary>
/// <param name="Documents">How many; 0 for none.</param>
/// <param name="Words">Length of each.</param>
public sealed record FictionShare(int Documents, int Words)
{
    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    public IEnumerable<string> Problems(string path)
    {
        if (Documents < 0)
        {
            yield return $"{path}.documents: {Documents} is not a number of documents; use 0 or more.";
        }
        if (Words < 1)
        {
            yield return $"{path}.words: {Words} is not a length; use 1 or more.";
        }
    }
}
