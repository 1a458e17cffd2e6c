using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Reads and writes the shape of a model as GGUF keys.</summary>
static class GgufModelConfig
{
    const int MaxSize = 1 << 24;

    /// <summary>Adds the keys of a model.</summary>
    /// <param name="keys">Receives the keys.</param>
    /// <param name="name">Display name.</param>
    /// <param name="model">Shape of the model.</param>
    /// <param name="format">Format of most tensors.</param>
    /// <exception cref="InputException">llama.cpp has no such model.</exception>
    internal static void Write(GgufMetadataWriter keys, string name, ModelConfig model, NumberFormat format)
    {
        string a = GgufArchitecture.Of(model);
        keys.Add("general.architecture", a);
        keys.Add("general.type", "model");
        keys.Add("general.name", name);
        keys.Add("general.file_type", GgufTensorType.FileTypeOf(format));
        keys.Add("general.quantization_version", 2u);
        int window = GgufArchitecture.HasWindows(a) ? int.MaxValue : model.SlidingWindow ?? int.MaxValue;
        keys.Add($"{a}.context_length", (uint)Math.Min(model.MaxPositionEmbeddings, window));
        keys.Add($"{a}.embedding_length", (uint)model.HiddenSize);
        keys.Add($"{a}.block_count", (uint)model.NumHiddenLayers);
        keys.Add($"{a}.feed_forward_length", (uint)model.IntermediateSize);
        keys.Add($"{a}.attention.head_count", (uint)model.NumAttentionHeads);
        keys.Add($"{a}.attention.head_count_kv", (uint)model.NumKeyValueHeads);
        keys.Add($"{a}.attention.key_length", (uint)model.HeadDim);
        keys.Add($"{a}.attention.value_length", (uint)model.HeadDim);
        keys.Add($"{a}.attention.layer_norm_rms_epsilon", model.RmsNormEps);
        keys.Add($"{a}.vocab_size", (uint)model.VocabSize);
        GgufRope.Write(keys, a, model);
        GgufDifferences.Write(keys, a, model);
    }

    /// <summary>Reads the shape of a model from its keys and tensors.</summary>
    /// <exception cref="InputException">The architecture or a setting is not supported, or a key is missing or out of range.</exception>
    internal static ModelConfig Read(GgufFile file)
    {
        GgufMetadata keys = file.Metadata;
        string a = keys.Text("general.architecture");
        if (!GgufArchitecture.All.Contains(a))
        {
            throw new InputException(
                $"{file.Path} has the architecture {a}; supported are {string.Join(", ", GgufArchitecture.All)}.");
        }
        CheckWindow(keys, a);
        int heads = keys.Whole($"{a}.attention.head_count", 1, MaxSize), hidden = keys.Whole($"{a}.embedding_length", 1, MaxSize);
        int vocabulary = VocabSize(file, a), headDim = HeadDim(keys, a, hidden, heads), rotated = RotatedDim(keys, a, headDim);
        bool Has(string tensor) => file.Tensors.ContainsKey($"blk.0.{tensor}");
        // Tensors that llama.cpp does not read in the architecture remain unknown, which GgufWeights reports.
        bool mayHaveBiases = GgufArchitecture.MayHaveBiases(a);
        return GgufDifferences.Read(keys, a, new()
        {
            ModelType = a,
            VocabSize = vocabulary,
            HiddenSize = hidden,
            IntermediateSize = keys.Whole($"{a}.feed_forward_length", 1, MaxSize),
            NumHiddenLayers = keys.Whole($"{a}.block_count", 1, 10_000),
            NumAttentionHeads = heads,
            NumKeyValueHeads = KeyValueHeads(keys, a, heads),
            HeadDim = headDim,
            RotaryDim = rotated == headDim ? null : rotated,
            RmsNormEps = (float)keys.Number($"{a}.attention.layer_norm_rms_epsilon", 1e-12, 1e-1),
            RopeTheta = GgufRope.Theta(keys, a),
            RopeScaling = GgufRope.Scaling(file, a, rotated),
            MaxPositionEmbeddings = keys.Whole($"{a}.context_length", 1, int.MaxValue),
            TieWordEmbeddings = !file.Tensors.ContainsKey(GgufNames.Head),
            AttentionBias = mayHaveBiases && Has("attn_q.bias"),
            OutputBias = mayHaveBiases && Has("attn_output.bias"),
            MlpBias = mayHaveBiases && Has("ffn_gate.bias"),
            QueryKeyNorm = a is GgufArchitecture.Llama or GgufArchitecture.Qwen2 or GgufArchitecture.Qwen3
                && Has("attn_q_norm.weight"),
            BosTokenId = keys.Has(GgufTokenizer.BosKey) ? keys.Whole(GgufTokenizer.BosKey, 0, vocabulary - 1) : null,
            EosTokenIds =
            [
                .. ((string[])[GgufTokenizer.EosKey, GgufTokenizer.EotKey])
                    .Where(keys.Has)
                    .Select(k => keys.Whole(k, 0, vocabulary - 1))
                    .Distinct(),
            ],
        });
    }

