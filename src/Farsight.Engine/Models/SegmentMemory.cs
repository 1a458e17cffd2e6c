using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Specifies how a text is read segment by segment with a memory.</summary>
/// <param name="Segment">Tokens per segment; the first segment has the rest. Default: 256.</param>
/// <param name="Summary">First tokens of a segment that search the memory; 0 for half of a segment. Default: 0.</param>
/// <param name="Carry">Last tokens of the segment before, which are read again. Default: 32.</param>
/// <param name="Slots">Maximum number of memory vectors that are searched, the latest ones. Default: 100.</param>
/// <param name="BackwardSegments">Number of segments before a segment whose memory vectors get a gradient from it. Default: 6.</param>
public sealed record SegmentMemoryOptions(int Segment = 256, int Summary = 0, int Carry = 32, int Slots = 100, int BackwardSegments = 6)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, int Value, bool Fits, string Range)[] checks =
        [
            ("segment", Segment, Segment is >= 2 and <= 1 << 20, "2 or more (256 is usual)"),
            ("summary", Summary, Summary >= 0 && Summary <= Segment, $"0 for half of a segment, or up to {Segment} (a segment)"),
            ("carry", Carry, Carry >= 0 && Carry <= Segment, $"0 to {Segment} (a segment)"),
            ("slots", Slots, Slots >= 1, "1 or more (100 is usual)"),
            ("backward_segments", BackwardSegments, BackwardSegments >= 1, "1 or more"),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Value} is not usable; use {c.Range}.");
    }

    /// <summary>Returns the maximum rows that a pass has before the response: the recalled vector, carried tokens and a segment.</summary>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    public int LongestSegment(int promptTokens) => 1 + (int)Math.Min(promptTokens, (long)Segment + Carry);

    /// <summary>Returns the segments of a prompt: the first has the rest, all others <see cref="Segment"/> tokens.</summary>
    internal IReadOnlyList<Range> Cut(int tokens)
    {
        int count = Math.Max(1, (tokens + Segment - 1) / Segment), first = tokens - (count - 1) * Segment;
        return [.. Enumerable.Range(0, count).Select(i => (i == 0 ? 0 : first + (i - 1) * Segment)..(first + i * Segment))];
    }
}

/// <summary>Represents the trained part of a memory that carries a text from segment to segment.</summary>
/// <remarks>
/// <para>
/// For segment n, the first tokens are read between two copies of a vector T; the output of the last row is the query q. The recalled
/// vector is p = Σ wⱼ·mⱼ over the memory vectors of earlier segments, with w = softmax((W_q·q)·(W_k·mⱼ)/√D). The model reads p, the last
/// tokens of the segment before, the segment, and p again; the output of the last row is the memory vector of the segment. The first
/// segment has a vector of its own in the place of p. Outputs are those after the final norm. Source: HMT, arXiv:2405.06067.
/// </para>
/// <para>
/// Differences from the authors' code: W_q and W_k are [D, D] instead of [4096, D]; memory is recalled from the first step on, without a
/// stage before that has none; segments end with the prompt, so that the last one, which a response continues, is full.
/// </para>
/// </remarks>
public sealed class SegmentMemory : IDisposable
{
    const int MeasuredEmbeddings = 256;

    readonly Parameter[] _parameters;

    /// <summary>Returns whether segments can be read with a RoPE rule: not if its frequencies depend on the length of the text.</summary>
    public static bool CanRead(RopeScaling scaling) => !scaling.DependsOnLength;

    internal SegmentMemory(SegmentMemoryOptions options, int width)
    {
        Options = options;
        _parameters =
        [
            Parameter.Create("segment_memory.summary", ParameterRole.Vector, 1, width),
            Parameter.Create("segment_memory.initial", ParameterRole.Vector, 1, width),
            Parameter.Create("segment_memory.query_proj.weight", ParameterRole.Matrix, width, width),
            Parameter.Create("segment_memory.key_proj.weight", ParameterRole.Matrix, width, width),
        ];
    }

    /// <summary>How texts are cut and memory vectors are searched.</summary>
    public SegmentMemoryOptions Options { get; }

    /// <summary>Trainable parameters: T, the vector of the first segment, W_q and W_k.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    internal Parameter Summary => _parameters[0];

    internal Parameter Initial => _parameters[1];

    Parameter QueryProjection => _parameters[2];

    Parameter KeyProjection => _parameters[3];

