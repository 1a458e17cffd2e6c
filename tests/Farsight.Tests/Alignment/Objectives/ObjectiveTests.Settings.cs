using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

/// <summary>What objectives require and how they are configured.</summary>
public sealed partial class ObjectiveTests
{
    /// <summary>The cases whose objectives are defined for a number of rejected responses.</summary>
    public static TheoryData<string, IPreferenceObjective, PreferenceLogProbs> CountedCases
    {
        get
        {
            TheoryData<string, IPreferenceObjective, PreferenceLogProbs> counted = [];
            foreach (object[] c in Cases)
            {
                if (c[1] is IPreferenceObjective objective and not (ISampledObjective or Kto) && (string)c[0] != "mixture of all")
                {
                    counted.Add((string)c[0], objective, (PreferenceLogProbs)c[2]);
                }
            }
            return counted;
        }
    }

    [Theory, MemberData(nameof(CountedCases))]
    public void A_number_of_rejected_responses_that_does_not_fit_names_the_objective(
        string name,
        IPreferenceObjective objective,
        PreferenceLogProbs at)
    {
        PreferenceLogProbs wrong = at with { Rejected = objective.RejectedResponses is null ? [] : [.. at.Rejected, new(-3, 2)] };

        ArgumentException e = Assert.Throws<ArgumentException>(() => objective.Evaluate(wrong));

        Assert.StartsWith((name == "rpo" ? "dpo" : name.Split(' ')[0]) + " takes", e.Message);
    }

    [Fact]
    public void A_missing_reference_or_prompt_names_the_objective()
    {
        Assert.StartsWith("dpo", Assert.Throws<ArgumentException>(() => new Dpo(1).Evaluate(s_pair with { Reference = null })).Message);
        Assert.StartsWith("ipo", Assert.Throws<ArgumentException>(() => new Ipo(1).Evaluate(s_pair with { Reference = null })).Message);
        Assert.StartsWith("lm", Assert.Throws<ArgumentException>(() => new Lm().Evaluate(s_alone with { Prompt = null })).Message);
        Assert.StartsWith(
            "sft_full",
            Assert.Throws<ArgumentException>(() => new SftFull().Evaluate(s_alone with { Prompt = null })).Message);
    }

    /// <summary>Reference, its short context, prompt, chosen response, number of rejected responses.</summary>
    [Theory]
    [InlineData("dpo", true, false, false, true, 1)]
    [InlineData("ipo", true, false, false, true, 1)]
    [InlineData("lm", false, false, true, false, 0)]
    [InlineData("orpo", false, false, false, true, 1)]
    [InlineData("simpo", false, false, false, true, 1)]
    [InlineData("sft_partial", false, false, false, true, 0)]
    [InlineData("sft_partial rejected", false, false, false, false, 1)]
    [InlineData("sft_full", false, false, true, true, 0)]
    [InlineData("longpo", true, true, true, true, 1)]
    [InlineData("longpo ν=0", true, true, false, true, 1)]
    [InlineData("sft_constrained", true, true, true, true, 0)]
    [InlineData("logo M=2", false, false, false, true, null)]
    [InlineData("logo μ", false, false, true, true, null)]
    [InlineData("logo weights", false, false, false, true, 2)]
    [InlineData("kto", true, false, false, true, null)]
    [InlineData("mixture", true, false, false, true, 1)]
    [InlineData("mixture of all", true, false, false, true, null)]
    [InlineData("solopo simpo", false, false, false, true, 0)]
    [InlineData("solopo dpo", true, false, false, true, 0)]
    [InlineData("opsdl", false, false, false, false, 0)]
    [InlineData("grpo", false, false, false, false, 0)]
    [InlineData("distill", false, false, false, true, 0)]
    public void What_is_run_through_the_models_follows_from_the_formula(
        string name, bool reference, bool shortReference, bool prompt, bool learnsChosen, int? rejected)
    {
        var objective = (IPreferenceObjective)Cases.Select(c => (object[])c).Single(c => (string)c[0] == name)[1];

        Assert.Equal(
            (reference, shortReference, prompt, learnsChosen, rejected),
            (objective.NeedsReference, objective.ReferenceIsShort, objective.ScoresPrompt, objective.LearnsChosen,
                objective.RejectedResponses));
    }

