using System.Numerics.Tensors;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Writes models and LoRA adapters for llama.cpp.</summary>
public static class GgufModelWriter
{
    const string MergeAdvice = "merge the adapter into the model, then export the merged model";

    /// <summary>Writes a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">
    /// Display name. It is changed where llama.cpp would conclude from it that control tokens take the white space after them, and they
    /// do not, or the reverse.
    /// </param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="tensors">Every weight, by Hugging Face's names.</param>
    /// <param name="tokenizer">Tokenizer, with as many tokens as the model; null for none.</param>
    /// <param name="format">
    /// Format of matrices. Norms, biases and routers are F32, and matrices that do not fit a block format are F16.
    /// </param>
    /// <param name="progress">Receives the bytes of values written so far; null for none.</param>
    /// <returns>The stored tensors with their names in the file.</returns>
    /// <exception cref="InputException">llama.cpp has no such model, or a weight cannot be stored in this format.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static IReadOnlyList<GgufTensor> Write(
        string path,
        string name,
        ModelConfig config,
        IEnumerable<TensorToWrite> tensors,
        GgufTokenizer? tokenizer,
        NumberFormat format,
        Action<long>? progress = null)
    {
        GgufMetadataWriter keys = new();
        GgufModelConfig.Write(keys, tokenizer?.NameFor(name) ?? name, config, format);
        tokenizer?.Write(keys);
        string architecture = GgufArchitecture.Of(config);
        GgufValues values = new(config, architecture);
        List<GgufTensor> stored =
        [
            .. GgufValues.StackExperts(tensors).Select(t => Stored(values.Of(t), architecture, config.HeadDim, FormatOf(t, format))),
        ];
        stored.AddRange(GgufRope.Divisors(config)
            .Select(d => new GgufTensor(TensorToWrite.From(d.Name, NumberFormat.F32, d.Divisors, d.Divisors.Length))));
        GgufWriter.Write(path, keys, stored, progress);
        return stored;
    }

    /// <summary>Returns what llama.cpp computes otherwise than this program with an exported model, each in a sentence.</summary>
    /// <param name="config">Shape of the model.</param>
    public static IReadOnlyList<string> Notices(ModelConfig config)
    {
        List<string> notices = [];
        if (config.RopeScaling is RopeScaling.LongRope { OriginalMaxPositionEmbeddings: int original })
        {
            notices.Add(
                "llama.cpp chooses the factors of LongRoPE by the size of its context, at least 256 tokens, and not by the text. With a "
                + $"context above {original} tokens, texts of up to {original} tokens have other logits there.");
        }
        if (config.ModelType == "gemma3_text" && !GgufArchitecture.IsUsualGemma3(config))
        {
            notices.Add(
                "This model needs a llama.cpp of 2026 or later. Earlier versions ignore what the file says about windows: they give them "
                + "to five of six layers, with a RoPE base of 10000.");
        }
        return notices;
    }

    /// <summary>Writes a LoRA adapter.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">Display name.</param>
    /// <param name="config">Shape of the base model.</param>
    /// <param name="adapter">An adapter with low-rank matrices only.</param>
    /// <exception cref="InputException">The adapter contains fully trained weights, or has another RoPE scaling than the model.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void WriteLora(string path, string name, ModelConfig config, PeftAdapter adapter)
    {
        if (
            adapter
                .Modules.Order(StringComparer.Ordinal)
                .FirstOrDefault(n => n != PeftAdapter.Head || !adapter.HeadIsEmbedding) is
            { } whole)
        {
            throw new InputException(
                $"The adapter contains {whole}, trained in full, which a GGUF adapter cannot represent; {MergeAdvice}.");
        }
        if (adapter.Effective is { } effective && (effective.RopeScaling, effective.RopeTheta) != (config.RopeScaling, config.RopeTheta))
        {
            throw new InputException(
                "The adapter was trained with another RoPE scaling or base than the model's, which a GGUF adapter cannot represent; "
                + $"{MergeAdvice}.");
        }
        string architecture = GgufArchitecture.Of(config);
        if (adapter.Updates.FirstOrDefault(u => u.Module.Contains(".experts.", StringComparison.Ordinal)) is { } expert)
        {
            throw new InputException(
                $"The adapter updates {expert.Module}, an expert, which a GGUF adapter cannot represent; {MergeAdvice}.");
        }
        GgufValues values = new(config, architecture);
        GgufMetadataWriter keys = new();
        keys.Add("general.architecture", architecture);
        keys.Add("general.type", "adapter");
        keys.Add("general.name", name);
        keys.Add("adapter.type", "lora");
        keys.Add("adapter.lora.alpha", (float)adapter.Description.Alpha);
        keys.Add("general.file_type", GgufTensorType.FileTypeOf(NumberFormat.F32));
        GgufWriter.Write(
            path,
            keys,
            [
                .. adapter
                    .Updates.SelectMany(u => LowRank(u, adapter.Description.Alpha))
                    .Select(t => Stored(values.Of(t), architecture, config.HeadDim, NumberFormat.F32)),
            ]);
    }

    // llama.cpp scales every update by alpha / R; what another scale needs beyond that goes into B.
    static IEnumerable<TensorToWrite> LowRank(LowRankUpdate update, double alpha)
    {
        float more = (float)(update.Scale * update.A.Shape[0] / alpha);
        yield return TensorToWrite.From(update.A) with { Name = update.Module + ".lora_A.weight" };
        yield return new(update.Module + ".lora_B.weight", NumberFormat.F32, update.B.Shape, (first, destination) =>
        {
            update.B.Read(first, destination);
            TensorPrimitives.Multiply(destination, MathF.Abs(more - 1) < 1e-6f ? 1 : more, destination);
        });
    }

    static NumberFormat FormatOf(TensorToWrite tensor, NumberFormat format) =>
        tensor.Shape.Count == 1 || LayerNames.IsRouter(tensor.Name) ? NumberFormat.F32
        : tensor.Shape[^1] % format.ValuesPerBlock == 0 ? format
        : NumberFormat.F16;

    static GgufTensor Stored(TensorToWrite tensor, string architecture, int headDim, NumberFormat format)
    {
        TensorToWrite stored = tensor with { Name = GgufNames.Of(tensor.Name, architecture), Format = format };
        return GgufNames.IsInterleaved(architecture, tensor.Name)
            ? new(stored with { Values = Interleaved(tensor, headDim) }, headDim)
            : new(stored);
    }

    // A head's rows are asked for together, so that the source is still read from front to back.
    static TensorValues Interleaved(TensorToWrite tensor, int headDim)
    {
        int width = tensor.Shape.Count == 1 ? 1 : tensor.Shape[^1];
        float[] head = new float[headDim * width];
        return (first, destination) =>
        {
            for (int start = 0; start < destination.Length; start += head.Length)
            {
                tensor.Values(first + start, head);
                for (int row = 0; row < headDim; row++)
                {
                    head.AsSpan(row * width, width).CopyTo(destination[(start + GgufNames.InterleavedRow(row, headDim) * width)..]);
                }
            }
        };
    }
}
