namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>What is wrong with a response.</summary>
/// <param name="Reason">In snake_case, as it stands in summaries: "repetition_loop".</param>
/// <param name="Detail">What in the response shows it.</param>
public sealed record Fault(string Reason, string Detail);
