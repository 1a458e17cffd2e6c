using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

public abstract class GatedActivationTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129, 768];

    protected abstract void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y);

    protected abstract void Backward(
        ReadOnlySpan<float> dY, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> dGate, Span<float> dUp);

    protected abstract double[] Naive(float[] gate, float[] up);

    [Theory, MemberData(nameof(Lengths))]
    public void Forward_matches_naive(int dim)
    {
        using GuardedBuffer gate = new(Normal(dim, seed: 1)), up = new(Normal(dim, seed: 2)), y = new(new float[dim]);

        Forward(gate.Span, up.Span, y.Span);

        Near.Each(Naive([.. gate.Span], [.. up.Span]), y.Span, relative: 1e-6);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Backward_matches_finite_differences_of_naive(int dim)
    {
        float[] gate = Normal(dim, seed: 1), up = Normal(dim, seed: 2), dY = TestData.Normal(dim, seed: 3);
        float[] dGate0 = TestData.Normal(dim, seed: 4), dUp0 = TestData.Normal(dim, seed: 5);
        using GuardedBuffer dGate = new(dGate0), dUp = new(dUp0);

        Backward(dY, gate, up, dGate.Span, dUp.Span);

        double Loss(float[] g, float[] u) => Naive(g, u).Zip(dY, (a, b) => a * b).Sum();
        // F32 rounds the noise under the sum (2e-6); the differences of act are cut off at h²/6 of dY · up, h up to 0.1.
        Near.Each(Gradient.Of(v => Loss(v, up), gate), Minus(dGate.Span, dGate0), relative: 1e-3, absolute: 2e-3);
        Near.Each(Gradient.Of(v => Loss(gate, v), up), Minus(dUp.Span, dUp0), relative: 1e-5, absolute: 5e-6);
    }

    [Fact]
    public void Far_gates_give_neither_NaN_nor_noise()
    {
        float[] gate = [-200, -100, -88, 0, 88, 100, 200],
            up = [1, 1, 1, 1, 1, 1, 1],
            y = new float[7],
            dGate = new float[7],
            dUp = new float[7];

        Forward(gate, up, y);
        Backward(up, gate, up, dGate, dUp);

        Near.Each([0, 0, 0, 0, 88, 100, 200], y, relative: 1e-6);
        Near.Each([0, 0, 0, 0.5, 1, 1, 1], dGate, relative: 1e-6);
        Near.Each([0, 0, 0, 0, 88, 100, 200], dUp, relative: 1e-6);
    }

    // Gates up to about ±10, so that both flat ends of the sigmoid take part.
    static float[] Normal(int dim, int seed) => [.. TestData.Normal(dim, seed).Select(v => 3 * v)];

    static float[] Minus(ReadOnlySpan<float> a, float[] b) => [.. a.ToArray().Zip(b, (p, q) => p - q)];
}

public sealed class SwiGluTests : GatedActivationTests
{
    protected override void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) =>
        GatedActivation<Silu>.Forward(gate, up, y);

    protected override void Backward(
        ReadOnlySpan<float> dY, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> dGate, Span<float> dUp) =>
        GatedActivation<Silu>.Backward(dY, gate, up, dGate, dUp);

    protected override double[] Naive(float[] gate, float[] up) => GatedActivationNaive.Silu(gate, up);
}

public sealed class GeGluTests : GatedActivationTests
{
    protected override void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) =>
        GatedActivation<GeluTanh>.Forward(gate, up, y);

    protected override void Backward(
        ReadOnlySpan<float> dY, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> dGate, Span<float> dUp) =>
        GatedActivation<GeluTanh>.Backward(dY, gate, up, dGate, dUp);

    protected override double[] Naive(float[] gate, float[] up) => GatedActivationNaive.Gelu(gate, up);
}
