namespace Farsight.Engine.Models;

/// <summary>One attention head of a model.</summary>
/// <param name="Layer">Counted from 0.</param>
/// <param name="Head">Number of the query head in its layer, from 0.</param>
public readonly record struct AttentionHead(int Layer, int Head);
