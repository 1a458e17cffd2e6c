using System.Text.Json;
using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

/// <summary>The objectives against losses that an independent implementation computed from the same log-probabilities.</summary>
[Trait("Category", "Golden")]
public sealed class ObjectiveGoldenTests
{
    [SharedFact("goldens")]
    public void Losses_match_the_independent_ones()
    {
        string[] files = Directory.GetFiles(SharedMaterial.PathOf("goldens"), "case.json", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.All(files, CheckCase);
    }

    static void CheckCase(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        JsonElement results = document.RootElement.GetProperty("results"), settings = document.RootElement.GetProperty("settings");
        double Setting(string objective, string key) => settings.GetProperty(objective).GetProperty(key).GetDouble();
        SequenceLogProb[] policy = Sequences(document, "policy_logps_sum"),
            reference = Sequences(document, "ref_logps_sum"),
            shortReference = Sequences(document, "ref_short_logps_sum");
        PreferenceLogProbs sample = new(policy[0], policy[1..]);
        PreferenceLogProbs pair = sample with { Rejected = [policy[1]], Reference = new(reference[0], [reference[1]]) };
        Logo logo = new(Setting("logo", "beta"), Setting("logo", "gamma"), Setting("logo", "lambda"));

        void Same(string result, IPreferenceObjective objective, PreferenceLogProbs at)
        {
            double expected = results.GetProperty(result).GetDouble(), loss = objective.Evaluate(at).Loss;
            Assert.True(Math.Abs(loss - expected) <= 1e-9 * Math.Abs(expected), $"{file}: {result} is {expected:R}, got {loss:R}");
        }

        Same("loss.logo", logo, sample);
        Same("loss.logo_m1", logo with { RejectedResponses = 1 }, pair);
        Same("loss.simpo", new SimPo(Setting("simpo", "beta"), Setting("simpo", "gamma")), pair);
        Same("loss.dpo", new Dpo(Setting("dpo", "beta")), pair);
        Same("loss.ipo", new Ipo(Setting("ipo", "beta")), pair);
        Same("loss.orpo", new Orpo(Setting("orpo", "lambda")), pair);
        Same(
            "longpo.preference_term",
            new LongPo(Setting("longpo", "beta"), 1, NllWeight: 0),
            pair with
            {
                Reference = new(shortReference[0], [shortReference[1]]),
            });
        Same("loss.sft_partial", new SftPartial(), sample with { Rejected = [] });
    }

    static SequenceLogProb[] Sequences(JsonDocument document, string key)
    {
        JsonElement responses = document.RootElement.GetProperty("responses");
        JsonElement sums = document.RootElement.GetProperty("results").GetProperty(key);
        return [.. sums.EnumerateArray().Select((s, i) => new SequenceLogProb(s.GetDouble(), responses[i].GetArrayLength()))];
    }
}
