namespace Farsight.Engine.Models;

/// <summary>The shape of a model of the Llama family, with Hugging Face's names.</summary>
/// <remarks>
/// Llama: plain. Mistral: the same. Qwen2: biases on q, k, v (<see cref="AttentionBias"/>). Qwen3: RMS norms on each head's
/// queries and keys (<see cref="QueryKeyNorm"/>).
/// </remarks>
public sealed record ModelConfig
{
    /// <summary>llama, mistral, qwen2, qwen3, as in config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>D.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>L.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>H: query heads.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Hkv: key and value heads; divides H.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Dh; need not be D / H.</summary>
    public required int HeadDim { get; init; }

    /// <summary>ε inside the root of the RMS norm.</summary>
    public required float RmsNormEps { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>How the rotary frequencies are changed for longer contexts.</summary>
    public required RopeScaling RopeScaling { get; init; }

    /// <summary>The window the model was trained for, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>The output head is the embedding matrix.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Biases on q, k and v.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>RMS norms on the queries and keys of each head.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Token that opens a text; null when the config names none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a response.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The same model under another RoPE rule; the window grows by the rule's factor from the original one.</summary>
    public ModelConfig With(RopeScaling rope) => this with
    {
        RopeScaling = rope,
        MaxPositionEmbeddings = rope switch
        {
            RopeScaling.Linear linear => (int)(MaxPositionEmbeddings * linear.Factor),
            RopeScaling.Llama3 llama3 => (int)(llama3.OriginalMaxPositionEmbeddings * llama3.Factor),
            RopeScaling.Yarn yarn => (int)(yarn.OriginalMaxPositionEmbeddings * yarn.Factor),
            _ => MaxPositionEmbeddings,
        },
    };
}

/// <summary>A rule that changes rotary frequencies so that positions beyond the trained window stay familiar.</summary>
public abstract record RopeScaling
{
    /// <summary>None: inverse frequency i is θ^(−2i/Dh).</summary>
    public sealed record Unscaled : RopeScaling;

    /// <summary>Position interpolation (arXiv:2306.15595): every frequency divided by the factor.</summary>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>Llama 3.1's rule: low frequencies divided by the factor, high ones kept, a ramp between.</summary>
    public sealed record Llama3(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling;

    /// <summary>YaRN (arXiv:2309.00071): a ramp by the number of turns within the original window, and a factor on cos and sin.</summary>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    /// <param name="BetaFast">Turns above which a frequency is kept; 32 in the paper.</param>
    /// <param name="BetaSlow">Turns below which a frequency is divided by s; 1 in the paper.</param>
    /// <param name="AttentionFactor">Factor on cos and sin; null for 0.1 · ln(s) + 1.</param>
    public sealed record Yarn(double Factor, int OriginalMaxPositionEmbeddings, double BetaFast = 32, double BetaSlow = 1, double? AttentionFactor = null) : RopeScaling;
}
