using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Training;

/// <summary>Estimates how far the policy is from the reference, on prompts with the responses of other samples (KTO's z₀).</summary>
/// <remarks>
/// z₀ = max(0, mean of log π(y′ | x) − log π_ref(y′ | x)) over the samples of a step, where y′ is the chosen response of another sample.
/// Source: arXiv:2402.01306, Sec. 4.1. The authors pair the prompts and responses of a batch. Here a prompt keeps the same y′ in the whole
/// run, that of the next sample of the dataset with another chosen response, so that a batch of 1 has an estimate, too, and the
/// reference is computed once. Policy and reference read the positions 0, 1, 2, ….
/// </remarks>
/// <param name="model">The policy.</param>
/// <param name="mismatched">Results of <see cref="Mismatch"/>.</param>
/// <param name="reference">By sample id, the reference of the mismatched samples.</param>
/// <param name="microBatchTokens">Maximum tokens per tree; a longer sample has a tree of its own.</param>
public sealed class KlEstimate(
    ITrainable model, IReadOnlyList<SampleTokens> mismatched, IReadOnlyDictionary<string, PreferenceLogProbs> reference,
    int microBatchTokens)
{
    readonly Dictionary<string, SampleTokens> _mismatched = mismatched.ToDictionary(s => s.Id, StringComparer.Ordinal);

    /// <summary>Returns the samples with only the chosen response of another sample; none if all responses are equal.</summary>
    /// <param name="samples">Samples of a run.</param>
    public static IReadOnlyList<SampleTokens> Mismatch(IReadOnlyList<SampleTokens> samples)
    {
        List<SampleTokens> all = [];
        for (int i = 0; i < samples.Count; i++)
        {
            SampleTokens? other = Enumerable
                .Range(1, samples.Count - 1)
                .Select(d => samples[(i + d) % samples.Count])
                .FirstOrDefault(s => !s.Chosen.AsSpan().SequenceEqual(samples[i].Chosen));
            if (other is not null)
            {
                all.Add(samples[i] with { Chosen = other.Chosen, Rejected = [], Further = [], Questions = [] });
            }
        }
        return all;
    }

    /// <summary>Computes z₀ for some samples; 0 if none has a mismatched response.</summary>
    /// <param name="ids">Ids of the samples.</param>
    internal double Of(IEnumerable<string> ids)
    {
        double sum = 0;
        int count = 0;
        foreach (List<SampleTokens> inTree in TreeGroups.Of(
            ids.Where(_mismatched.ContainsKey).Select(id => _mismatched[id]), s => s.Count(0), microBatchTokens))
        {
            SampleTree builder = new();
            SampleNodes[] nodes =
                [.. inTree.Select(s => builder.Add(s, Plain.Of(s.Shape), 0, scorePrompt: false).Single())];
            TokenTree tree = builder.Build();
            using ITreePass pass = model.Evaluate(tree);
            for (int i = 0; i < nodes.Length; i++)
            {
                sum += PreferenceBridge.Read(tree, nodes[i], pass.LogProbs).Chosen.Sum - reference[inTree[i].Id].Chosen.Sum;
                count++;
            }
        }
        return count == 0 ? 0 : Math.Max(0, sum / count);
    }
}