    [Fact]
    public void Logo_takes_as_many_rejected_responses_as_its_settings_name()
    {
        Assert.StartsWith("logo takes 3 rejected", Refused(new(2, 0.5, 0, RejectedResponses: 3)));
        Assert.StartsWith("logo takes 1 rejected", Refused(new(2, 0.5, 0, RejectedResponses: 1)));
        Assert.StartsWith("logo takes 3 rejected", Refused(new(2, 0.5, 0, RejectedWeights: [1, 1, 1])));
        Assert.StartsWith("logo takes 1 rejected", Refused(new(2, 0.5, 0, RejectedResponses: 1, RejectedWeights: [1, 1])));

        static string Refused(Logo logo) => Assert.Throws<ArgumentException>(() => logo.Evaluate(s_triple)).Message;
    }

    [Fact]
    public void A_reference_of_other_responses_is_refused() =>
        Assert.StartsWith(
            "dpo takes 1 rejected responses, and got 0",
            Assert.Throws<ArgumentException>(
                () => new Dpo(1).Evaluate(s_pair with { Reference = s_reference with { Rejected = [] } })).Message);

    [Fact]
    public void Settings_out_of_range_are_named_by_their_path()
    {
        Assert.Equal(
            ["o.beta", "o.gamma", "o.sft_weight", "o.prompt_weight", "o.rejected_responses"],
            Keys(new Logo(0, -1, double.NaN, 0, -1)));
        Assert.Equal(["o.beta", "o.gamma"], Keys(new SimPo(double.PositiveInfinity, -1e-9)));
        Assert.Equal(["o.beta"], Keys(new Dpo(-1)));
        Assert.Equal(["o.label_smoothing"], Keys(new Dpo(1, 0.5)));
        Assert.Equal(["o.nll_weight"], Keys(new Dpo(1, 0, -1)));
        Assert.Equal(["o.response_weight"], Keys(new SftFull(0)));
        Assert.Equal(["o.label_smoothing"], Keys(new SimPo(1, 0, double.NaN)));
        Assert.Equal(["o.beta"], Keys(new Ipo(0)));
        Assert.Equal(["o.odds_ratio_weight"], Keys(new Orpo(0)));
        Assert.Equal(["o.rejected_weights"], Keys(new Logo(1, 0, 0, 3, RejectedWeights: [1, 1])));
        Assert.Equal(["o.rejected_weights"], Keys(new Logo(1, 0, 0, RejectedWeights: [1, 1])));
        Assert.Equal(["o.rejected_weights[1]"], Keys(new Logo(1, 0, 0, 2, RejectedWeights: [1, -1])));
        Assert.Equal(["o.rejected_weights"], Keys(new Logo(1, 0, 0, 2, RejectedWeights: [0, 0])));
        Assert.Equal(["o.rejected_weights[0]"], Keys(new Logo(1, 0, 0, 2, RejectedWeights: [-1, 0])));
        Assert.Equal(["o.beta", "o.preference_weight", "o.nll_weight"], Keys(new LongPo(0, -1, -1)));
        Assert.Equal(["o"], Keys(new LongPo(0.1, 0, 0)));
        Assert.Equal(["o.constraint_weight"], Keys(new SftConstrained(-1)));
        Assert.Equal(["o.beta", "o.desirable_weight", "o.undesirable_weight"], Keys(new Kto(0, 0, -1)));
        Assert.Equal(["o.parts"], Keys(new Mixture([])));
        Assert.Equal(
            ["o.parts[0].weight", "o.parts[1].objective.beta", "o.parts[0].objective"],
            Keys(new Mixture([new(0, new Opsdl(s_sampling)), new(1, new Dpo(0))])));
        Assert.Equal(["o.parts"], Keys(new Mixture([new(1, new Dpo(1)), new(1, new LongPo(1, 1))])));
        Assert.Equal(["o.parts"], Keys(new Mixture([new(1, new Distill()), new(1, new Distill())])));
        Assert.Equal(["o.alignment_weight", "o.preference.beta"], Keys(new SoLoPo(new SimPo(0, 0), -1)));
        Assert.Equal(["o.preference"], Keys(new SoLoPo(new Lm(), 1)));
        Assert.Equal(
            ["o.sampling.max_new_tokens", "o.sampling.responses", "o.sampling.temperature", "o.sampling.every"],
            Keys(new Opsdl(new(0, 0, 0, 0))));
        Assert.Equal(
            ["o.sampling.responses", "o.clip_low", "o.clip_high", "o.kl_weight"], Keys(new Grpo(new(8, 1), 1, -1, double.NaN)));
        Assert.Equal(["o.top_k", "o.reverse_share", "o.nll_weight", "o.teacher"], Keys(new Distill(0, 2, -1, " ")));
        Assert.Empty(Cases.SelectMany(c => Keys((IPreferenceObjective)((object[])c)[1])));

        static IEnumerable<string> Keys(IPreferenceObjective objective) => objective.Problems("o").Select(p => p.Split(':')[0]);
    }