    /// <summary>Creates an untrained memory for a model: vectors as long as its embeddings, projections of variance 1/D.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How texts are cut and memory vectors are searched.</param>
    /// <param name="seed">Seeds the values.</param>
    public static SegmentMemory Create(DecoderModel model, SegmentMemoryOptions options, int seed)
    {
        int width = model.Config.HiddenSize, count = Math.Min(model.Config.VocabSize, MeasuredEmbeddings);
        using RowsOwner owner = new();
        Rows embeddings = owner.Allocate(count, width);
        model.Embeddings.Look([.. Enumerable.Range(0, count)], embeddings);
        double size = Math.Sqrt(TensorPrimitives.SumOfSquares<float>(embeddings.Span) / embeddings.Length);
        SegmentMemory memory = new(options, width);
        foreach (Parameter parameter in memory.Parameters)
        {
            double deviation = parameter.Role == ParameterRole.Vector ? size : 1 / Math.Sqrt(width);
            SeededRandom random = SeededRandom.For(seed, parameter.Name, 0);
            for (int row = 0; row < parameter.Value.Count; row++)
            {
                foreach (ref float value in parameter.Value[row])
                {
                    value = (float)(random.NextNormal() * deviation);
                }
            }
        }
        return memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter parameter in _parameters)
        {
            parameter.Dispose();
        }
    }

    /// <summary>Creates the slot of a memory vector.</summary>
    internal MemorySlot Slot(float[] value) => new(value, Times(KeyProjection.Value, value));

    /// <summary>Recalls from memory vectors.</summary>
    /// <param name="query">[D] q.</param>
    /// <param name="slots">At least one.</param>
    /// <returns>[D] p, and the weight of each slot.</returns>
    internal (float[] Value, float[] Weights) Recall(float[] query, ReadOnlySpan<MemorySlot> slots)
    {
        float[] projected = Times(QueryProjection.Value, query), weights = new float[slots.Length], value = new float[query.Length];
        for (int j = 0; j < weights.Length; j++)
        {
            weights[j] = TensorPrimitives.Dot<float>(projected, slots[j].Key) / MathF.Sqrt(query.Length);
        }
        SparseAttention.Softmax(weights);
        for (int j = 0; j < weights.Length; j++)
        {
            TensorPrimitives.MultiplyAdd<float>(slots[j].Value, weights[j], value, value);
        }
        return (value, weights);
    }

    /// <summary>Adds to the gradient of W_q and to those of the slots.</summary>
    /// <param name="query">[D] as given to <see cref="Recall"/>.</param>
    /// <param name="slots">As given to <see cref="Recall"/>.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="dValue">[D] derivative by its value.</param>
    /// <param name="constant">Number of first slots whose vectors get no gradient.</param>
    /// <returns>[D] derivative by the query.</returns>
    internal float[] RecallBackward(
        float[] query, ReadOnlySpan<MemorySlot> slots, float[] weights, float[] dValue, int constant)
    {
        float[] projected = Times(QueryProjection.Value, query), dProjected = new float[query.Length], dWeights = new float[weights.Length];
        for (int j = 0; j < weights.Length; j++)
        {
            dWeights[j] = TensorPrimitives.Dot<float>(dValue, slots[j].Value);
        }
        float mean = TensorPrimitives.Dot<float>(weights, dWeights);
        for (int j = 0; j < weights.Length; j++)
        {
            float dScore = weights[j] * (dWeights[j] - mean) / MathF.Sqrt(query.Length);
            TensorPrimitives.MultiplyAdd<float>(slots[j].Key, dScore, dProjected, dProjected);
            float[] dKey = new float[query.Length];
            TensorPrimitives.Multiply<float>(projected, dScore, dKey);
            TensorPrimitives.Add<float>(slots[j].DKey, dKey, slots[j].DKey);
            if (j >= constant)
            {
                TensorPrimitives.MultiplyAdd<float>(dValue, weights[j], slots[j].DValue, slots[j].DValue);
                AddTransposed(KeyProjection.Value, dKey, slots[j].DValue);
                slots[j].IsLearned = true;
            }
        }
        AddOuter(QueryProjection.Gradient, dProjected, query);
        float[] dQuery = new float[query.Length];
        AddTransposed(QueryProjection.Value, dProjected, dQuery);
        return dQuery;
    }

    /// <summary>Adds to the gradient of W_k, after all recalls from a slot.</summary>
    internal void KeyBackward(MemorySlot slot) => AddOuter(KeyProjection.Gradient, slot.DKey, slot.Value);

    static float[] Times(Rows matrix, float[] x)
    {
        float[] product = new float[matrix.Count];
        for (int row = 0; row < product.Length; row++)
        {
            product[row] = TensorPrimitives.Dot<float>(matrix[row], x);
        }
        return product;
    }

    static void AddTransposed(Rows matrix, float[] x, float[] sum)
    {
        for (int row = 0; row < x.Length; row++)
        {
            TensorPrimitives.MultiplyAdd<float>(matrix[row], x[row], sum, sum);
        }
    }

    static void AddOuter(Rows sum, float[] x, float[] y)
    {
        for (int row = 0; row < x.Length; row++)
        {
            TensorPrimitives.MultiplyAdd<float>(y, x[row], sum[row], sum[row]);
        }
    }
}

/// <summary>Represents the memory vector of a segment, with its gradients.</summary>
/// <param name="value">[D] the vector m.</param>
/// <param name="key">[D] W_k·m.</param>
sealed class MemorySlot(float[] value, float[] key)
{
    internal float[] Value { get; } = value;

    internal float[] Key { get; } = key;

    /// <summary>Derivative by the vector, as far as later segments are learned through it: [D].</summary>
    internal float[] DValue { get; } = new float[value.Length];

    /// <summary>Derivative by the key, for the gradient of W_k: [D].</summary>
    internal float[] DKey { get; } = new float[key.Length];

    /// <summary>Whether the vector got a gradient.</summary>
    internal bool IsLearned { get; set; }
}
