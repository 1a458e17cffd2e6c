using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Represents the hyperparameters of <see cref="Rmsprop"/>.</summary>
/// <param name="Alpha">Share of the second moment that a step keeps; 0 &lt; Alpha &lt; 1.</param>
/// <param name="Epsilon">Added to the root of the second moment; > 0.</param>
/// <param name="WeightDecay">Share of a weight added to its gradient; ≥ 0.</param>
public sealed record RmspropSettings(double Alpha, double Epsilon, double WeightDecay);

/// <summary>Represents RMSprop without momentum: the gradient divided by the root of its mean square.</summary>
/// <remarks>
/// g' = g + λ·w;  v = α·v + (1 − α)·g'²;  w −= η · g' / (√v + ε). Source: torch.optim.RMSprop, not centered; weight decay is part of the
/// gradient there, unlike AdamW's. Nothing corrects the start from v = 0, so the first steps are up to 1 / √(1 − α) times as large. The
/// moment is F32: half the state of AdamW. In a parameter of touched rows, only those have a moment, and only those decay.
/// </remarks>
public sealed class Rmsprop : Optimizer
{
    readonly RmspropSettings _settings;
    readonly Rows[] _second;

    /// <summary>Creates the optimizer with a zero moment.</summary>
    public Rmsprop(IReadOnlyList<Parameter> parameters, RmspropSettings settings)
        : base(parameters)
    {
        _settings = settings;
        _second = AllocateState();
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Rows State)> State =>
        Parameters.Select((p, i) => ($"{p.Name}.square_avg", p.Used(_second[i])));

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameter p = Parameters[i];
            Rows gradient = p.Gradient, value = p.Value, second = _second[i];
            Workers.For(FloatBlocks.Count(value), block => Update(
                _settings, (float)learningRate, FloatBlocks.Of(gradient, block), FloatBlocks.Of(value, block),
                FloatBlocks.Of(p.Used(second), block)));
        }
    }

    /// <summary>Computes one step for some floats of a parameter.</summary>
    /// <param name="settings">The hyperparameters.</param>
    /// <param name="learningRate">η</param>
    /// <param name="gradient">[n]</param>
    /// <param name="value">[n] changed.</param>
    /// <param name="second">[n] v, changed.</param>
    internal static void Update(
        RmspropSettings settings, float learningRate, ReadOnlySpan<float> gradient, Span<float> value, Span<float> second)
    {
        Shape.Same(gradient.Length, value.Length);
        Shape.Same(gradient.Length, second.Length);

        Elementwise.Run(gradient.Length, new UpdateKernel(settings, learningRate, gradient, value, second));
    }

    readonly ref struct UpdateKernel(
        RmspropSettings settings, float learningRate, ReadOnlySpan<float> gradient, Span<float> value, Span<float> second) : IElementwise
    {
        readonly ref float _gradient = ref MemoryMarshal.GetReference(gradient), _value = ref MemoryMarshal.GetReference(value);
        readonly ref float _second = ref MemoryMarshal.GetReference(second);
        readonly float _alpha = (float)settings.Alpha, _oneMinusAlpha = (float)(1 - settings.Alpha), _epsilon = (float)settings.Epsilon;
        readonly float _decay = (float)settings.WeightDecay, _learningRate = learningRate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector w = TTier.Load(ref _value, i);
            TVector g = TTier.Add(TTier.Load(ref _gradient, i), TTier.Multiply(w, TTier.Create(_decay)));
            TVector v = TTier.Add(
                TTier.Multiply(TTier.Load(ref _second, i), TTier.Create(_alpha)),
                TTier.Multiply(TTier.Multiply(g, g), TTier.Create(_oneMinusAlpha)));
            TTier.Store(v, ref _second, i);
            TVector root = TTier.Add(TTier.SquareRoot(v), TTier.Create(_epsilon));
            TTier.Store(TTier.Subtract(w, TTier.Divide(TTier.Multiply(g, TTier.Create(_learningRate)), root)), ref _value, i);
        }
    }
}
