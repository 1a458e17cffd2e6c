namespace Farsight.Alignment.Endpoints;

/// <summary>What a million tokens cost, in whatever currency.</summary>
/// <param name="Input">Of the prompts.</param>
/// <param name="Output">Of the answers.</param>
public sealed record EndpointPrices(decimal Input, decimal Output)
{
    /// <summary>The price of so many tokens.</summary>
    public decimal Of(long inputTokens, long outputTokens) => (inputTokens * Input + outputTokens * Output) / 1_000_000;
}
