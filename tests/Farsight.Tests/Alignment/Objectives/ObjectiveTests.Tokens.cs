using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

/// <summary>Objectives that read more than sums: short contexts, sampled responses, a teacher's tokens.</summary>
public sealed partial class ObjectiveTests
{
    const double Step = 1e-5;

    [Theory, MemberData(nameof(Cases))]
    public void Derivatives_of_short_contexts_match_finite_differences(string name, IPreferenceObjective objective, PreferenceLogProbs at)
    {
        ShortDerivatives? derivatives = objective.Evaluate(at).Short;

        Assert.Equal(objective.ReadsShort, derivatives is not null);
        if (derivatives is not null && at.Short is { } after)
        {
            ObjectiveValue With(PreferenceLogProbs moved) => objective.Evaluate(at with { Short = moved });
            double chosen = Difference(d => With(after with { Chosen = Plus(after.Chosen, d) }));
            double rejected = Difference(d => With(after with { Rejected = [Plus(after.Rejected[0], d)] }));
            Assert.True(Math.Abs(chosen - derivatives.DChosen) < 1e-6, $"{name}: {derivatives.DChosen}, differences {chosen}");
            Assert.True(Math.Abs(rejected - derivatives.DRejected[0]) < 1e-6, $"{name}: differences {rejected}");
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Derivatives_of_tokens_match_finite_differences(string name, IPreferenceObjective objective, PreferenceLogProbs at)
    {
        ObjectiveValue value = objective.Evaluate(at);

        Assert.Equal(
            (objective is ISampledObjective, objective.Distillation is not null),
            (value.DSampled is not null, value.DDistilled is not null));
        for (int j = 0; j < (value.DSampled?.Length ?? 0); j++)
        {
            for (int t = 0; t < at.Sampled[j].Policy.Length; t++)
            {
                Same(value.DSampled![j][t], Difference(d => objective.Evaluate(at with
                {
                    Sampled = Changed(at.Sampled, j, r => r with { Policy = Moved(r.Policy, t, d) }),
                })));
            }
        }
        for (int t = 0; t < (value.DDistilled?.Length ?? 0); t++)
        {
            for (int k = 0; k < at.Distilled[t].Policy.Length; k++)
            {
                Same(value.DDistilled![t][k], Difference(d => objective.Evaluate(at with
                {
                    Distilled = Changed(at.Distilled, t, r => r with { Policy = Moved(r.Policy, k, d) }),
                })));
            }
        }

        void Same(double derivative, double difference) =>
            Assert.True(Math.Abs(derivative - difference) < 1e-6, $"{name}: {derivative}, differences {difference}");
    }

    [Fact]
    public void Kto_at_the_reference_point_is_one_half()
    {
        PreferenceLogProbs at = new(new(-10.6, 5), [new(-8.6, 4)], s_reference) { KlEstimate = 0.4 };

        Assert.Equal(0.5, new Kto(0.3).Evaluate(at).Loss, 12);
    }

    [Fact]
    public void Kto_of_a_sample_without_rejected_responses_is_that_of_its_desirable_example()
    {
        // r = −12.5 + 11 = −1.5; 1 − σ(0.1·(−1.5 − 0.4)).
        PreferenceLogProbs at = s_alone with { Reference = s_reference with { Rejected = [] }, KlEstimate = 0.4 };

        Assert.Equal(1 - 1 / (1 + Math.Exp(0.19)), new Kto(0.1).Evaluate(at).Loss, 12);
        Assert.StartsWith("kto", Assert.Throws<ArgumentException>(() => new Kto(0.1).Evaluate(at with { KlEstimate = null })).Message);
    }

    [Fact]
    public void Solopo_without_alignment_is_the_preference_after_the_short_context()
    {
        ObjectiveValue solo = new SoLoPo(new SimPo(2, 0.5), 0).Evaluate(s_both), simpo = new SimPo(2, 0.5).Evaluate(s_short);

        Assert.Equal((simpo.Loss, 0), (solo.Loss, solo.DChosen));
        Assert.Equal((simpo.DChosen, simpo.DRejected[0]), (solo.Short!.DChosen, solo.Short.DRejected[0]));
    }

    [Fact]
    public void Solopo_aligns_the_long_reward_alone_without_the_short_gradient()
    {
        ObjectiveValue both = new SoLoPo(new SimPo(2, 0.5), 1).Evaluate(s_both);
        ObjectiveValue one = new SoLoPo(new SimPo(2, 0.5), 1, ShortGradient: false).Evaluate(s_both);

        Assert.Equal((both.Loss, both.DChosen, -2.0 / 5), (one.Loss, one.DChosen, one.DChosen));
        Assert.Equal(2.0 / 5, both.Short!.DChosen - one.Short!.DChosen, 12);
    }

    [Fact]
    public void Equal_rewards_teach_nothing()
    {
        PreferenceLogProbs equal = s_sampled with { Sampled = [.. s_sampled.Sampled.Select(r => r with { Reward = 0.7 })] };

        Assert.All(new Grpo(s_sampling).Evaluate(equal).DSampled!.SelectMany(d => d), d => Assert.Equal(0, d, 1e-9));
        Assert.Contains(new Grpo(s_sampling, KlWeight: 0.1).Evaluate(equal).DSampled!.SelectMany(d => d), d => Math.Abs(d) > 1e-3);
    }

    [Fact]
    public void Advantages_are_rewards_from_their_mean_in_standard_deviations()
    {
        // Mean 0.5, deviation √((0.25 + 0.25 + 0 + 0)/4) = √0.125.
        double[] advantages = new Grpo(s_sampling).Advantages([1, 0, 0.5, 0.5]);

        Near.Each([Math.Sqrt(2), -Math.Sqrt(2), 0, 0], [.. advantages.Select(a => (float)a)], relative: 1e-5, absolute: 1e-6);
        Assert.Equal([0.5, -0.5, 0, 0], new Grpo(s_sampling, NormalizeDeviation: false).Advantages([1, 0, 0.5, 0.5]));
    }

    [Fact]
    public void A_ratio_beyond_the_clip_has_no_gradient_where_it_would_gain_more()
    {
        // Rewards 1 and 0; ratios e^0.5 above 1.28 and e^−0.5 below 0.8.
        SampledLogProbs good = new([-0.5], [-1], Reward: 1), bad = new([-1.5], [-1], Reward: 0);
        double[][] d = new Grpo(s_sampling).Evaluate(s_alone with { Sampled = [good, bad] }).DSampled!;
        double[][] other = new Grpo(s_sampling).Evaluate(
            s_alone with { Sampled = [good with { Reward = 0 }, bad with { Reward = 1 }] }).DSampled!;

        Assert.Equal([0.0, 0.0], d.Select(r => r[0]));
        Assert.Equal(Math.Exp(0.5) / 2, other[0][0], 1e-5);
        Assert.Equal(-Math.Exp(-0.5) / 2, other[1][0], 1e-5);
    }

    [Fact]
    public void The_teacher_of_opsdl_has_no_gradient_and_teaches_nothing_where_it_agrees()
    {
        PreferenceLogProbs same = s_sampled with { Sampled = [.. s_sampled.Sampled.Select(r => r with { Teacher = r.Sampling })] };
        ObjectiveValue value = new Opsdl(s_sampling).Evaluate(s_sampled);

        Assert.Equal(0, new Opsdl(s_sampling).Evaluate(same).Loss, 12);
        // −(−0.2 + 0.6)/(3·3) at the first token: the more likely the short context makes it, the more it is learned.
        Assert.Equal(-0.4 / 9, value.DSampled![0][0], 12);
    }

    [Fact]
    public void Held_out_samples_of_sampled_objectives_are_measured_by_their_chosen_response()
    {
        Assert.Equal(2.5, new Opsdl(s_sampling).Evaluate(s_alone).Loss, 12);
        Assert.Equal((2.5, 0), (new Grpo(s_sampling).Evaluate(s_alone).Loss, new Grpo(s_sampling).Evaluate(s_alone).DChosen));
    }

    [Fact]
    public void Distillation_of_equal_distributions_is_0_and_so_is_its_gradient()
    {
        PreferenceLogProbs same = s_alone with { Distilled = [.. s_distilled.Distilled.Select(t => t with { Policy = t.Teacher })] };
        ObjectiveValue value = new Distill(ReverseShare: 0.5).Evaluate(same);

        Assert.Equal(0, value.Loss, 12);
        Assert.All(value.DDistilled!.SelectMany(d => d), d => Assert.Equal(0, d, 1e-12));
    }

    [Fact]
    public void A_mixture_is_the_weighted_sum_of_its_parts()
    {
        ObjectiveValue dpo = new Dpo(0.1).Evaluate(s_pair), simpo = new SimPo(2, 0.5).Evaluate(s_pair);
        ObjectiveValue sft = new SftPartial().Evaluate(s_alone);
        ObjectiveValue value = new Mixture([new(0.5, new SftPartial()), new(2, new Dpo(0.1)), new(3, new SimPo(2, 0.5))]).Evaluate(s_pair);

        Assert.Equal(0.5 * sft.Loss + 2 * dpo.Loss + 3 * simpo.Loss, value.Loss, 12);
        Assert.Equal(0.5 * sft.DChosen + 2 * dpo.DChosen + 3 * simpo.DChosen, value.DChosen, 12);
        Assert.Equal(2 * dpo.DRejected[0] + 3 * simpo.DRejected[0], value.DRejected[0], 12);
        Assert.Equal((dpo.ChosenReward, dpo.RejectedReward), (value.ChosenReward, value.RejectedReward));
        Assert.Equal(2 * dpo.DChosen + 3 * simpo.DChosen, value.DChosenOfComparison!.Value, 12);
    }

    static double Difference(Func<double, ObjectiveValue> at) => (at(Step).Loss - at(-Step).Loss) / (2 * Step);

    static double[] Moved(double[] values, int index, double by) => [.. values.Select((v, i) => i == index ? v + by : v)];

    static T[] Changed<T>(IReadOnlyList<T> items, int index, Func<T, T> change) =>
        [.. items.Select((item, i) => i == index ? change(item) : item)];
}
