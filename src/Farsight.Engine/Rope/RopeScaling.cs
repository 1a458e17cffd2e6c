using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

/// <summary>
/// A rule that changes rotary frequencies so that positions beyond the trained window stay familiar; each in a file of its own.
/// </summary>
public abstract partial record RopeScaling
{
    /// <summary>The rule and its factor, for a person: "YaRN × 8".</summary>
    public abstract string Describe();

    /// <summary>Whether the frequencies are chosen by the length of the sequence.</summary>
    /// <remarks>
    /// Over a token tree the length is one more than the greatest position id under a root, for all its branches; while a text is
    /// generated it is the number of tokens so far, and keys that are in the cache stay as they were rotated, as in transformers.
    /// </remarks>
    internal virtual bool DependsOnLength => false;

    /// <summary>Whether the rule is no more than another θ, <see cref="Theta"/>, so that files need not name it.</summary>
    internal virtual bool IsPlain => false;

    /// <summary>The base that stands in for a model's own.</summary>
    internal virtual double Theta(int headDim, double ropeTheta) => ropeTheta;

    /// <summary>The window of a model under this rule, in tokens.</summary>
    internal virtual int WindowOf(ModelConfig model) => model.MaxPositionEmbeddings;

    /// <summary>The frequencies of a head, in double.</summary>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ of the model.</param>
    /// <param name="length">Tokens of the sequence; matters only where <see cref="DependsOnLength"/>.</param>
    internal abstract RopeFrequencies Frequencies(int headDim, double ropeTheta, int length);

    /// <summary>The factor by which the slowest pair turns slower under another θ; the fastest, θ^0, never does.</summary>
    internal static double Slowdown(int headDim, double fromTheta, double toTheta) =>
        Math.Pow(toTheta / fromTheta, (headDim - 2.0) / headDim);

    /// <summary>The θ under which the slowest pair turns a factor slower: θ · s^(Dh / (Dh − 2)).</summary>
    static double SlowedTheta(int headDim, double theta, double factor) => theta * Math.Pow(factor, headDim / (headDim - 2.0));

    static int Stretched(int window, double factor) => (int)Math.Min(window * factor, int.MaxValue);

    static string Text(string rule, double factor) => FormattableString.Invariant($"{rule} × {factor}");
}
