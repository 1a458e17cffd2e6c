using Farsight.Engine;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Of which dataset under which model.</summary>
/// <param name="Model">Directory of the reference: the model before training.</param>
/// <param name="Data">The .jsonl file of samples.</param>
public sealed record ShortReferenceOptions(string Model, string Data)
{
    /// <summary>Most tokens of a tree; a longer turn has a tree of its own. Bounds the memory, and the result but for rounding.</summary>
    public int BatchTokens { get; init; } = 8192;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="InputException">One makes no sense; the message names the option.</exception>
    public void Check()
    {
        if (BatchTokens < 1)
        {
            throw new InputException($"--batch-tokens is {BatchTokens}; use 1 or more.");
        }
    }
}
