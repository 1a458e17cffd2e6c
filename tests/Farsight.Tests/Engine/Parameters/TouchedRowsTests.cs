using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Parameters;

/// <summary>Embeddings of which only touched rows are trained, against the whole matrix.</summary>
public sealed class TouchedRowsTests
{
    const int Vocabulary = 300, Width = 24;

    static readonly AdamWSettings s_settings = new(0.9, 0.95, 1e-8, WeightDecay: 0);

    [Fact]
    public void Training_touched_rows_gives_the_bits_of_training_the_matrix()
    {
        (Embedding rows, Embedding whole) = (Create(), Create());
        AdamW first = new([rows.TrainTouchedRows()], s_settings), second = new([whole.Train()], s_settings);

        Train(first, rows, steps: 5);
        Train(second, whole, steps: 5);

        Assert.Equal(Values(whole), Values(rows));
        Assert.InRange(rows.Trained!.Touched!.Count, 10, 60); // the test is about the others, too
    }

    [Fact]
    public void The_norm_of_the_gradient_is_that_of_the_matrix()
    {
        (Embedding rows, Embedding whole) = (Create(), Create());
        Parameter[] first = [rows.TrainTouchedRows()], second = [whole.Train()];
        Step(rows, 1);
        Step(whole, 1);

        // The same squares in another order, summed in double.
        Assert.Equal(GradientNorm.Of(second), GradientNorm.Of(first), 1e-12 * GradientNorm.Of(second));
    }

    [Fact]
    public void A_row_that_was_never_touched_is_the_stored_one()
    {
        Embedding rows = Create();
        float[] before = Values(rows);
        AdamW optimizer = new([rows.TrainTouchedRows()], s_settings);
        Train(optimizer, rows, steps: 3);

        float[] after = Values(rows);
        for (int row = 0; row < Vocabulary; row++)
        {
            bool same = before.AsSpan(row * Width, Width).SequenceEqual(after.AsSpan(row * Width, Width));
            Assert.Equal(rows.Trained!.Touched!.PlaceOf(row) < 0, same);
        }
    }

    [Fact]
    public void Places_follow_the_order_of_touching()
    {
        Embedding rows = Create();
        Parameter parameter = rows.TrainTouchedRows();

        Assert.Equal((0, 1, 0, 2), (parameter.Touch(7), parameter.Touch(3), parameter.Touch(7), parameter.Touch(299)));
        Assert.Equal([7, 3, 299], parameter.Touched!.Rows);
        Assert.Equal((3, Vocabulary), (parameter.Value.Count, parameter.Capacity));
        Assert.Throws<InvalidOperationException>(() => Create().Train().Touch(0));
    }

    static Embedding Create()
    {
        Rows values = Rows.Allocate(Vocabulary, Width);
        TestData.Normal(Vocabulary * Width, seed: 1).CopyTo(values.Span);
        return new("model.embed_tokens.weight", new Farsight.Engine.Kernels.RowsMatrix(values));
    }

    static void Train(AdamW optimizer, Embedding embedding, int steps)
    {
        for (int step = 1; step <= steps; step++)
        {
            embedding.Trained!.Gradient.Clear();
            Step(embedding, step);
            optimizer.Step(0.01);
        }
    }

    /// <summary>Other tokens each step, one of them twice.</summary>
    static void Step(Embedding embedding, int step)
    {
        int[] tokens = [.. Enumerable.Range(0, 12).Select(i => (step * 37 + i % 11 * 13) % Vocabulary)];
        Rows dX = Rows.Allocate(tokens.Length, Width);
        TestData.Normal(tokens.Length * Width, seed: step).CopyTo(dX.Span);
        embedding.Backward(tokens, dX);
    }

    static float[] Values(Embedding embedding)
    {
        float[] values = new float[Vocabulary * Width];
        for (int row = 0; row < Vocabulary; row++)
        {
            embedding.Matrix.Read(row, 0, values.AsSpan(row * Width, Width));
        }
        return values;
    }
}
