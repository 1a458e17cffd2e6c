using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Workflows.Train;

/// <summary>Represents what a LOGO sample costs for a usual model size and context, without a recipe.</summary>
/// <remarks>
/// A sample has one prompt of <paramref name="Context"/> tokens and three responses of 200. BF16 weights are frozen, and the adapter is
/// the recipe's default: rank 32 on the four attention matrices.
/// </remarks>
/// <param name="Size">Number of parameters, as it is usually written: "8B".</param>
/// <param name="Context">Tokens of the prompt.</param>
/// <param name="Plan">Memory at each level of recomputation, and seconds per sample.</param>
public sealed record SizePlan(string Size, int Context, TrainPlan Plan)
{
    static readonly int[] s_contexts = [8192, 32_768, 131_072];

    static readonly int[] s_responses = [200, 200, 200];

    // Sizes of SmolLM2-135M, Qwen2.5-0.5B, Llama-3.2-1B, Llama-3.2-3B and Llama-3.1-8B, as in their config.json.
    static readonly (string Size, ModelConfig Config)[] s_models =
    [
        ("135M", Model(hidden: 576, layers: 30, heads: 9, kvHeads: 3, headDim: 64, ffn: 1536, vocab: 49_152)),
        ("0.5B", Model(hidden: 896, layers: 24, heads: 14, kvHeads: 2, headDim: 64, ffn: 4864, vocab: 151_936)),
        ("1B", Model(hidden: 2048, layers: 16, heads: 32, kvHeads: 8, headDim: 64, ffn: 8192, vocab: 128_256)),
        ("3B", Model(hidden: 3072, layers: 28, heads: 24, kvHeads: 8, headDim: 128, ffn: 8192, vocab: 128_256)),
        ("8B", Model(hidden: 4096, layers: 32, heads: 32, kvHeads: 8, headDim: 128, ffn: 14_336, vocab: 128_256) with
        {
            TieWordEmbeddings = false,
        }),
    ];

    static readonly TrainRecipe s_recipe = new()
    {
        BaseModel = "model",
        Data = "data",
        Objective = new Logo(Beta: 10, Gamma: 3, SftWeight: 1), // no size depends on the numbers
        Optimizer = new(LearningRate: 1e-4),
        Steps = 1,
        BatchSize = 1, // seconds per step are then seconds per sample
    };

    /// <summary>Plans every size with every context, sizes in ascending order.</summary>
    /// <param name="peak">Peak operations per second of the threads in use.</param>
    public static IReadOnlyList<SizePlan> All(double peak) =>
    [
        .. from model in s_models
           from context in s_contexts
           let shape = new PlannedShape(model.Config, context, s_responses)
           select new SizePlan(model.Size, context, TrainPlan.Of(s_recipe, shape, long.MaxValue, peak)),
    ];

    static ModelConfig Model(int hidden, int layers, int heads, int kvHeads, int headDim, int ffn, int vocab) => new()
    {
        ModelType = "llama",
        VocabSize = vocab,
        HiddenSize = hidden,
        IntermediateSize = ffn,
        NumHiddenLayers = layers,
        NumAttentionHeads = heads,
        NumKeyValueHeads = kvHeads,
        HeadDim = headDim,
        RmsNormEps = 1e-5f,
        RopeTheta = 10_000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = s_contexts[^1] + s_responses[0],
        TieWordEmbeddings = true,
    };
}
