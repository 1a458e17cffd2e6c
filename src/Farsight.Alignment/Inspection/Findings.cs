using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Alignment.Inspection;

/// <summary>Collects facts in order.</summary>
sealed class Findings
{
    const int ScanValues = 1 << 16;

    readonly List<KeyValuePair<string, object>> _facts = [];
    readonly List<string> _unusual = [];
    readonly List<InspectedTensor> _tensors = [];

    internal void Add(string name, object? value)
    {
        if (value is not null)
        {
            _facts.Add(new(name, value));
        }
    }

    internal void Unusual(string sentence) => _unusual.Add(sentence);

    /// <summary>Adds the message of an error instead of failing.</summary>
    internal T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (InputException e)
        {
            Unusual(e.Message);
            return null;
        }
    }

    /// <summary>Adds the tensors of a file, and their total values, bytes and types.</summary>
    internal void AddTensors(IReadOnlyCollection<StoredTensor> tensors, bool scan)
    {
        _tensors.AddRange(
            tensors
                .OrderBy(t => t.Name, StringComparer.Ordinal)
                .Select(t => new InspectedTensor(t.Name, t.DType, t.Shape, t.ByteCount, scan && t.IsWeight ? NotFinite(t) : null)));
        Add("tensors", tensors.Count);
        Add("parameters", tensors.Sum(t => t.Count));
        Add("bytes", tensors.Sum(t => t.ByteCount));
        Add(
            "types",
            tensors
                .GroupBy(t => t.DType, StringComparer.Ordinal)
                .OrderByDescending(g => g.Sum(t => t.Count))
                .Select(g => $"{g.Key}: {g.Count()}")
                .ToArray());
        foreach (IGrouping<string, StoredTensor> odd in tensors.Where(t => !t.IsWeight).GroupBy(t => t.DType, StringComparer.Ordinal))
        {
            Unusual($"{odd.Count()} tensors have the type {odd.Key}, which is not supported, for example {odd.First().Name}.");
        }
        foreach (InspectedTensor damaged in _tensors.Where(t => t.NotFinite > 0))
        {
            Unusual($"{damaged.Name} has {damaged.NotFinite} values that are NaN or infinite.");
        }
    }

    internal void AddShape(ModelConfig c)
    {
        Add("model_type", c.ModelType);
        Add("layers", c.NumHiddenLayers);
        Add("hidden_size", c.HiddenSize);
        Add("intermediate_size", c.IntermediateSize);
        Add("heads", c.NumAttentionHeads);
        Add("key_value_heads", c.NumKeyValueHeads);
        Add("head_dim", c.HeadDim);
        Add("vocabulary", c.VocabSize);
        Add("context", c.MaxPositionEmbeddings);
        Add("rope_theta", c.RopeTheta);
        Add("rope_scaling", Text(c.RopeScaling));
        Add("tied_head", c.TieWordEmbeddings);
        if (c.Experts is { } experts)
        {
            Add("experts", experts.Count);
            Add("experts_per_token", experts.PerToken);
            Add("expert_size", experts.IntermediateSize);
        }
        if (c.SlidingWindow is { } window)
        {
            Add("sliding_window", window);
            Unusual(
                $"Attention has a window of {window} tokens in "
                    + (c.WindowedLayers.Count == 0 ? "every layer." : $"{c.WindowedLayers.Count(w => w)} of {c.NumHiddenLayers} layers."));
        }
        if (c.RopeScaling is not RopeScaling.Unscaled)
        {
            Unusual($"Positions are scaled: {Text(c.RopeScaling)}.");
        }
    }

    internal Inspection ToInspection(string kind) => new(kind, _facts, _unusual, _tensors);

    static string Text(RopeScaling rope) => string.Create(CultureInfo.InvariantCulture, $"{rope switch
    {
        RopeScaling.Linear r => $"linear, factor {r.Factor:R}",
        RopeScaling.DynamicNtk r => $"dynamic, factor {r.Factor:R}",
        RopeScaling.Llama3 r => $"llama3, factor {r.Factor:R}, original window {r.OriginalMaxPositionEmbeddings}",
        RopeScaling.Yarn r => $"yarn, factor {r.Factor:R}, original window {r.OriginalMaxPositionEmbeddings}",
        RopeScaling.LongRope r => $"longrope, factor {r.Factor:R}, original window {r.OriginalMaxPositionEmbeddings}",
        RopeScaling.Dropped r => $"dropped, factor {r.Factor:R}, original window {r.OriginalMaxPositionEmbeddings}",
        RopeScaling.Truncated r => $"truncated, factor {r.Factor:R}, original window {r.OriginalMaxPositionEmbeddings}",
        _ => "none",
    }}");

    static long NotFinite(StoredTensor tensor)
    {
        long count = 0;
        float[] values = new float[ScanValues];
        for (long first = 0; first < tensor.Count; first += ScanValues)
        {
            Span<float> some = values.AsSpan(0, (int)Math.Min(ScanValues, tensor.Count - first));
            tensor.Read(first, some);
            foreach (float value in some)
            {
                count += float.IsFinite(value) ? 0 : 1;
            }
        }
        return count;
    }
}
