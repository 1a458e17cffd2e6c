using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Synthesis.Methods;

namespace Farsight.Alignment.Synthesis.LongReward;

/// <summary>Holds the options of LongReward data: responses to a long context, judged in four dimensions; the best is chosen.</summary>
public record LongRewardOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : MethodOptions(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Responses per prompt, of which the best and the worst are written.</summary>
    public int Candidates { get; init; } = 5;

    /// <summary>Minimum difference of the rewards of both, which are 0 to 10.</summary>
    public double Margin { get; init; } = 0.5;

    /// <summary>The judge; null for the model itself.</summary>
    [JsonIgnore]
    public ILanguageModel? Judge { get; init; }

    internal override string Method => "longreward";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int UsualChunkTokens => 128;

    internal override bool ReadsContext => true;

    internal override string Questions => "written by the model about single chunks";

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("candidates", Candidates, 2);
        AboveZero("temperature", Temperature, "; the responses to one prompt must differ");
        AboveZero("margin", Margin, "; equal responses make no pair");
    }

    internal override MethodSettings Settings(MethodSettings common) =>
        new LongRewardSettings(common, Candidates, Margin, Judge?.Name ?? common.Generator);

    internal override ISampleSource Source(MethodParts parts) => new LongRewardSamples(parts, this);
}

/// <summary>Adds the settings of LongReward.</summary>
/// <param name="Common">The common settings.</param>
/// <param name="Candidates">Responses per prompt.</param>
/// <param name="Margin">Minimum difference of the rewards.</param>
/// <param name="Judge">Name of the judge.</param>
sealed record LongRewardSettings([property: JsonIgnore] MethodSettings Common, int Candidates, double Margin, string Judge)
    : MethodSettings(Common);