    static void CheckWindow(GgufMetadata keys, string a)
    {
        string key = $"{a}.attention.sliding_window";
        bool isRead = GgufArchitecture.HasWindows(a) || a == GgufArchitecture.Phi3;
        if (!isRead && keys.Whole(key, 0, int.MaxValue, 0) is > 0 and var window
            && window < keys.Whole($"{a}.context_length", 1, int.MaxValue))
        {
            throw keys.Invalid(
                key,
                $"sliding windows are not supported in GGUF files of the architecture {a}; use the model as a Hugging Face directory");
        }
    }

    static int VocabSize(GgufFile file, string a)
    {
        int rows =
            file.Tensors.TryGetValue(GgufNames.Embeddings, out StoredTensor? embeddings) && embeddings.Shape.Count == 2
                ? embeddings.Shape[0]
                : throw new InputException(
                    $"{file.Path}: the tensor {GgufNames.Embeddings} is missing or not a matrix; use the file of a model.");
        return file.Metadata.Whole($"{a}.vocab_size", 1, MaxSize, rows) == rows
            ? rows
            : throw file.Metadata.Invalid($"{a}.vocab_size", $"{GgufNames.Embeddings} has {rows} rows");
    }

    static int KeyValueHeads(GgufMetadata keys, string a, int heads)
    {
        int keyValueHeads = keys.Whole($"{a}.attention.head_count_kv", 1, heads, heads);
        return heads % keyValueHeads == 0
            ? keyValueHeads
            : throw keys.Invalid($"{a}.attention.head_count_kv", $"it must divide head_count, {heads}");
    }

    static int HeadDim(GgufMetadata keys, string a, int hidden, int heads)
    {
        int dim = keys.Whole($"{a}.attention.key_length", 1, 1 << 14, Math.Max(1, hidden / heads));
        CheckSame(keys, $"{a}.attention.value_length", dim);
        return dim % 2 == 0 && (long)dim * heads <= MaxSize
            ? dim
            : throw keys.Invalid(
                $"{a}.attention.key_length",
                $"it must be even, and its product with head_count {heads} at most {MaxSize}");
    }

    static int RotatedDim(GgufMetadata keys, string a, int headDim)
    {
        string key = $"{a}.rope.dimension_count";
        if (a != GgufArchitecture.Phi3)
        {
            CheckSame(keys, key, headDim);
            return headDim;
        }
        int rotated = keys.Whole(key, 2, headDim, headDim);
        return rotated % 2 == 0 ? rotated : throw keys.Invalid(key, "it must be even");
    }

    static void CheckSame(GgufMetadata keys, string key, int headDim)
    {
        if (keys.Whole(key, 0, int.MaxValue, headDim) != headDim)
        {
            throw keys.Invalid(key, $"only the dimension of the keys, {headDim}, is supported");
        }
    }
}
