using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Represents the hyperparameters of <see cref="Muon"/>.</summary>
/// <param name="Momentum">Share of the momentum that a step keeps; 0.95 in the source.</param>
/// <param name="WeightDecay">Share of a weight subtracted per step and unit of learning rate; ≥ 0.</param>
public sealed record MuonSettings(double Momentum, double WeightDecay);

/// <summary>
/// Represents momentum with a nearly orthogonal update: every direction of a weight matrix moves by about the same amount.
/// </summary>
/// <remarks>
/// b = μ·b + g;  u = g + μ·b (Nesterov);  o = NewtonSchulz(u);  w −= η·λ·w + η · √max(1, rows / columns) · o.
/// Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, with its five steps and
/// coefficients. For the matrices of hidden layers; embeddings, norms and biases belong to <see cref="AdamW"/>.
/// </remarks>
public sealed class Muon : Optimizer
{
    const int Iterations = 5;
    const float A = 3.4445f, B = -4.7750f, C = 2.0315f;

    readonly MuonSettings _settings;
    readonly Rows[] _momentum;

    /// <summary>Creates the optimizer with zero momentum.</summary>
    /// <exception cref="ArgumentException">A parameter is not a <see cref="ParameterRole.Matrix"/>.</exception>
    public Muon(IReadOnlyList<Parameter> parameters, MuonSettings settings)
        : base(parameters)
    {
        if (parameters.FirstOrDefault(p => p.Role != ParameterRole.Matrix) is { } other)
        {
            throw new ArgumentException($"{other.Name} is a {other.Role}; Muon is for matrices.", nameof(parameters));
        }
        _settings = settings;
        _momentum = AllocateState();
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Rows State)> State =>
        Parameters.Select((p, i) => ($"{p.Name}.momentum_buffer", _momentum[i]));

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            Rows value = Parameters[i].Value;
            using Scratch update = Scratch.Take(value.Count, value.Width);
            Accumulate(Parameters[i].Gradient, _momentum[i], update.Rows, (float)_settings.Momentum);
            Orthogonalize(update.Rows);
            double scale = Math.Sqrt(Math.Max(1, (double)value.Count / value.Width));
            Apply(value, update.Rows, (float)(learningRate * scale), (float)(learningRate * _settings.WeightDecay));
        }
    }

    static void Accumulate(Rows gradient, Rows momentum, Rows update, float share) => Workers.For(FloatBlocks.Count(gradient), block =>
    {
        ReadOnlySpan<float> g = FloatBlocks.Of(gradient, block);
        Span<float> b = FloatBlocks.Of(momentum, block);
        TensorPrimitives.MultiplyAdd(b, share, g, b);
        TensorPrimitives.MultiplyAdd(b, share, g, FloatBlocks.Of(update, block));
    });

    /// <summary>
    /// Computes w −= decay · w + step · update, added first, because 1 − decay alone may round to 1. Overwrites the update.
    /// </summary>
    static void Apply(Rows value, Rows update, float step, float decay) => Workers.For(FloatBlocks.Count(value), block =>
    {
        Span<float> w = FloatBlocks.Of(value, block), u = FloatBlocks.Of(update, block);
        TensorPrimitives.Multiply(u, step, u);
        TensorPrimitives.MultiplyAdd(w, decay, u, u);
        TensorPrimitives.Subtract(w, u, w);
    });

    /// <summary>Moves every singular value of a matrix to about 1 (0.7 to 1.2), in place.</summary>
    /// <remarks>
    /// X = U / ‖U‖; then five times X = a·X + (b·S + c·S²)·X with S = X·Xᵀ, which maps a singular value s to a·s + b·s³ + c·s⁵.
    /// A tall matrix uses XᵀX on its right instead: the same polynomial, and the smaller square.
    /// </remarks>
    /// <param name="x">[rows, columns] replaced. All zeros stay zeros.</param>
    internal static void Orthogonalize(Rows x)
    {
        double norm = Math.Sqrt(GradientNorm.SumOfSquares(x));
        GradientNorm.Scale(x, (float)(1 / (norm + 1e-7)));

        int side = Math.Min(x.Count, x.Width);
        using Scratch square = Scratch.Take(side, side), polynomial = Scratch.Take(side, side), next = Scratch.Take(x.Count, x.Width);
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            Square(x, square.Rows);
            Combine(square.Rows, polynomial.Rows);
            next.Rows.CopyFrom(x);
            GradientNorm.Scale(next.Rows, A);
            MultiplySymmetric(x, polynomial.Rows, next.Rows);
            x.CopyFrom(next.Rows);
        }
    }

    /// <summary>Computes s = X·Xᵀ of a wide matrix or XᵀX of a tall one.</summary>
    static void Square(Rows x, Rows s)
    {
        if (x.Count <= x.Width)
        {
            Gemm.MultiplyTransposed(x, new RowsMatrix(x), 0, x.Count, s, add: false);
        }
        else
        {
            s.Clear();
            Gemm.AddOuter(x, x, s);
        }
    }

    /// <summary>Computes p = b·S + c·S²; S is symmetric, so S·Sᵀ is its square.</summary>
    static void Combine(Rows s, Rows p)
    {
        Gemm.MultiplyTransposed(s, new RowsMatrix(s), 0, s.Count, p, add: false);
        Workers.For(FloatBlocks.Count(s), block =>
        {
            Span<float> to = FloatBlocks.Of(p, block), from = FloatBlocks.Of(s, block);
            TensorPrimitives.Multiply(to, C, to);
            TensorPrimitives.MultiplyAdd(from, B, to, to);
        });
    }

    /// <summary>Computes y += p · x for a wide matrix or x · p for a tall one; p is symmetric.</summary>
    static void MultiplySymmetric(Rows x, Rows p, Rows y)
    {
        if (x.Count <= x.Width)
        {
            Gemm.Multiply(p, new RowsMatrix(x), 0, y, add: true);
        }
        else
        {
            Gemm.MultiplyTransposed(x, new RowsMatrix(p), 0, p.Count, y, add: true);
        }
    }
}
