using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Tests.Alignment.Training;

public sealed class PreferenceTrainingTests
{
    static readonly Logo s_logo = new(2, 0.5, 0.1);

    static readonly SynthesizedPositions s_positions = new(200, 0.1);

    [Fact]
    public void Every_sample_comes_once_an_epoch_in_another_order()
    {
        PreferenceTraining work = Work(s_logo, samples: 6, batchSize: 2);

        string[] first = Seen(work, 1, 3), second = Seen(work, 4, 3);

        Assert.Equal(6, first.Distinct().Count());
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_step_is_the_same_whatever_was_asked_before()
    {
        PreferenceTraining one = Work(s_logo, samples: 5, batchSize: 3), other = Work(s_logo, samples: 5, batchSize: 3);
        Seen(one, 1, 9);

        TokenTree expected = Assert.Single(one.MicroSteps(4)).Tree, actual = Assert.Single(other.MicroSteps(4)).Tree;

        Assert.Equal(expected.Tokens, actual.Tokens);
        Assert.Equal(expected.Positions, actual.Positions);
    }

    [Fact]
    public void Positions_are_new_each_epoch_and_kept_for_held_out_samples()
    {
        PreferenceTraining work = Work(s_logo, samples: 1, batchSize: 1);

        Assert.NotEqual(work.MicroSteps(1).Single().Tree.Positions, work.MicroSteps(2).Single().Tree.Positions);
        Assert.Equal(work.HeldOut().Single().Tree.Positions, work.HeldOut().Single().Tree.Positions);
    }

    [Theory, InlineData(1, 0), InlineData(60, 0), InlineData(60, 0.5), InlineData(10_000, 0)]
    public void The_largest_tree_is_known_before_any_is_built(int tokens, double promptWeight)
    {
        AssertLargestTree(Work(new Logo(2, 0.5, 0.1, PromptWeight: promptWeight), samples: 8, batchSize: 4, tokens: tokens));
    }

    [Theory, InlineData(1, 0), InlineData(60, 0), InlineData(60, 0.5), InlineData(10_000, 0.5)]
    public void The_largest_tree_of_samples_with_several_turns_is_known_before_any_is_built(int tokens, double promptWeight)
    {
        AssertLargestTree(new(
            new([.. Samples(8).Select(WithTurns)], [WithTurns(Samples(9)[^1], 8)], NoReference),
            new Logo(2, 0.5, 0.1, PromptWeight: promptWeight),
            s_positions,
            new(4, tokens, Seed: 5)));
    }

    [Theory, InlineData(1, 0), InlineData(60, 0), InlineData(60, 0.5), InlineData(10_000, 0.5)]
    public void The_largest_tree_of_samples_with_several_questions_is_known_before_any_is_built(int tokens, double promptWeight)
    {
        AssertLargestTree(new(
            new([.. Samples(8).Select(WithQuestions)], [WithQuestions(Samples(9)[^1], 8)], NoReference),
            new Logo(2, 0.5, 0.1, PromptWeight: promptWeight),
            s_positions,
            new(4, tokens, Seed: 5)));
    }

    static void AssertLargestTree(PreferenceTraining work)
    {
        TreeSize expected = default;
        foreach (MicroStep step in Enumerable.Range(1, 6).SelectMany(work.MicroSteps).Concat(work.HeldOut()))
        {
            expected = expected.Or(TreeSize.Of(step.Tree));
        }

        Assert.Equal(expected, work.LargestTree(steps: 6));
    }

    [Fact]
    public void A_sample_counts_once_in_the_loss_and_each_of_its_questions_in_the_other_metrics()
    {
        SampleTokens one = Samples(1)[0], three = WithQuestions(Samples(3)[2], 2);
        TableModel model = new(10);
        OrderedDictionary<string, double> of(params SampleTokens[] samples) =>
            Metrics(new(new(samples, [], NoReference), s_logo, new Plain(), new(samples.Length, 1000, Seed: 1)), model);
        OrderedDictionary<string, double> first = of(one), second = of(three), both = of(one, three);

        Assert.Equal((first[PreferenceMetrics.Loss] + second[PreferenceMetrics.Loss]) / 2, both[PreferenceMetrics.Loss], 1e-12);
        string[] perQuestion = [PreferenceMetrics.RewardMargin, PreferenceMetrics.ChosenLogProb, PreferenceMetrics.PreferenceShare];
        foreach (string name in perQuestion)
        {
            Assert.Equal((first[name] + 3 * second[name]) / 4, both[name], 1e-12);
        }
    }

    [Theory]
    [InlineData(0, "has no rejected response, and the objective takes 1; to train without rejected responses, use the objective "
        + "sft_partial, sft_full, lm, kto, distill or opsdl.")]
    [InlineData(1, "has 1 rejected response and the objective takes 2; synthesize more, or lower rejected_responses.")]
    public void An_objective_that_compares_names_the_sample_with_too_few_rejected_responses(int rejected, string fault)
    {
        SampleTokens sample = Samples(2)[1] with { Rejected = [.. Samples(1)[0].Rejected.Take(rejected)] };
        Logo logo = s_logo with { RejectedResponses = rejected == 0 ? null : 2 };

        Assert.Equal(
            $"Sample s1 {fault}",
            Assert.Throws<InputException>(
                () => new PreferenceTraining(new(Samples(1), [sample], NoReference), logo, s_positions, new(1, 100, Seed: 1))).Message);
    }

    [Fact]
    public void Instruction_tuning_and_language_modeling_need_no_rejected_responses()
    {
        foreach (IPreferenceObjective objective in new IPreferenceObjective[] { new SftPartial(), new SftFull(), new Lm() })
        {
            PreferenceTraining work = new(
                new([WithQuestions(Samples(1)[0] with { Rejected = [] }, 1)], [], NoReference), objective, s_positions, new(1, 100, 1));

            Assert.True(Metrics(work, new TableModel(10))[PreferenceMetrics.Loss] > 0);
        }
    }

    [Fact]
    public void Gradient_and_metrics_of_longpo_are_those_of_its_turns_written_out()
    {
        SampleTokens sample = WithTurns(Samples(1)[0], 2);
        PreferenceLogProbs reference = new(new(-4, 6), [new(-7, 5)]);
        LongPo objective = new(0.5, 0.3);
        PreferenceTraining work = new(
            new([sample], [], new Dictionary<string, PreferenceLogProbs> { ["s0"] = reference }),
            objective,
            new Plain(),
            new(1, 1000, Seed: 1));
        TableModel model = new(10);
        float[] at = [.. model.Parameters[0].Value.Span];
        (_, float[] gradient, _) = Pass(work, model);

        double[] expected = Gradient.Of(values =>
        {
            values.CopyTo(model.Parameters[0].Value.Span);
            return objective.Evaluate(WrittenOut(model, sample) with { Reference = reference }).Loss;
        }, at);
        at.CopyTo(model.Parameters[0].Value.Span);

        Near.Each(expected, gradient, 2e-2, 2e-4);
        PreferenceLogProbs logProbs = WrittenOut(model, sample) with { Reference = reference };
        ObjectiveValue value = objective.Evaluate(logProbs);
        OrderedDictionary<string, double> metrics = Metrics(work, model);
        Assert.Equal((value.ChosenReward - value.RejectedReward)!.Value, metrics[PreferenceMetrics.RewardMargin], 1e-5);
        Assert.Equal(logProbs.Chosen.Mean, metrics[PreferenceMetrics.ChosenLogProb], 1e-5);
        Assert.Equal(logProbs.Prompt!.Value.Mean, metrics[PreferenceMetrics.PromptLogProb], 1e-5);
    }

    /// <summary>
    /// The table's log-probabilities of a sample, sequence by sequence, without a tree: context and questions, chosen, first rejected.
    /// </summary>
    static PreferenceLogProbs WrittenOut(TableModel model, SampleTokens sample)
    {
        List<int> before = [.. sample.Prefix, .. sample.Chunks.SelectMany(c => c)];
        SequenceLogProb prompt = Sum(model, before[0], before.Skip(1)), chosen = default, rejected = default;
        foreach (TurnTokens turn in sample.Turns)
        {
            prompt += Sum(model, before[^1], turn.Question);
            chosen += Sum(model, turn.Question[^1], turn.Chosen);
            rejected += Sum(model, turn.Question[^1], turn.Rejected[0]);
            before.AddRange([.. turn.Question, .. turn.Chosen]);
        }
        return new(chosen, [rejected], null, prompt);
    }

    static SequenceLogProb Sum(TableModel model, int before, IEnumerable<int> tokens)
    {
        SequenceLogProb sum = default;
        foreach (int token in tokens)
        {
            double[] logits = [.. model.Parameters[0].Value[before].ToArray().Select(x => (double)x)];
            sum += new SequenceLogProb(logits[token] - Math.Log(logits.Sum(Math.Exp)), 1);
            before = token;
        }
        return sum;
    }

    [Theory]
    [InlineData(1)]      // a tree each
    [InlineData(60)]     // some two
    [InlineData(10_000)] // one tree
    public void Loss_and_gradient_do_not_depend_on_how_a_batch_is_cut(int tokens)
    {
        (double loss, float[] gradient, int trees) = Pass(Work(s_logo, samples: 8, batchSize: 4, tokens: tokens));
        (double expectedLoss, float[] expected, _) = Pass(Work(s_logo, samples: 8, batchSize: 4));

        Assert.Equal(tokens switch { 1 => 4, 60 => 2, _ => 1 }, trees);
        Assert.Equal(expectedLoss, loss, 1e-12);
        Near.Each([.. expected.Select(v => (double)v)], gradient, 1e-5);
    }

    [Fact]
    public void The_gradient_is_that_of_the_mean_loss()
    {
        PreferenceTraining work = Work(s_logo, samples: 4, batchSize: 4);
        TableModel model = new(10);
        float[] at = [.. model.Parameters[0].Value.Span];
        (_, float[] gradient, _) = Pass(work, model);

        double[] expected = Gradient.Of(values =>
        {
            values.CopyTo(model.Parameters[0].Value.Span);
            return Pass(work, model).Loss;
        }, at);

        Near.Each(expected, gradient, 2e-2, 2e-4); // the losses of the differences are computed from F32 log-probabilities
    }

    [Fact]
    public void Metrics_tell_margin_accuracy_and_exact_match()
    {
        PreferenceTraining work = Work(s_logo, samples: 4, batchSize: 4);
        TableModel model = new(10);
        foreach (SampleTokens sample in Samples(4))
        {
            model.Parameters[0].Value[sample.Question[^1]][sample.Chosen[0]] = 20;
            model.Parameters[0].Value[sample.Chosen[0]][sample.Chosen[1]] = 20;
        }

        OrderedDictionary<string, double> metrics = Metrics(work, model);

        Assert.Equal(1, metrics[PreferenceMetrics.ChosenExactMatch]);
        Assert.Equal(1, metrics[PreferenceMetrics.RewardAccuracy]);
        Assert.True(metrics[PreferenceMetrics.ChosenLogProb] > -1e-3);
        Assert.Equal(
            2 * (metrics[PreferenceMetrics.ChosenLogProb] - metrics[PreferenceMetrics.RejectedLogProb]),
            metrics[PreferenceMetrics.RewardMargin],
            1e-9);
    }

    [Fact]
    public void Instruction_tuning_logs_no_margin_and_runs_no_rejected_response()
    {
        PreferenceTraining work = Work(new SftPartial(), samples: 2, batchSize: 2);

        Assert.False(Metrics(work, new TableModel(10)).ContainsKey(PreferenceMetrics.RewardMargin));
        Assert.Equal(4, work.MicroSteps(1).Single().Tree.Nodes.Count); // prompt and chosen, twice
    }

    [Fact]
    public void At_its_reference_dpo_has_a_loss_of_log_2()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("farsight-reference-").FullName, "reference.jsonl");
        TableModel model = new(10);
        IReadOnlyList<SampleTokens> samples = Samples(3);
        IReadOnlyDictionary<string, PreferenceLogProbs> computed = ReferenceLogProbs.ReadOrCompute(file, model, samples, 1, default);
        IReadOnlyDictionary<string, PreferenceLogProbs> read = ReferenceLogProbs.ReadOrCompute(
            file,
            new TableModel(10, seed: 2),
            samples,
            1,
            default);
        PreferenceTraining work = new(new(samples, [], read), new Dpo(0.5), s_positions, new(3, 1000, Seed: 1));

