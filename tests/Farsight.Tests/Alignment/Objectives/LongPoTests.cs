using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

public sealed class LongPoTests
{
    // Two turns, in nats: chosen −3 (4 tokens) and −2 (2), rejected −5 (5) and −1 (3), after the long context.
    static readonly PreferenceLogProbs s_policy = PreferenceLogProbs.OverTurns(
        [new(new(-3, 4), [new(-5, 5), new(-100, 9)]), new(new(-2, 2), [new(-1, 3)])], 1);

    // The same after the short contexts: −2 and −1, −6 and −4.
    static readonly PreferenceLogProbs s_short = PreferenceLogProbs.OverTurns(
        [new(new(-2, 4), [new(-6, 5)]), new(new(-1, 2), [new(-4, 3)])],
        null);

    // Context and both questions.
    static readonly SequenceLogProb s_prompt = new(-50, 44);

    [Fact]
    public void Two_turns_by_hand()
    {
        // r(chosen) = 0.5·(−5 − −3) = −1, r(rejected) = 0.5·(−6 − −10) = 2: margin −3.
        // loss = 0.2·log(1 + e³) + (50 + 5)/(44 + 6); derivatives: σ(3) = 0.952574…
        ObjectiveValue value = new LongPo(Beta: 0.5, PreferenceWeight: 0.2).Evaluate(
            s_policy with
            {
                Reference = s_short,
                Prompt = s_prompt,
            });

        Assert.Equal((-1, 2), (value.ChosenReward, value.RejectedReward));
        Assert.Equal(0.2 * 3.0485873515737421 + 1.1, value.Loss, 12);
        Assert.Equal(-0.2 * 0.5 * 0.95257412682243322 - 0.02, value.DChosen, 12);
        Assert.Equal(0.2 * 0.5 * 0.95257412682243322, value.DRejected.Single(), 12);
        Assert.Equal(-0.02, value.DPrompt, 12);
    }

    [Fact]
    public void Turns_are_added_up_and_later_rejected_responses_left_out()
    {
        Assert.Equal(new SequenceLogProb(-5, 6), s_policy.Chosen);
        Assert.Equal([new(-6, 8)], s_policy.Rejected);
        Assert.Equal(new SequenceLogProb(-3, 6), s_short.Chosen);
    }

    [Fact]
    public void Without_the_likelihood_term_and_with_weight_1_it_is_dpo()
    {
        PreferenceLogProbs at = s_policy with { Reference = s_short, Prompt = s_prompt };
        ObjectiveValue dpo = new Dpo(0.1).Evaluate(at), longPo = new LongPo(0.1, 1, 0).Evaluate(at);

        Assert.Equal(
            (dpo.Loss, dpo.DChosen, dpo.DRejected[0], dpo.DPrompt),
            (longPo.Loss, longPo.DChosen, longPo.DRejected[0], longPo.DPrompt));
    }

    [Fact]
    public void Without_the_preference_term_it_is_instruction_tuning_on_the_whole_sequence()
    {
        ObjectiveValue longPo = new LongPo(0.1, 0).Evaluate(s_policy with { Reference = s_short, Prompt = s_prompt });
        ObjectiveValue sft = new SftFull().Evaluate(s_policy with { Rejected = [], Prompt = s_prompt });

        Assert.Equal((sft.Loss, sft.DChosen, sft.DPrompt, 0), (longPo.Loss, longPo.DChosen, longPo.DPrompt, longPo.DRejected[0]));
    }

    [Fact]
    public void The_constraint_pulls_towards_the_short_reference_from_both_sides()
    {
        PreferenceLogProbs At(double chosen) => new(new(chosen, 6), [], s_short with { Rejected = [] }, s_prompt);
        SftConstrained objective = new(ConstraintWeight: 2);
        double Pull(double chosen) => objective.Evaluate(At(chosen)).DChosen - new SftFull().Evaluate(At(chosen)).DChosen;

        Assert.Equal(1.1 + 2 * 4 / 12.0, objective.Evaluate(At(-5)).Loss, 12);
        Assert.Equal((-2 * 2 / 6.0, 0, 2 * 2 / 6.0), (Pull(-5), Pull(-3), Pull(-1)));
    }
}
