using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Models;

namespace Farsight.Workflows.Train;

/// <summary>Represents passes that an objective needs beside the forward and the backward pass of each step.</summary>
/// <remarks>All of them are forward passes. Sampled responses count with their maximum length.</remarks>
/// <param name="Purpose">What they compute: "reference point".</param>
/// <param name="Tokens">Tokens per step, or of the whole run if they are made once.</param>
/// <param name="Flops">Operations for these tokens.</param>
/// <param name="IsPerStep">Whether they are made in every step instead of once before the first.</param>
public sealed record PlannedPass(string Purpose, double Tokens, double Flops, bool IsPerStep)
{
    const int Counted = 64; // samples whose mean stands for all

    /// <summary>Returns the passes of a run.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="config">The model.</param>
    /// <param name="teacher">The teacher's shape; null without a teacher.</param>
    /// <param name="samples">Lengths of all samples, at least one.</param>
    internal static IReadOnlyList<PlannedPass> Of(
        TrainRecipe recipe, ModelConfig config, ModelConfig? teacher, IReadOnlyList<SampleLengths> samples)
    {
        IPreferenceObjective objective = recipe.Objective;
        int every = Math.Max(1, samples.Count / Counted), rejected = objective.RejectedResponses ?? int.MaxValue;
        SampleLengths[] counted = [.. samples.Where((_, i) => i % every == 0)];
        List<PlannedPass> passes = [];
        if (objective.NeedsReference)
        {
            bool isShort = objective.ReferenceIsShort || objective.ReadsShort;
            Add("reference", config, isPerStep: false, s => (isShort ? s.ShortPrompt : s.Prompt, [s.Chosen, .. s.Rejected.Take(rejected)]));
        }
        if (objective.NeedsKlEstimate)
        {
            Add("reference of mismatched responses", config, isPerStep: false, s => (s.Prompt, [s.Chosen]));
            Add("reference point", config, isPerStep: true, s => (s.Prompt, [s.Chosen]));
        }
        if (objective.Distillation is { } distillation)
        {
            Add("teacher", teacher ?? config, distillation.Live, s => (
                distillation.Context == TeacherContext.Short ? s.ShortPrompt : s.Prompt, [s.Chosen]));
        }
        if (objective is ISampledObjective { Sampling: var sampling } sampled)
        {
            int[] group = [.. Enumerable.Repeat(sampling.MaxNewTokens, sampling.Responses)];
            Add("sampling", config, isPerStep: true, s => (s.Prompt, group));
            Add("log-probabilities of samples", config, isPerStep: true, s => (s.Prompt, group));
            if (sampled.ReadsTeacher)
            {
                Add("short context", config, isPerStep: true, s => (s.ShortPrompt, group));
            }
            if (sampled.ReadsReference)
            {
                Add("reference of samples", config, isPerStep: true, s => (s.Prompt, group));
            }
        }
        return passes;

        void Add(string purpose, ModelConfig model, bool isPerStep, Func<SampleLengths, (int Prompt, int[] Responses)> of)
        {
            TokenTree[] trees = [.. counted.Select(s => TreeOf(of(s)))];
            double count = isPerStep ? recipe.BatchSize : samples.Count;
            passes.Add(new(purpose, count * trees.Average(t => t.Count), count * trees.Average(t => Forward(model, t)), isPerStep));
        }
    }

    /// <summary>Returns the bytes of keys and values while responses are sampled; 0 for objectives that sample none.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="config">The model.</param>
    /// <param name="samples">Lengths of all samples.</param>
    internal static long CacheBytes(TrainRecipe recipe, ModelConfig config, IReadOnlyList<SampleLengths> samples)
    {
        if (recipe.Objective is not ISampledObjective { Sampling: var sampling })
        {
            return 0;
        }
        long together = Math.Min((long)recipe.BatchSize * sampling.Every, samples.Count);
        long rows = samples.Select(s => (long)s.Prompt).OrderDescending().Take((int)together).Sum()
            + together * sampling.Responses * sampling.MaxNewTokens;
        return rows * config.NumHiddenLayers * 2 * config.KeyWidth * sizeof(float);
    }

    static TokenTree TreeOf((int Prompt, int[] Responses) lengths)
    {
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(
            TokenTreeBuilder.Root, new int[lengths.Prompt], [.. Enumerable.Range(0, lengths.Prompt)], new bool[lengths.Prompt]);
        foreach (int response in lengths.Responses)
        {
            builder.Add(prompt, new int[response], [.. Enumerable.Range(lengths.Prompt, response)], scored: true);
        }
        return builder.Build();
    }

    /// <summary>Returns the operations of a forward pass with frozen weights.</summary>
    static double Forward(ModelConfig config, TokenTree tree)
    {
        StepFlops all = StepFlops.Of(config, tree, lora: null);
        return all.Layers + all.Attention + all.Head / 3;
    }
}

/// <summary>Represents the lengths of a sample in tokens.</summary>
/// <param name="Prompt">Its prompt.</param>
/// <param name="ShortPrompt">Its prompt with the chunks that the chosen response was written from.</param>
/// <param name="Chosen">The chosen response.</param>
/// <param name="Rejected">[M] The rejected responses.</param>
sealed record SampleLengths(int Prompt, int ShortPrompt, int Chosen, int[] Rejected)
{
    /// <summary>Measures samples.</summary>
    /// <param name="tokens">Their tokens.</param>
    /// <param name="stored">The same as they are stored.</param>
    internal static IEnumerable<SampleLengths> Of(IEnumerable<SampleTokens> tokens, IEnumerable<PreferenceSample> stored) =>
        tokens.Zip(stored, (t, s) =>
        {
            int prompt = t.Prompt.Length, unseen = t.Chunks.Sum(c => c.Length)
                - s.Provenance.Seen.Chosen.Distinct().Sum(i => s.Context[i].Tokens.Length);
            return new SampleLengths(prompt, prompt - unseen, t.Chosen.Length, [.. t.Rejected.Select(r => r.Length)]);
        });
}
