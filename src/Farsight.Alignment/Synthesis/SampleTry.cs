using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// One attempt to make the sample of a number. Every number has its own, so that no sample depends on what became of another.
/// </summary>
/// <param name="Number">Of the sample in the dataset.</param>
/// <param name="Try">0 for the first.</param>
readonly record struct SampleTry(int Number, int Try)
{
    /// <summary>The random numbers of one use.</summary>
    internal SeededRandom Random(int seed, string purpose) => SeededRandom.For(seed, Try == 0 ? purpose : $"{purpose}/try {Try}", Number);
}
