using System.Numerics.Tensors;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Converts the values of a model's tensors to what llama.cpp expects of them.</summary>
/// <remarks>
/// Gemma's gains are stored as 1 + w. llama.cpp knows the scale of Gemma's attention scores by the size of the model; where a model has
/// another, the queries take the difference: their projection in Gemma 2, their norm in Gemma 3.
/// </remarks>
sealed class GgufValues
{
    // The layers of the 27B models, whose scores llama.cpp scales by hidden size / heads.
    const int LargeGemma2 = 46, LargeGemma3 = 62;

    readonly bool _addsOne;
    readonly string? _query;
    readonly float _factor = 1;

    internal GgufValues(ModelConfig model, string architecture)
    {
        _addsOne = model.NormsAddOne;
        _query = architecture switch
        {
            GgufArchitecture.Gemma2 => ".q_proj.",
            GgufArchitecture.Gemma3 => ".q_norm.",
            _ => null,
        };
        if (_query is not null)
        {
            float factor = model.AttentionScale!.Value * MathF.Sqrt(ScoreDivisor(architecture, model));
            _factor = MathF.Abs(factor - 1) < 1e-6f ? 1 : factor;
        }
    }

    /// <summary>Returns the number by whose root llama.cpp divides the attention scores of a Gemma.</summary>
    internal static int ScoreDivisor(string architecture, ModelConfig model)
    {
        int large = architecture == GgufArchitecture.Gemma2 ? LargeGemma2 : LargeGemma3;
        return model.NumHiddenLayers == large ? model.HiddenSize / model.NumAttentionHeads : model.HeadDim;
    }

    /// <summary>Returns a tensor with its values converted.</summary>
    internal TensorToWrite Of(TensorToWrite tensor)
    {
        float sum = _addsOne && tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0;
        // lora_A is multiplied from the right, so the factor belongs to lora_B alone.
        bool isQuery = _query is not null && tensor.Name.Contains(_query, StringComparison.Ordinal)
            && !tensor.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal);
        float factor = isQuery ? _factor : 1;
        return sum == 0 && factor == 1 ? tensor : tensor with
        {
            Values = (first, destination) =>
            {
                tensor.Values(first, destination);
                TensorPrimitives.Add(destination, sum, destination);
                TensorPrimitives.Multiply(destination, factor, destination);
            },
        };
    }

    /// <summary>Stacks the matrices of a layer's experts, [E, outputs, inputs], in the place of the first expert's.</summary>
    internal static IEnumerable<TensorToWrite> StackExperts(IEnumerable<TensorToWrite> tensors)
    {
        TensorToWrite[] all = [.. tensors];
        ILookup<string, TensorToWrite> stacks = all
            .Where(t => t.Name.Contains(GgufNames.Experts, StringComparison.Ordinal))
            .ToLookup(t => GgufNames.Stacked(t.Name).Stack, StringComparer.Ordinal);
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (TensorToWrite tensor in all)
        {
            string name = GgufNames.Stacked(tensor.Name).Stack;
            if (!stacks.Contains(name))
            {
                yield return tensor;
            }
            else if (done.Add(name))
            {
                yield return Stack(name, [.. stacks[name]]);
            }
        }
    }

    static TensorToWrite Stack(string name, TensorToWrite[] experts) =>
        new(name, experts[0].Format, [experts.Length, .. experts[0].Shape], (first, destination) =>
        {
            long each = experts[0].Count;
            for (int done = 0; done < destination.Length;)
            {
                (long expert, long within) = Math.DivRem(first + done, each);
                int count = (int)Math.Min(each - within, destination.Length - done);
                experts[expert].Values(within, destination.Slice(done, count));
                done += count;
            }
        });
}