        Assert.Equal(computed["s0"].Chosen, read["s0"].Chosen);
        Assert.Equal(Math.Log(2), Metrics(work, model)[PreferenceMetrics.Loss], 1e-12); // the toy does not look at positions
        Assert.Equal(0, Metrics(work, model)[PreferenceMetrics.RewardMargin], 1e-12);
    }

    [Theory]
    [InlineData("{\"Id\":", ":1 is damaged")]
    [InlineData("""{"Id":"s0","ChosenTokens":2,"RejectedSums":[-1],"RejectedTokens":[2]}""", ":1 is damaged")]
    [InlineData(
        """{"Id":"s0","ChosenSum":-1,"ChosenTokens":2,"RejectedSums":[-1],"RejectedTokens":[]}""", ": 's0' has 1 sums and 0 lengths")]
    [InlineData("""{"Id":"s1","ChosenSum":-1,"ChosenTokens":2,"RejectedSums":[-1],"RejectedTokens":[2]}""", " lacks the sample 's0'")]
    public void A_damaged_reference_file_is_named_and_never_read_as_zeros(string line, string fault)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["r.jsonl"], line + "\n");
        SampleTokens[] samples = [new("s0", [], [[1]], [2], [3], [[4]])];

        InputException damaged = Assert.Throws<InputException>(
            () => ReferenceLogProbs.ReadOrCompute(folder["r.jsonl"], new TableModel(10), samples, 1, default));

        Assert.StartsWith(folder["r.jsonl"] + fault, damaged.Message, StringComparison.Ordinal);
        Assert.EndsWith("; remove the file, and the next start computes it again.", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_objective_with_a_reference_needs_one() =>
        Assert.Throws<ArgumentException>(() => Work(new Dpo(0.1), samples: 2, batchSize: 1));

    [Fact]
    public void A_sample_that_does_not_fit_its_positions_is_named()
    {
        PreferenceTraining work = new(new(Samples(1), [], NoReference), s_logo, new SynthesizedPositions(10, 0), new(1, 100, Seed: 1));

        Assert.Contains("s0", Assert.Throws<InputException>(() => work.MicroSteps(1).ToList()).Message, StringComparison.Ordinal);
    }

    static Dictionary<string, PreferenceLogProbs> NoReference => [];

    static PreferenceTraining Work(IPreferenceObjective objective, int samples, int batchSize, int tokens = 10_000) =>
        new(new(Samples(samples), [Samples(samples + 1)[^1]], NoReference), objective, s_positions, new(batchSize, tokens, Seed: 5));

    /// <summary>Samples of 24 tokens: the answer to question 7 is 8 9, not 9 9 or 1 2 3.</summary>
    static IReadOnlyList<SampleTokens> Samples(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new SampleTokens(
                    $"s{i}",
                    [0],
                    [
                        [1, i % 10, 3, 4, 5],
                        [2, 2, 2, 2, 2],
                    ],
                    [6, 7],
                    [8, 9],
                    [
                        [9, 9],
                        [1, 2, 3],
                    ])),
        ];

    /// <summary>No, one or two further turns.</summary>
    static SampleTokens WithTurns(SampleTokens sample, int i) =>
        sample with { Further = [.. new TurnTokens[] { new([6], [3, 1], [[4, 4], [5]]), new([7, 2, 6], [5], [[1], [2, 8]]) }.Take(i % 3)] };

    /// <summary>No, one or two further questions; all begin with the same token.</summary>
    static SampleTokens WithQuestions(SampleTokens sample, int i) => sample with
    {
        Questions = [.. new TurnTokens[] { new([6, 3], [3, 1], [[4, 4], [5]]), new([6, 7, 2, 6], [5], [[1], [2, 8, 8]]) }.Take(i % 3)],
    };

    static string[] Seen(PreferenceTraining work, int firstStep, int steps) =>
        [.. Enumerable.Range(firstStep, steps).SelectMany(work.MicroSteps).SelectMany(m => Roots(m.Tree))];

    // The chunks differ by their second token only.
    static IEnumerable<string> Roots(TokenTree tree) =>
        tree.Nodes.Where(n => n.Parent < 0).Select(n => string.Join(' ', tree.Tokens.Skip(n.Start).Take(n.Count)));

    static (double Loss, float[] Gradient, int Trees) Pass(PreferenceTraining work, TableModel? model = null)
    {
        model ??= new(10);
        model.Parameters[0].Gradient.Clear();
        MetricSums sums = new();
        int trees = 0;
        foreach (MicroStep microStep in work.MicroSteps(1))
        {
            using ITreePass pass = model.Forward(microStep.Tree);
            float[] dLogProbs = new float[pass.LogProbs.Length];
            microStep.Loss(pass, dLogProbs, sums);
            pass.Backward(dLogProbs);
            trees++;
        }
        return (sums.Means()[PreferenceMetrics.Loss], [.. model.Parameters[0].Gradient.Span], trees);
    }

    static OrderedDictionary<string, double> Metrics(PreferenceTraining work, TableModel model)
    {
        MetricSums sums = new();
        foreach (MicroStep microStep in work.MicroSteps(1))
        {
            using ITreePass pass = model.Evaluate(microStep.Tree);
            microStep.Loss(pass, new float[pass.LogProbs.Length], sums);
        }
        return sums.Means();
    }
}
