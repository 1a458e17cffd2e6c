using Farsight.Engine.Inference;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Tests.Engine.Inference;

namespace Farsight.Benchmarks.Cases;

/// <summary>One draw from the logits of a vocabulary, forward only.</summary>
sealed class SamplingCase(int vocabulary, Sampling sampling) : KernelCase
{
    SeededRandom _random = new(1);
    Rows _logits;

    // A difference, a quotient and about 20 operations of the exponential; the logits are read once.
    internal override Work ForwardWork => new(22.0 * vocabulary, sizeof(float) * 1.0 * vocabulary);

    internal override Work BackwardWork => new(0, 0);

    internal override void Prepare()
    {
        _logits = Normal(1, vocabulary, 1);
        foreach (ref float logit in _logits[0])
        {
            logit *= 3; // a few tokens of some per cent, a long tail
        }
    }

    internal override void Forward() => sampling.Choose(_logits[0], ref _random);

    internal override void Backward() => throw new NotSupportedException("Sampling has no backward pass.");

    internal override void Check()
    {
        float[] logits = _logits[0].ToArray();
        SeededRandom random = new(2), naive = new(2);
        for (int draw = 0; draw < 5; draw++)
        {
            double expected = SamplingNaive.Choose(sampling, logits, ref naive);
            Near("token", [expected, vocabulary], [sampling.Choose(logits, ref random), vocabulary], 0);
        }
    }
}
