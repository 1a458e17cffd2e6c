using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Workflows.Timing;

/// <summary>Represents the inputs of a step benchmark: the shape of a model and of one preference sample.</summary>
/// <param name="Hidden">D.</param>
/// <param name="Layers">L.</param>
/// <param name="Heads">H; divides D.</param>
/// <param name="KvHeads">Hkv; divides H.</param>
/// <param name="Ffn">F; with experts the width of each.</param>
/// <param name="Vocab">V.</param>
/// <param name="Prompt">P: tokens of the prompt, at least 1.</param>
/// <param name="Responses">[M + 1] tokens of each response, the chosen one first.</param>
public sealed record StepShape(int Hidden, int Layers, int Heads, int KvHeads, int Ffn, int Vocab, int Prompt, IReadOnlyList<int> Responses)
{
    const int MaxExtent = 1 << 24;

    const string ExpertsKey = "experts", PerTokenKey = "experts_per_token";

    static readonly string[] s_keys = ["hidden", "layers", "heads", "kv_heads", "ffn", "vocab", "prompt", "responses"];

    /// <summary>Experts of each layer; 0 for none.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that a token uses.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>The model's shape: Llama with an output head of its own, or Mixtral.</summary>
    public ModelConfig Model => new()
    {
        ModelType = Experts > 0 ? "mixtral" : "llama",
        VocabSize = Vocab,
        HiddenSize = Hidden,
        IntermediateSize = Ffn,
        NumHiddenLayers = Layers,
        NumAttentionHeads = Heads,
        NumKeyValueHeads = KvHeads,
        HeadDim = Hidden / Heads,
        RmsNormEps = 1e-5f,
        RopeTheta = 10000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = Prompt + Responses.Max(),
        TieWordEmbeddings = false,
        Experts = Experts == 0
            ? null
            : new(Experts, ExpertsPerToken, Ffn, NormalizesWeights: true, new("block_sparse_moe", "w1", "w3", "w2"), []),
    };

