using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

public sealed partial class ObjectiveTests
{
    static readonly PreferenceLogProbs s_reference = new(new(-11, 5), [new(-9, 4)]);
    static readonly PreferenceLogProbs s_pair = new(new(-12.5, 5), [new(-8.25, 4)], s_reference);
    static readonly PreferenceLogProbs s_triple = new(new(-12.5, 5), [new(-8.25, 4), new(-30, 7)]);

    static readonly PreferenceLogProbs s_alone = new(new(-12.5, 5), [], Prompt: new(-40, 11));

    static readonly PreferenceLogProbs s_short =
        new(new(-6, 5), [new(-9.5, 4)]) { Reference = new(new(-6.5, 5), [new(-9, 4)]) };

    static readonly PreferenceLogProbs s_both = new(new(-12.5, 5), [], s_reference with { Rejected = [] }) { Short = s_short };

    static readonly PreferenceLogProbs s_sampled = s_alone with
    {
        Sampled =
        [
            new([-0.5, -1.25, -0.1], [-0.6, -1.0, -0.1], [-0.2, -1.5, -0.05], [-0.7, -0.9, -0.3], 1),
            new([-2.0, -0.25], [-1.5, -0.25], [-2.5, -0.5], [-1.9, -0.2], 0),
            new([-0.75, -0.5, -1.0, -3.0], [-0.75, -1.0, -1.0, -2.5], [-1.0, -0.4, -1.1, -2.0], [-0.8, -0.6, -0.9, -2.0], 0.25),
        ],
    };

    static readonly PreferenceLogProbs s_distilled = s_alone with
    {
        Distilled =
        [
            new([Math.Log(0.5), Math.Log(0.3)], [Math.Log(0.2), Math.Log(0.6)]),
            new([Math.Log(0.9), Math.Log(0.05), Math.Log(0.01)], [Math.Log(0.7), Math.Log(0.1), Math.Log(0.15)]),
        ],
    };

    static readonly OnPolicySampling s_sampling = new(8);

