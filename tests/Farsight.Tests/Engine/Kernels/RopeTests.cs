using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Kernels;

public sealed class RopeTests
{
    public static TheoryData<int, int> Shapes
    {
        get
        {
            TheoryData<int, int> shapes = [];
            foreach (int half in (int[])[.. Enumerable.Range(1, 40), 63, 64, 65, 127, 128, 129])
            {
                shapes.Add(half, 1 + half % 3);
            }
            return shapes;
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_matches_naive(int half, int heads)
    {
        float[] x = TestData.Normal(2 * half * heads, seed: 1), angles = TestData.Normal(half, seed: 2);
        using GuardedBuffer rotated = new(x), cos = new(Cos(angles)), sin = new(Sin(angles));

        RopeRotation.Forward(rotated.Span, 2 * half, cos.Span, sin.Span);

        Near.Each(RopeNaive.Forward(x, angles, Factor), rotated.Span, relative: 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Backward_matches_finite_differences_of_naive(int half, int heads)
    {
        float[] x = TestData.Normal(2 * half * heads, seed: 1),
            angles = TestData.Normal(half, seed: 2),
            dY = TestData.Normal(x.Length, seed: 3);
        float[] dX = [.. dY];

        RopeRotation.Backward(dX, 2 * half, Cos(angles), Sin(angles));

        double Loss(float[] v) => RopeNaive.Forward(v, angles, Factor).Zip(dY, (a, b) => a * b).Sum();
        Near.Each(Gradient.Of(Loss, x), dX, relative: 1e-5); // linear, so the differences are exact
    }

    [Theory]
    [InlineData(2, 6), InlineData(3, 16), InlineData(20, 64)]
    public void Only_the_first_dimensions_of_each_head_rotate_where_the_table_is_shorter(int half, int headDim)
    {
        float[] x = TestData.Normal(3 * headDim, seed: 1), angles = TestData.Normal(half, seed: 2);
        float[] rotated = [.. x], back = [.. x];

        RopeRotation.Forward(rotated, headDim, Cos(angles), Sin(angles));
        RopeRotation.Backward(back, headDim, Cos(angles), Sin(angles));

        for (int head = 0; head < x.Length; head += headDim)
        {
            float[] first = x[head..(head + 2 * half)];
            Near.Each(RopeNaive.Forward(first, angles, Factor), rotated.AsSpan(head, 2 * half), relative: 1e-6);
            Near.Each(RopeNaive.Forward(first, [.. angles.Select(a => -a)], Factor), back.AsSpan(head, 2 * half), relative: 1e-6);
            Assert.Equal(x[(head + 2 * half)..(head + headDim)], rotated[(head + 2 * half)..(head + headDim)]);
        }
    }

    [Fact]
    public void Scores_depend_on_the_distance_of_positions_only()
    {
        float[] query = TestData.Normal(64, seed: 1), key = TestData.Normal(64, seed: 2);
        RopeFrequencies frequencies = RopeFrequencies.Of(64, 10000, new RopeScaling.Unscaled());
        RopeTable table = new(Rows.Allocate(4, 32), Rows.Allocate(4, 32));
        table.Fill([3, 10, 100_003, 100_010], frequencies);

        double Score(int queryRow, int keyRow)
        {
            float[] q = [.. query], k = [.. key];
            RopeRotation.Forward(q, 64, table.Cos[queryRow], table.Sin[queryRow]);
            RopeRotation.Forward(k, 64, table.Cos[keyRow], table.Sin[keyRow]);
            return q.Zip(k, (a, b) => (double)a * b).Sum();
        }

        Assert.Equal(Score(1, 0), Score(3, 2), 4); // about 64 terms rounded at 1e-7 each
        Assert.NotEqual(Score(1, 0), Score(2, 0), 1);
    }

    [Fact]
    public void Rejects_a_row_that_is_not_whole_heads() =>
        Assert.Throws<ArgumentException>(() => RopeRotation.Forward(new float[12], 8, new float[4], new float[4]));

    // Not 1, so that an inverse in place of the transpose is seen.
    const double Factor = 1.25;

    static float[] Cos(float[] angles) => [.. angles.Select(a => (float)(Math.Cos(a) * Factor))];

    static float[] Sin(float[] angles) => [.. angles.Select(a => (float)(Math.Sin(a) * Factor))];
}
