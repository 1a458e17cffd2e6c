using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Synthesis.Methods;

namespace Farsight.Alignment.Synthesis.Clarify;

/// <summary>Holds the options of AgenticLU data: trees of clarifying questions with pointers into the context.</summary>
public record ClarifyOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : MethodOptions(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Clarifying questions per node.</summary>
    public int Breadth { get; init; } = 8;

    /// <summary>Rounds of clarification.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Wrong nodes per round that are expanded in the next one, those with the best scores.</summary>
    public int Expanded { get; init; } = 2;

    /// <summary>Which node the rejected response is from.</summary>
    public ClarifyPairs Pairs { get; init; } = ClarifyPairs.BestWorst;

    internal override string Method => "clarify";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int UsualChunkTokens => 512;

    internal override bool ReadsContext => true;

    internal override string Questions => "written by the model about single chunks";

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("breadth", Breadth, 1);
        AtLeast("depth", Depth, 1);
        AtLeast("expanded", Expanded, 1);
        if (Pairs != ClarifyPairs.None && Breadth == 1 && Depth == 1)
        {
            throw new OptionException("breadth", "is 1 with one round, which gives no node to reject; raise it, or set pairs to \"none\".");
        }
    }

    internal override MethodSettings Settings(MethodSettings common) => new ClarifySettings(
        common, Breadth, Depth, Expanded, JsonNamingPolicy.SnakeCaseLower.ConvertName(Pairs.ToString()));

    internal override ISampleSource Source(MethodParts parts) => new ClarifySamples(parts, this);
}

/// <summary>Lists the nodes of a tree that become rejected responses.</summary>
public enum ClarifyPairs
{
    /// <summary>None: data for supervised fine-tuning on correct paths.</summary>
    None,

    /// <summary>The worst node of the whole tree, as in the authors' code.</summary>
    BestWorst,

    /// <summary>The worst sibling of the best node, as the paper's abstract says.</summary>
    Siblings,
}

/// <summary>Adds the settings of AgenticLU.</summary>
/// <param name="Common">The common settings.</param>
/// <param name="Breadth">Clarifying questions per node.</param>
/// <param name="Depth">Rounds.</param>
/// <param name="Expanded">Expanded nodes per round.</param>
/// <param name="Pairs">"none", "best_worst" or "siblings".</param>
sealed record ClarifySettings([property: JsonIgnore] MethodSettings Common, int Breadth, int Depth, int Expanded, string Pairs)
    : MethodSettings(Common);
