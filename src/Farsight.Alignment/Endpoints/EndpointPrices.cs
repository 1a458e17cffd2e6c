namespace Farsight.Alignment.Endpoints;

/// <summary>Holds the prices of a million tokens, in any currency.</summary>
/// <param name="Input">Price of prompt tokens.</param>
/// <param name="Output">Price of answer tokens.</param>
public sealed record EndpointPrices(decimal Input, decimal Output)
{
    /// <summary>Computes the cost of tokens.</summary>
    public decimal Of(long inputTokens, long outputTokens) => (inputTokens * Input + outputTokens * Output) / 1_000_000;
}
