using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Represents the hyperparameters of <see cref="AdamW"/>.</summary>
/// <param name="Beta1">Share of the first moment that a step keeps; 0 ≤ Beta1 &lt; 1.</param>
/// <param name="Beta2">Share of the second moment that a step keeps; 0 ≤ Beta2 &lt; 1.</param>
/// <param name="Epsilon">Added to the root of the second moment; > 0.</param>
/// <param name="WeightDecay">Share of a weight subtracted per step and unit of learning rate; ≥ 0.</param>
public sealed record AdamWSettings(double Beta1, double Beta2, double Epsilon, double WeightDecay);

/// <summary>Represents Adam with decoupled weight decay.</summary>
/// <remarks>
/// m = β₁·m + (1 − β₁)·g;  v = β₂·v + (1 − β₂)·g²;  w −= η·λ·w + η · m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and
/// v̂ = v / (1 − β₂ᵗ). Source: arXiv:1711.05101, Algorithm 2, with η for its α·η_t and the decay scaled by the learning rate
/// as in PyTorch. Moments are F32. In a parameter of touched rows, only those have moments, and only those decay.
/// </remarks>
public sealed class AdamW : Optimizer
{
    readonly AdamWSettings _settings;
    readonly Rows[] _first, _second;

    /// <summary>Creates the optimizer with zero moments.</summary>
    public AdamW(IReadOnlyList<Parameter> parameters, AdamWSettings settings)
        : base(parameters)
    {
        _settings = settings;
        _first = AllocateState();
        _second = AllocateState();
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Rows State)> State =>
        Parameters.SelectMany((p, i) => new[] { ($"{p.Name}.exp_avg", p.Used(_first[i])), ($"{p.Name}.exp_avg_sq", p.Used(_second[i])) });

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
        Factors factors = Factors.Of(_settings, learningRate, StepsTaken);
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameter p = Parameters[i];
            Rows gradient = p.Gradient, value = p.Value, first = _first[i], second = _second[i];
            Workers.For(FloatBlocks.Count(value), block => Update(
                factors, FloatBlocks.Of(gradient, block), FloatBlocks.Of(value, block),
                FloatBlocks.Of(p.Used(first), block), FloatBlocks.Of(p.Used(second), block)));
        }
    }

    /// <summary>Computes one step for some floats of a parameter.</summary>
    /// <param name="f">Factors of this step.</param>
    /// <param name="gradient">[n]</param>
    /// <param name="value">[n] changed.</param>
    /// <param name="first">[n] m, changed.</param>
    /// <param name="second">[n] v, changed.</param>
    internal static void Update(Factors f, ReadOnlySpan<float> gradient, Span<float> value, Span<float> first, Span<float> second)
    {
        Shape.Same(gradient.Length, value.Length);
        Shape.Same(gradient.Length, first.Length);
        Shape.Same(gradient.Length, second.Length);

        Elementwise.Run(gradient.Length, new UpdateKernel(f, gradient, value, first, second));
    }

    /// <summary>Represents the factors of one step, computed in double and then rounded to float.</summary>
    /// <param name="Beta1">β₁</param>
    /// <param name="OneMinusBeta1">1 − β₁</param>
    /// <param name="Beta2">β₂</param>
    /// <param name="OneMinusBeta2">1 − β₂</param>
    /// <param name="RootScale">1 / √(1 − β₂ᵗ)</param>
    /// <param name="Epsilon">ε</param>
    /// <param name="StepSize">η / (1 − β₁ᵗ)</param>
    /// <param name="Decay">η · λ</param>
    internal readonly record struct Factors(
        float Beta1, float OneMinusBeta1, float Beta2, float OneMinusBeta2, float RootScale, float Epsilon, float StepSize, float Decay)
    {
        internal static Factors Of(AdamWSettings s, double learningRate, long step) => new(
            (float)s.Beta1, (float)(1 - s.Beta1), (float)s.Beta2, (float)(1 - s.Beta2),
            (float)(1 / Math.Sqrt(1 - Math.Pow(s.Beta2, step))), (float)s.Epsilon,
            (float)(learningRate / (1 - Math.Pow(s.Beta1, step))), (float)(learningRate * s.WeightDecay));
    }

    readonly ref struct UpdateKernel(
        Factors factors, ReadOnlySpan<float> gradient, Span<float> value, Span<float> first, Span<float> second) : IElementwise
    {
        readonly ref float _gradient = ref MemoryMarshal.GetReference(gradient), _value = ref MemoryMarshal.GetReference(value);
        readonly ref float _first = ref MemoryMarshal.GetReference(first), _second = ref MemoryMarshal.GetReference(second);
        readonly Factors _f = factors;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector g = TTier.Load(ref _gradient, i), w = TTier.Load(ref _value, i);
            TVector m = TTier.Add(
                TTier.Multiply(TTier.Load(ref _first, i), TTier.Create(_f.Beta1)), TTier.Multiply(g, TTier.Create(_f.OneMinusBeta1)));
            TVector v = TTier.Add(
                TTier.Multiply(TTier.Load(ref _second, i), TTier.Create(_f.Beta2)),
                TTier.Multiply(TTier.Multiply(g, g), TTier.Create(_f.OneMinusBeta2)));
            TTier.Store(m, ref _first, i);
            TTier.Store(v, ref _second, i);
            TVector root = TTier.Add(TTier.Multiply(TTier.SquareRoot(v), TTier.Create(_f.RootScale)), TTier.Create(_f.Epsilon));
            // Decay and step are added first: 1 − η·λ alone rounds to 1 in F32 at the learning rates of preference training.
            TVector change = TTier.Add(
                TTier.Multiply(w, TTier.Create(_f.Decay)), TTier.Divide(TTier.Multiply(m, TTier.Create(_f.StepSize)), root));
            TTier.Store(TTier.Subtract(w, change), ref _value, i);
        }
    }
}