    [Theory, MemberData(nameof(Cases))]
    public void What_to_change_against_a_collapse_are_settings_that_the_objective_has(
        string name,
        IPreferenceObjective objective,
        PreferenceLogProbs at)
    {
        string[] keys = [.. JsonSerializer.SerializeToElement(objective, s_json).EnumerateObject().Select(p => $"objective.{p.Name}")];
        string[] named =
        [
            .. (objective.KeepsChosen ?? "").Split(' ', ',').Where(w => w.StartsWith("objective.", StringComparison.Ordinal)),
        ];

        Assert.True(
            (at.Rejected.Count == 0 && at.Short is null && name != "kto alone") || !objective.LearnsChosen
                ? objective.KeepsChosen is null
                : objective.KeepsChosen is not null,
            name);
        Assert.All(named, key => Assert.Contains(key, keys));
    }

    [Theory]
    [InlineData(
        "{\"name\":\"logo\",\"beta\":10,\"gamma\":3,\"sft_weight\":0.1,"
            + "\"rejected_responses\":2,\"prompt_weight\":0.5,\"rejected_weights\":[2,1]}"
    )]
    [InlineData("{\"name\":\"simpo\",\"beta\":2,\"gamma\":1,\"label_smoothing\":0.1}")]
    [InlineData("{\"name\":\"dpo\",\"beta\":0.1,\"label_smoothing\":0.2,\"nll_weight\":0.5}")]
    [InlineData("{\"name\":\"ipo\",\"beta\":0.1}")]
    [InlineData("{\"name\":\"lm\"}")]
    [InlineData("{\"name\":\"orpo\",\"odds_ratio_weight\":0.1}")]
    [InlineData("{\"name\":\"sft_partial\",\"response\":\"rejected\"}")]
    [InlineData("{\"name\":\"longpo\",\"beta\":0.1,\"preference_weight\":0.01,\"nll_weight\":1}")]
    [InlineData("{\"name\":\"sft_constrained\",\"constraint_weight\":0.1}")]
    [InlineData("{\"name\":\"sft_full\",\"response_weight\":2}")]
    [InlineData("{\"name\":\"kto\",\"beta\":0.1,\"desirable_weight\":1,\"undesirable_weight\":2}")]
    [InlineData("{\"name\":\"mixture\",\"parts\":[{\"weight\":2,\"objective\":{\"name\":\"lm\"}}]}")]
    [InlineData(
        "{\"name\":\"solopo\",\"preference\":{\"name\":\"orpo\",\"odds_ratio_weight\":0.1},\"alignment_weight\":1,"
            + "\"short_gradient\":false}"
    )]
    [InlineData("{\"name\":\"opsdl\",\"sampling\":{\"max_new_tokens\":64,\"responses\":4,\"temperature\":1,\"every\":2}}")]
    [InlineData(
        "{\"name\":\"grpo\",\"sampling\":{\"max_new_tokens\":64,\"responses\":8,\"temperature\":1,\"every\":1},\"clip_low\":0.2,"
            + "\"clip_high\":0.28,\"kl_weight\":0.001,\"normalize_deviation\":true,\"average\":\"token\",\"evidence\":true}"
    )]
    [InlineData(
        "{\"name\":\"distill\",\"top_k\":16,\"reverse_share\":0.5,\"nll_weight\":0,\"teacher\":\"models/big\",\"context\":\"short\","
            + "\"live\":false}"
    )]
    public void Json_holds_the_settings_and_nothing_else(string json) =>
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<IPreferenceObjective>(json, s_json), s_json));

    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}
