using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine.Models;

namespace Farsight.Tests.Alignment.Training;

/// <summary>Training on more than a context with its responses: short contexts, a teacher's tokens, sampled responses.</summary>
public sealed class PlacedSampleTests
{
    static readonly Dictionary<string, IPreferenceObjective> s_objectives = new()
    {
        ["solopo"] = new SoLoPo(new SimPo(2, 0.5), 1),
        ["distill"] = new Distill(TopK: 2, ReverseShare: 0.4, NllWeight: 0.3),
        ["mixture"] = new Mixture([
            new(0.5, new SoLoPo(new Orpo(0.5), 2)), new(2, new Distill(TopK: 2)), new(1, new SimPo(2, 0.5)), new(0.1, new Lm()),
        ]),
    };

    public static TheoryData<string, int> Cases
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (string name in s_objectives.Keys)
            {
                cases.Add(name, 1);
                cases.Add(name, 60);
                cases.Add(name, 10_000);
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_gradient_is_that_of_the_mean_loss_however_a_batch_is_cut(string name, int tokens)
    {
        PreferenceTraining work = Work(s_objectives[name], tokens);
        TableModel model = new(10);
        float[] at = [.. model.Parameters[0].Value.Span];
        (_, float[] gradient) = Pass(work, model);

        double[] expected = Gradient.Of(values =>
        {
            values.CopyTo(model.Parameters[0].Value.Span);
            return Pass(work, model).Loss;
        }, at);

        Near.Each(expected, gradient, 2e-2, 2e-4); // the losses of the differences are computed from F32 log-probabilities
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_largest_tree_is_known_before_any_is_built(string name, int tokens)
    {
        PreferenceTraining work = Work(s_objectives[name], tokens);

        Assert.Equal(Largest(work), work.LargestTree(steps: 3));
    }

    [Theory, InlineData(1), InlineData(60), InlineData(10_000)]
    public void The_largest_tree_of_sampled_responses_has_responses_as_long_as_they_can_become(int tokens)
    {
        PreferenceTraining work = Work(new Opsdl(new(MaxNewTokens: 9, Responses: 3)), tokens);

        Assert.Equal(Largest(work), work.LargestTree(steps: 3)); // without a sampler, trees are those of planning
    }

    static TreeSize Largest(PreferenceTraining work)
    {
        TreeSize largest = default;
        foreach (MicroStep step in Enumerable.Range(1, 3).SelectMany(work.MicroSteps))
        {
            largest = largest.Or(TreeSize.Of(step.Tree));
        }
        return largest;
    }

    static PreferenceTraining Work(IPreferenceObjective objective, int tokens)
    {
        SampleTokens[] samples =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => new SampleTokens($"s{i}", [0], [[1, i, 3, 4, 5], [2, 2, 2]], [6, 7], [8, 9], [[9, 9], [1, 2]])),
        ];
        TeacherFile.Top[] top = [new([8, 3], [-0.4f, -1.5f]), new([9, 1], [-0.2f, -2.5f])];
        PreferenceSamples all = new(samples, [], new Dictionary<string, PreferenceLogProbs>())
        {
            // The short question ends with another token, so that its responses have other log-probabilities in a model of bigrams.
            ShortTurns = samples.ToDictionary(
                s => s.Id, s => (IReadOnlyList<SampleTokens>)[s with { Chunks = [s.Chunks[0]], Question = [6, 5] }]),
            Teacher = samples.ToDictionary(s => s.Id, _ => (IReadOnlyList<TeacherFile.Top>)top),
        };
        return new(all, objective, new Plain(), new(4, tokens, Seed: 5));
    }

    static (double Loss, float[] Gradient) Pass(PreferenceTraining work, TableModel model)
    {
        model.Parameters[0].Gradient.Clear();
        MetricSums sums = new();
        foreach (MicroStep microStep in work.MicroSteps(1))
        {
            using ITreePass pass = model.Forward(microStep.Tree);
            float[] dLogProbs = new float[pass.LogProbs.Length];
            microStep.Loss(pass, dLogProbs, sums);
            pass.Backward(dLogProbs);
        }
        return (sums.Means()[PreferenceMetrics.Loss], [.. model.Parameters[0].Gradient.Span]);
    }
}