    public static TheoryData<string, IPreferenceObjective, PreferenceLogProbs> Cases => new()
    {
        { "kto", new Kto(Beta: 0.1), s_triple with { Reference = new(new(-11, 5), [new(-9, 4), new(-28.5, 7)]), KlEstimate = 0.4 } },
        {
            "kto weights",
            new Kto(Beta: 0.3, DesirableWeight: 1.5, UndesirableWeight: 0.75),
            s_triple with { Reference = new(new(-11, 5), [new(-9, 4), new(-28.5, 7)]), KlEstimate = 0.4 }
        },
        { "kto alone", new Kto(Beta: 0.1), s_alone with { Reference = s_reference with { Rejected = [] }, KlEstimate = 0 } },
        { "rpo", new Dpo(Beta: 0.1, NllWeight: 1), s_pair },
        { "mixture", new Mixture([new(0.25, new Dpo(0.1, NllWeight: 1)), new(2, new SimPo(2, 0.5))]), s_pair },
        {
            "mixture of all",
            new Mixture([new(0.5, new SoLoPo(new SimPo(2, 0.5), 1)), new(0.25, new Distill(ReverseShare: 0.5)), new(2, new Kto(0.1))]),
            s_pair with { Short = s_short, Distilled = s_distilled.Distilled, KlEstimate = 0.1 }
        },
        { "solopo simpo", new SoLoPo(new SimPo(2, 0.5), AlignmentWeight: 1), s_both },
        { "solopo dpo", new SoLoPo(new Dpo(0.1), AlignmentWeight: 3), s_both },
        { "solopo orpo", new SoLoPo(new Orpo(0.5), AlignmentWeight: 1), s_both },
        { "opsdl", new Opsdl(s_sampling), s_sampled },
        { "grpo", new Grpo(s_sampling), s_sampled },
        {
            "grpo all",
            new Grpo(s_sampling, KlWeight: 0.05, NormalizeDeviation: false, Average: GroupAverage.Token),
            s_sampled
        },
        { "distill", new Distill(), s_distilled },
        { "distill all", new Distill(ReverseShare: 0.3, NllWeight: 0.5), s_distilled },
        { "dpo", new Dpo(Beta: 0.1), s_pair },
        { "dpo ε", new Dpo(Beta: 0.1, LabelSmoothing: 0.2), s_pair },
        { "dpo ν", new Dpo(Beta: 0.1, NllWeight: 0.5), s_pair },
        { "ipo", new Ipo(Beta: 0.5), s_pair },
        { "lm", new Lm(), s_alone },
        { "orpo", new Orpo(OddsRatioWeight: 0.5), s_pair },
        { "orpo likely", new Orpo(OddsRatioWeight: 0.5), new(new(-0.05, 5), [new(-0.4, 4)]) },
        { "orpo far", new Orpo(OddsRatioWeight: 0.5), new(new(-4000, 5), [new(-1, 4)]) },
        { "simpo", new SimPo(Beta: 2, Gamma: 0.5), s_pair },
        { "simpo ε", new SimPo(Beta: 2, Gamma: 0.5, LabelSmoothing: 0.1), s_pair },
        { "sft_partial", new SftPartial(), s_alone },
        { "sft_partial rejected", new SftPartial(TrainedResponse.Rejected), s_pair },
        { "sft_full", new SftFull(), s_alone },
        { "sft_full w", new SftFull(ResponseWeight: 3), s_alone },
        { "longpo", new LongPo(Beta: 0.1, PreferenceWeight: 0.3), s_pair with { Prompt = new(-40, 11) } },
        { "longpo ν=0", new LongPo(Beta: 0.1, PreferenceWeight: 1, NllWeight: 0), s_pair },
        { "sft_constrained", new SftConstrained(0.5), s_alone with { Reference = s_reference with { Rejected = [] } } },
        { "logo M=2", new Logo(Beta: 2, Gamma: 0.5, SftWeight: 0.1), s_triple },
        { "logo μ", new Logo(Beta: 2, Gamma: 0.5, SftWeight: 0.1, PromptWeight: 0.7), s_triple with { Prompt = new(-40, 11) } },
        { "logo weights", new Logo(Beta: 2, Gamma: 0.5, SftWeight: 0.1, RejectedResponses: 2, RejectedWeights: [3, 1]), s_triple },
        { "logo far", new Logo(Beta: 2, Gamma: 0.5, SftWeight: 0), new(new(-4000, 5), [new(-1, 4)]) },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Derivatives_match_finite_differences(string name, IPreferenceObjective objective, PreferenceLogProbs at)
    {
        const double h = 1e-5;
        ObjectiveValue value = objective.Evaluate(at);
        double Loss(PreferenceLogProbs p) => objective.Evaluate(p).Loss;

        double chosen = (Loss(at with { Chosen = Plus(at.Chosen, h) }) - Loss(at with { Chosen = Plus(at.Chosen, -h) })) / (2 * h);
        Assert.True(Math.Abs(chosen - value.DChosen) < 1e-6, $"{name}: DChosen {value.DChosen}, differences {chosen}");

        for (int j = 0; j < at.Rejected.Count; j++)
        {
            int k = j;
            PreferenceLogProbs Moved(double d) => at with { Rejected = [.. at.Rejected.Select((r, i) => i == k ? Plus(r, d) : r)] };
            double rejected = (Loss(Moved(h)) - Loss(Moved(-h))) / (2 * h);
            Assert.True(
                Math.Abs(rejected - value.DRejected[j]) < 1e-6,
                $"{name}: DRejected[{j}] {value.DRejected[j]}, differences {rejected}");
        }

        double prompt = at.Prompt is not { } p
            ? 0
            : (Loss(at with { Prompt = Plus(p, h) }) - Loss(at with { Prompt = Plus(p, -h) })) / (2 * h);
        Assert.True(Math.Abs(prompt - value.DPrompt) < 1e-6, $"{name}: DPrompt {value.DPrompt}, differences {prompt}");
    }

    [Fact]
    public void Cases_cover_every_objective()
    {
        IEnumerable<Type> all = typeof(IPreferenceObjective)
            .Assembly.GetTypes()
            .Where(t => t.IsClass && t.IsAssignableTo(typeof(IPreferenceObjective)));

        Assert.Empty(all.Except(Cases.Select(c => ((object[])c)[1].GetType())));
    }

    [Fact]
    public void Dpo_at_the_reference_is_log_2() =>
        Assert.Equal(Math.Log(2), new Dpo(0.1).Evaluate(s_reference with { Reference = s_reference }).Loss, 12);

    [Fact]
    public void Logo_with_one_rejected_and_no_sft_is_SimPO()
    {
        // −log σ(2·(−12.5/5) − 2·(−8.25/4) − 0.5) = softplus(1.375), by hand.
        ObjectiveValue value = new Logo(Beta: 2, Gamma: 0.5, SftWeight: 0).Evaluate(s_pair);

        Assert.Equal(Math.Log(1 + Math.Exp(1.375)), value.Loss, 12);
    }

    [Fact]
    public void Simpo_is_logo_with_one_rejected_and_no_sft()
    {
        ObjectiveValue logo = new Logo(2, 0.5, 0, 1).Evaluate(s_pair), simpo = new SimPo(2, 0.5).Evaluate(s_pair);

        Assert.Equal(logo.Loss, simpo.Loss, 14);
        Assert.Equal(logo.DChosen, simpo.DChosen, 14);
        Assert.Equal(logo.DRejected[0], simpo.DRejected[0], 14);
    }

    [Fact]
    public void Sft_is_the_mean_over_its_tokens()
    {
        Assert.Equal(2.5, new SftPartial().Evaluate(s_alone).Loss, 14);
        Assert.Equal(8.25 / 4, new SftPartial(TrainedResponse.Rejected).Evaluate(s_pair).Loss, 14);
        Assert.Equal(52.5 / 16, new SftFull().Evaluate(s_alone).Loss, 14);
    }

    [Fact]
    public void A_weighted_response_counts_as_that_many_copies_of_it()
    {
        Assert.Equal((40 + 3 * 12.5) / (11 + 3 * 5), new SftFull(3).Evaluate(s_alone).Loss, 14);
    }

    [Fact]
    public void The_likelihood_term_of_DPO_is_the_mean_over_the_chosen_response()
    {
        double plain = new Dpo(0.1).Evaluate(s_pair).Loss;

        Assert.Equal(plain + 0.5 * 12.5 / 5, new Dpo(0.1, NllWeight: 0.5).Evaluate(s_pair).Loss, 12);
    }

    [Fact]
    public void The_share_of_the_comparison_in_the_chosen_gradient_is_that_of_the_formula()
    {
        // LOGO: z = 2·(−2.5) − 2·(−2.0625) − 0.5 = −1.375; the comparison gives σ(1.375)·β/5, the likelihood λ/5.
        double sigma = 1 / (1 + Math.Exp(-1.375));
        ObjectiveValue logo = new Logo(Beta: 2, Gamma: 0.5, SftWeight: 3).Evaluate(s_pair);

        Assert.Equal(sigma, logo.PreferenceGradient!.Value, 14);
        Assert.Equal(2 * sigma / (2 * sigma + 3), logo.PreferenceShare!.Value, 14);

        // DPO: z = −0.225; β over the sum, ν over the mean of five tokens.
        double dpo = 0.1 / (1 + Math.Exp(-0.225));
        Assert.Equal(dpo / (dpo + 0.5 / 5), new Dpo(0.1, NllWeight: 0.5).Evaluate(s_pair).PreferenceShare!.Value, 14);

        // LongPO: the likelihood is a mean over the 16 tokens of prompt and response.
        ObjectiveValue longPo = new LongPo(Beta: 0.1, PreferenceWeight: 0.3).Evaluate(s_pair with { Prompt = new(-40, 11) });
        Assert.Equal(0.3 * dpo / (0.3 * dpo + 1.0 / 16), longPo.PreferenceShare!.Value, 14);
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_comparison_is_the_whole_chosen_gradient_without_a_likelihood_term_and_null_without_a_comparison(
        string name, IPreferenceObjective objective, PreferenceLogProbs at)
    {
        double? share = objective.Evaluate(at).PreferenceShare;

        if (objective is Lm or SftFull or SftPartial or SftConstrained or Distill or ISampledObjective or SoLoPo || name == "kto alone")
        {
            Assert.Null(share);
        }
        else if (name is "dpo" or "dpo ε" or "ipo" or "simpo" or "simpo ε" or "longpo ν=0" or "logo far" or "kto" or "kto weights")
        {
            Assert.Equal(1, share);
        }
        else
        {
            Assert.InRange(share!.Value, 1e-6, 0.9999);
        }
    }

    [Fact]
    public void Lm_is_the_mean_over_the_prompt_and_leaves_the_response_alone()
    {
        ObjectiveValue value = new Lm().Evaluate(s_alone);

        Assert.Equal(40.0 / 11, value.Loss, 14);
        Assert.Equal(0, value.DChosen);
    }

    [Fact]
    public void Sft_on_the_rejected_response_leaves_the_chosen_one_alone() =>
        Assert.Equal(0, new SftPartial(TrainedResponse.Rejected).Evaluate(s_pair).DChosen);

    [Fact]
    public void Smoothed_labels_mix_the_losses_of_both_orders()
    {
        // DPO: z = 0.1·((−12.5 + 11) − (−8.25 + 9)) = −0.225; 0.8·softplus(0.225) + 0.2·softplus(−0.225).
        double dpo = 0.8 * Math.Log(1 + Math.Exp(0.225)) + 0.2 * Math.Log(1 + Math.Exp(-0.225));
        // SimPO: z = 2·(−2.5) − 2·(−2.0625) − 0.5 = −1.375, and γ stays in the second term.
        double simpo = 0.9 * Math.Log(1 + Math.Exp(1.375)) + 0.1 * Math.Log(1 + Math.Exp(-1.375));

        Assert.Equal(dpo, new Dpo(0.1, 0.2).Evaluate(s_pair).Loss, 12);
        Assert.Equal(simpo, new SimPo(2, 0.5, 0.1).Evaluate(s_pair).Loss, 12);
    }

    [Fact]
    public void Smoothed_DPO_is_smallest_where_the_model_is_as_sure_as_the_labels()
    {
        // log(0.8/0.2) = 1.386…; the chosen sum that gives z = 0.1·(chosen + 11 − 0.75).
        PreferenceLogProbs at = s_pair with { Chosen = new(Math.Log(4) / 0.1 - 11 + 0.75, 5) };

        Assert.Equal(0, new Dpo(0.1, 0.2).Evaluate(at).DChosen, 12);
    }

    [Fact]
    public void Ipo_is_the_squared_distance_from_the_target()
    {
        // Means: chosen −2.5 against −2.2, rejected −2.0625 against −2.25. h = −0.3 − 0.1875 = −0.4875; 1/(2·0.5) = 1; (−1.4875)² =
        // 2.21265625.
        ObjectiveValue value = new Ipo(0.5).Evaluate(s_pair);

        Assert.Equal(2.21265625, value.Loss, 12);
        Assert.Equal(-0.15, value.ChosenReward!.Value, 12);  // 0.5 · −0.3
        Assert.Equal(0.09375, value.RejectedReward!.Value, 12);  // 0.5 · 0.1875
        Assert.Equal(2 * -1.4875 / 5, value.DChosen, 12);
    }

    [Fact]
    public void Orpo_is_the_nll_and_the_odds_ratio()
    {
        // p = 1/2 and 1/4 a token: odds 1 and 1/3, ratio 3, σ(log 3) = 3/4. Loss = log 2 + 0.5·(−log 3/4).
        ObjectiveValue value = new Orpo(0.5).Evaluate(new(new(-3 * Math.Log(2), 3), [new(-2 * Math.Log(4), 2)]));

        Assert.Equal(Math.Log(2) - 0.5 * Math.Log(0.75), value.Loss, 12);
        Assert.Equal(Math.Log(3), value.ChosenReward!.Value - value.RejectedReward!.Value, 12);
        // dz = −0.5·(1 − 3/4) = −1/8; 1/(1 − 1/2) = 2 and 1/(1 − 1/4) = 4/3.
        Assert.Equal((-0.125 * 2 - 1) / 3, value.DChosen, 12);
        Assert.Equal(0.125 * 4 / 3 / 2, value.DRejected[0], 12);
    }

    [Theory]
    [InlineData(0, -2)]
    [InlineData(-2, 0)]
    [InlineData(0, 0)]
    [InlineData(-1e-30, -1e6)]
    [InlineData(-1e6, -1e-30)]
    public void Orpo_is_finite_at_certainty(double chosen, double rejected)
    {
        ObjectiveValue value = new Orpo(0.5).Evaluate(new(new(chosen, 3), [new(rejected, 2)]));

        Assert.All(
            [value.Loss, value.DChosen, value.DRejected[0], value.ChosenReward!.Value],
            v => Assert.True(double.IsFinite(v), $"{v}"));
    }

    [Fact]
    public void Weights_of_rejected_responses_count_by_their_ratio()
    {
        // β·(−2.5 − (3/4·(−8.25/4) + 1/4·(−30/7))) − γ = 2·(−2.5 + 1.546875 + 1.0714285…) − 0.5
        double z = 2 * (-2.5 + 0.75 * 8.25 / 4 + 0.25 * 30 / 7) - 0.5;
        Logo weighted = new(2, 0.5, 0, 2, RejectedWeights: [3, 1]);

        Assert.Equal(Math.Log(1 + Math.Exp(-z)), weighted.Evaluate(s_triple).Loss, 12);
        Assert.Equal(weighted.Evaluate(s_triple).Loss, (weighted with { RejectedWeights = [0.75, 0.25] }).Evaluate(s_triple).Loss, 14);
        Assert.Equal(new Logo(2, 0.5, 0).Evaluate(s_triple).Loss, (weighted with { RejectedWeights = [5, 5] }).Evaluate(s_triple).Loss, 14);
        Assert.Equal(new Logo(2, 0.5, 0).Evaluate(s_pair).Loss, (weighted with { RejectedWeights = [1, 0] }).Evaluate(s_triple).Loss, 14);
    }

    [Fact]
    public void Logo_adds_the_mean_over_the_prompt_by_its_weight()
    {
        Logo logo = new(2, 0.5, 0.1);
        PreferenceLogProbs at = s_triple with { Prompt = new(-40, 11) };
        ObjectiveValue without = logo.Evaluate(at), with = (logo with { PromptWeight = 0.7 }).Evaluate(at);

        Assert.Equal(without.Loss + 0.7 * 40 / 11, with.Loss, 12);
        Assert.Equal((0.0, -0.7 / 11), (without.DPrompt, with.DPrompt));
        Assert.Equal((without.DChosen, without.ChosenReward), (with.DChosen, with.ChosenReward));
    }

    [Fact]
    public void Logo_adds_the_mean_over_the_chosen_response_by_its_weight()
    {
        ObjectiveValue without = new Logo(2, 0.5, 0).Evaluate(s_triple), with = new Logo(2, 0.5, 0.1).Evaluate(s_triple);

        Assert.Equal(without.Loss + 0.1 * 12.5 / 5, with.Loss, 12);
        Assert.Equal(without.DChosen - 0.1 / 5, with.DChosen, 12);
    }

    [Fact]
    public void Turns_are_added_up_response_by_response()
    {
        PreferenceLogProbs first = new(new(-3, 4), [new(-5, 5), new(-7, 9)]);
        PreferenceLogProbs second = new(new(-2, 2), [new(-1, 3), new(-4, 6), new(-9, 1)]);

        PreferenceLogProbs all = PreferenceLogProbs.OverTurns([first, second], null);
        PreferenceLogProbs one = PreferenceLogProbs.OverTurns([first, second], 1);

        Assert.Equal(new SequenceLogProb(-5, 6), all.Chosen);
        Assert.Equal([new(-6, 8), new(-11, 15)], all.Rejected); // as many as every turn has
        Assert.Equal([new(-6, 8)], one.Rejected);
    }

    static SequenceLogProb Plus(SequenceLogProb p, double d) => p with { Sum = p.Sum + d };
}