    /// <summary>
    /// Reads a shape: one JSON object with the keys hidden, layers, heads, kv_heads, ffn, vocab, prompt and responses, and for a model
    /// with experts also experts and experts_per_token.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, a key is missing or unknown,
    /// or the numbers do not fit together.</exception>
    public static StepShape Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path} does not exist; give a JSON file with the keys {string.Join(", ", s_keys)}.");
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(RegularFile.ReadAllBytes(path), new() { AllowDuplicateProperties = false });
            StepShape shape = Of(path, json.RootElement);
            return shape.Problem() is { } problem ? throw new InputException($"{path}: {problem}.") : shape;
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{path} is not valid JSON (line {e.LineNumber + 1}); write one object with the keys {string.Join(", ", s_keys)}.",
                e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"{path} cannot be read; it must be a file, and you need the permission to read it.", e);
        }
    }

    /// <summary>Returns the sizes of a model, with a sample.</summary>
    /// <param name="model">Model directory or GGUF file.</param>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="responses">[M + 1] tokens of each response, the chosen one first.</param>
    /// <exception cref="InputException">The model cannot be read, or the sample is too long.</exception>
    public static StepShape Of(string model, int prompt, IReadOnlyList<int> responses)
    {
        ModelConfig c = ModelFiles.ReadConfig(model);
        StepShape sizes = new(
            c.HiddenSize, c.NumHiddenLayers, c.NumAttentionHeads, c.NumKeyValueHeads, c.IntermediateSize, c.VocabSize, prompt, responses);
        return sizes.With(null, null);
    }

    /// <summary>Returns the shape with another sample.</summary>
    /// <param name="prompt">Tokens of the prompt; null keeps them.</param>
    /// <param name="responses">[M + 1] tokens of each response, the chosen one first; null keeps them.</param>
    /// <exception cref="InputException">The sample is too long, or a length is below 1.</exception>
    public StepShape With(int? prompt, IReadOnlyList<int>? responses)
    {
        StepShape shape = this with { Prompt = prompt ?? Prompt, Responses = responses ?? Responses };
        return shape.SampleProblem() is { } problem ? throw new InputException($"The sample is not usable: {problem}.") : shape;
    }

    /// <summary>One prompt with its responses, of random tokens.</summary>
    /// <param name="responses">How many of the responses, the chosen one first.</param>
    /// <param name="sharing">False repeats the prompt for each response: the same losses from M + 1 whole sequences.</param>
    /// <param name="scorePrompt">The prompt's tokens after the first are scored too, once.</param>
    /// <returns>The tree; the node of the first prompt; the nodes of the responses.</returns>
    internal (TokenTree Tree, int Prompt, int[] Leaves) Tree(int responses, bool sharing, bool scorePrompt)
    {
        TokenTreeBuilder builder = new();
        int[] prompt = Tokens("prompt", 0, Prompt), positions = [.. Enumerable.Range(0, Prompt)];
        int root = builder.Add(TokenTreeBuilder.Root, prompt, positions, [.. positions.Select(p => scorePrompt && p > 0)]);
        int[] leaves = new int[responses];
        for (int j = 0; j < responses; j++)
        {
            int parent = j == 0 || sharing ? root : builder.Add(TokenTreeBuilder.Root, prompt, positions, scored: false);
            leaves[j] = builder.Add(parent, Tokens("response", j, Responses[j]), [.. Enumerable.Range(Prompt, Responses[j])], scored: true);
        }
        return (builder.Build(), root, leaves);
    }

    int[] Tokens(string purpose, int index, int count)
    {
        SeededRandom random = SeededRandom.For(0, $"benchmark {purpose}", index);
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan())
        {
            token = random.Next(Vocab);
        }
        return tokens;
    }

    static StepShape Of(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InputException($"{path} is not a JSON object; it must have the keys {string.Join(", ", s_keys)}.");
        }
        if (root.EnumerateObject().Select(p => p.Name).Except([.. s_keys, ExpertsKey, PerTokenKey]).FirstOrDefault() is { } unknown)
        {
            throw new InputException(
                $"{path}: {unknown} is not known; the keys are {string.Join(", ", s_keys)}, {ExpertsKey} and {PerTokenKey}.");
        }
        if (s_keys.FirstOrDefault(k => !root.TryGetProperty(k, out _)) is { } missing)
        {
            throw new InputException($"{path}: {missing} is missing; the keys are {string.Join(", ", s_keys)}.");
        }
        int Of(string key) => Count(path, key, root.GetProperty(key));
        int Optional(string key) => root.TryGetProperty(key, out _) ? Of(key) : 0;
        JsonElement responses = root.GetProperty("responses");
        int[] lengths = responses.ValueKind == JsonValueKind.Array && responses.GetArrayLength() > 0
            ? [.. responses.EnumerateArray().Select(r => Count(path, "responses", r))]
            : throw new InputException($"{path}: responses must be a list of at least one length, that of the chosen response first.");
        return new(Of("hidden"), Of("layers"), Of("heads"), Of("kv_heads"), Of("ffn"), Of("vocab"), Of("prompt"), lengths)
        {
            Experts = Optional(ExpertsKey),
            ExpertsPerToken = Optional(PerTokenKey),
        };
    }

    static int Count(string path, string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count is > 0 and <= MaxExtent
            ? count
            : throw new InputException($"{path}: {key} is {value.GetRawText()}; use whole numbers from 1 to {MaxExtent}.");

    string? Problem() =>
        Hidden % Heads != 0 ? $"heads must divide hidden, and {Hidden} is not a multiple of {Heads}"
        : Hidden / Heads % 2 != 0 ? $"a head's dimension, hidden / heads = {Hidden / Heads}, must be even, because positions rotate pairs"
        : Heads % KvHeads != 0 ? $"kv_heads must divide heads, and {Heads} is not a multiple of {KvHeads}"
        : Experts > 0 != ExpertsPerToken > 0 ? $"{ExpertsKey} and {PerTokenKey} belong together, and one of them is missing"
        : ExpertsPerToken > Experts ? $"{PerTokenKey} is {ExpertsPerToken}, more than the {Experts} of {ExpertsKey}"
        : SampleProblem();

    string? SampleProblem() =>
        Responses.Append(Prompt).Any(n => n < 1) ? "prompt and responses must have at least one token each"
        : (long)Prompt + Responses.Sum(r => (long)r) > MaxExtent ? $"prompt and responses have more than {MaxExtent} tokens together"
        : null;
}
