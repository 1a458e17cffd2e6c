using Farsight.Engine;

namespace Farsight.Alignment;

/// <summary>Reports an option whose value cannot be used.</summary>
/// <param name="key">The option as recipes spell it: "chunk_tokens". A front end may replace it by its own spelling.</param>
/// <param name="problem">The problem and what to do; follows the key in the message: "is 3; use 24 or more."</param>
public sealed class OptionException(string key, string problem) : InputException($"{key} {problem}")
{
    /// <summary>The option as recipes spell it.</summary>
    public string Key { get; } = key;

    /// <summary>Gets the problem and what to do, without the key.</summary>
    public string Problem { get; } = problem;
}
