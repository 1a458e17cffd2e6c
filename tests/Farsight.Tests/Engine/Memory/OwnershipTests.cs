using Farsight.Alignment.Training;
using Farsight.Engine.Inference;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Memory;

/// <summary>Every native buffer has one owner, which frees it once.</summary>
[Collection(NativeMemory.Collection)]
public sealed class OwnershipTests
{
    static readonly LoraOptions s_lora = new(3, 6, LinearShape.TargetsOf(SmallModel.Config()), TrainEmbeddings: true, TrainNorms: true);

    [Fact]
    public void A_buffer_can_be_disposed_twice_and_throws_when_it_is_used_after_disposal()
    {
        long before = AlignedBuffer.LiveBytes;
        AlignedBuffer buffer = new(100);
        Assert.Equal(before + 400, AlignedBuffer.LiveBytes);

        buffer.Dispose();
        buffer.Dispose();

        Assert.Equal(before, AlignedBuffer.LiveBytes);
        Assert.Throws<ObjectDisposedException>(() => buffer.Span(0, 1).Length);
    }

    [Fact]
    public void Scratch_that_is_given_back_twice_is_not_lent_to_two_callers()
    {
        Scratch first = Scratch.Take(7, 1000), copy = first;
        first.Dispose();
        first.Dispose();
        copy.Dispose();

        using Scratch second = Scratch.Take(7, 1000), third = Scratch.Take(7, 1000);
        copy.Dispose(); // the buffer belongs to a new holder by now

        Assert.NotSame(second.Rows.Buffer, third.Rows.Buffer);
        Assert.Throws<ObjectDisposedException>(() => first.Rows.Count);
        Assert.Throws<ObjectDisposedException>(() => copy.Rows.Count);
    }

    [Fact]
    public void Attention_scratch_that_is_given_back_twice_is_not_lent_to_two_callers()
    {
        const int HeadDim = 6; // of no other test
        AttentionScratch first = AttentionScratch.Take(HeadDim, backward: false);
        first.Dispose();
        using AttentionScratch second = AttentionScratch.Take(HeadDim, backward: false);
        first.Dispose(); // the memory belongs to a new holder by now

        using AttentionScratch third = AttentionScratch.Take(HeadDim, backward: false);

        Assert.NotSame(second.KeyRows, third.KeyRows);
    }

    [Fact]
    public void A_workspace_can_be_disposed_twice_and_throws_when_it_is_used_after_disposal()
    {
        Workspace workspace = new();
        workspace.Rows(2, 3);

        workspace.Dispose();
        workspace.Dispose();

        Assert.Throws<ObjectDisposedException>(() => workspace.Rows(2, 3));
        Assert.Throws<ObjectDisposedException>(() => workspace.Reserve(10));
    }

    [Fact]
    public void An_owner_of_rows_frees_all_of_them()
    {
        long before = AlignedBuffer.LiveBytes;
        RowsOwner owner = new();
        owner.Allocate(10, 10);
        owner.Free(owner.Allocate(20, 10));

        owner.Dispose();
        owner.Dispose();

        Assert.Equal(before, AlignedBuffer.LiveBytes);
        Assert.Throws<ObjectDisposedException>(() => owner.Allocate(1, 1));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_parameter_and_its_optimizer_can_be_disposed_twice_and_throw_when_they_are_used_after_disposal(bool muon)
    {
        const int Height = 512, Width = 64; // enough for several threads
        using ThreadCount two = new(2);
        Scratch.Take(Height, Width).Dispose(); // kernels keep their buffers for later calls
        long before = AlignedBuffer.LiveBytes;
        Parameter parameter = Parameter.Create("model.layers.0.mlp.up_proj.weight", ParameterRole.Matrix, Height, Width);
        Optimizer optimizer = muon ? new Muon([parameter], new(0.95, 0)) : new AdamW([parameter], new(0.9, 0.999, 1e-8, 0));

        optimizer.Dispose();
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.Step(0.1));
        parameter.Dispose();
        parameter.Dispose();

        Assert.Throws<ObjectDisposedException>(() => parameter.Value[0].Length);
        Assert.Throws<ObjectDisposedException>(() => parameter.Gradient[0].Length);
        Assert.Equal(before, AlignedBuffer.LiveBytes);
    }

    [Fact]
    public void A_copy_of_a_matrix_that_cannot_be_read_leaves_no_memory_behind()
    {
        long before = AlignedBuffer.LiveBytes;

        Assert.Throws<IOException>(() => Parameter.Of("p", ParameterRole.Matrix, new UnreadableMatrix(512, 64)));
        Assert.Throws<IOException>(() => PackedMatrix.From(new UnreadableMatrix(512, 64), NumberFormat.F16));

        Assert.Equal(before, AlignedBuffer.LiveBytes);
    }

    [Fact]
    public void A_parameter_that_is_too_large_leaves_no_memory_behind()
    {
        long before = AlignedBuffer.LiveBytes;

        // No array has so many elements, and the list of touched rows is one.
        Assert.Throws<OutOfMemoryException>(() =>
            Parameter.OfTouchedRows("p", ParameterRole.Embedding, new UnreadableMatrix(int.MaxValue, 1)));

        Assert.Equal(before, AlignedBuffer.LiveBytes);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void An_optimizer_that_cannot_be_created_leaves_no_memory_behind(bool muon)
    {
        using Parameter parameter = Parameter.Create("p", ParameterRole.Matrix, 4, 8);
        long before = AlignedBuffer.LiveBytes;

        // The first element is there and the second is not; Muon looks at the roles before it allocates anything.
        Assert.Throws<NullReferenceException>(() =>
            muon
                ? (Optimizer)new Muon(new EndsEarly(parameter, 2), new(0.95, 0))
                : new AdamW([parameter, null!], new(0.9, 0.999, 1e-8, 0)));

        Assert.Equal(before, AlignedBuffer.LiveBytes);
    }

    [Fact]
    public void Updates_that_cannot_be_created_leave_no_memory_behind()
    {
        using Parameter parameter = Parameter.Create("p", ParameterRole.Matrix, 4, 8);
        TrainingOptions options = new(1, 1, 1, new(0.1, 0.1, 0.9, 0.999, 1e-8, 0, 1), null!);
        long before = AlignedBuffer.LiveBytes;

        // The optimizers of the first two roles exist when the third reads the list.
        Assert.Throws<NullReferenceException>(() => new ParameterUpdates(new EndsEarly(parameter, 3), options));

        Assert.Equal(before, AlignedBuffer.LiveBytes);
    }

    [Fact]
    public void A_pass_that_is_disposed_twice_does_not_share_its_memory_with_two_others()
    {
        using DecoderModel model = SmallModel.Create();
        model.AttachLora(s_lora, seed: 1);
        float[] expected = Gradients(model);

        TreePass disposed = model.Forward(SmallModel.Tree());
        disposed.Dispose();
        disposed.Dispose();
        using TreePass first = model.Forward(SmallModel.Tree()), second = model.Forward(SmallModel.Tree());

        Assert.Equal(expected, Gradients(model, first));
        Assert.Equal(expected, Gradients(model, second));
    }

    [Fact]
    public void A_disposed_pass_throws_when_it_is_used()
    {
        using DecoderModel model = SmallModel.Create();
        using RowsOwner memory = new();
        Rows logits = memory.Allocate(1, model.Config.VocabSize);
        TreePass pass = model.Forward(SmallModel.Tree());
        pass.Dispose();

        Assert.Throws<ObjectDisposedException>(() => pass.Backward(new float[pass.LogProbs.Length]));
        Assert.Throws<ObjectDisposedException>(() => pass.Logits(0, logits));
        Assert.Throws<ObjectDisposedException>(() => pass.Taken);
    }

    [Fact]
    public void A_model_frees_everything_it_allocated_and_throws_when_it_is_used_after_disposal()
    {
        using ThreadCount one = new(1); // so that both models use the same number of kernel buffers
        Trained().Dispose(); // kernels keep their buffers for later calls
        long before = AlignedBuffer.LiveBytes;

        DecoderModel model = Trained();
        TreePass open = model.Forward(SmallModel.Tree());
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Forward(SmallModel.Tree()));
        open.Dispose(); // a pass may be disposed after its model

        Assert.Equal(before, AlignedBuffer.LiveBytes);

        static DecoderModel Trained()
        {
            DecoderModel model = SmallModel.Create();
            model.AttachLora(s_lora, seed: 1);
            Gradients(model);
            return model;
        }
    }

    [Fact]
    public void A_decoding_batch_can_be_disposed_twice_and_throws_when_it_is_used_after_disposal()
    {
        using DecoderModel model = SmallModel.Create();
        DecodingBatch batch = new(model, [8]);
        batch.Extend([new(0, [1, 2])], (_, _) => { });

        batch.Dispose();
        batch.Dispose();

        Assert.Throws<ObjectDisposedException>(() => batch.Extend([new(0, [3])], (_, _) => { }));
    }

    [Fact]
    public void A_decoding_step_allocates_no_native_memory()
    {
        using ThreadCount one = new(1);
        using DecoderModel model = SmallModel.Create(qwen: true);
        using DecodingBatch batch = new(model, [40, 40]);
        SequencePiece[] Next(int token) => [new(0, [token]), new(1, [token + 1])];
        batch.Extend([new(0, [1, 2, 3, 4, 5]), new(1, [6, 7, 8])], (_, _) => { });
        batch.Extend(Next(9), (_, _) => { });

        long before = AlignedBuffer.Allocations;
        int calls = 0;
        for (int step = 0; step < 20; step++)
        {
            batch.Extend(Next(step), (_, _) => calls++);
        }

        Assert.Equal(40, calls);
        Assert.Equal(before, AlignedBuffer.Allocations);
    }

    [Theory]
    [InlineData(Recomputation.None), InlineData(Recomputation.Mlp), InlineData(Recomputation.Layer), InlineData(Recomputation.RoundedLayer)]
    public void A_second_training_in_the_same_process_takes_to_the_byte_what_was_planned(Recomputation level)
    {
        using ThreadCount one = new(1);
        ModelConfig config = SmallModel.Config(tied: false);
        long weights = sizeof(float) * ParameterShapes.Of(config).Sum(p => p.Shape.Aggregate(1L, (product, extent) => product * extent));
        TrainingShape shape = new(config, weights, s_lora, config.VocabSize, Muon: false);
        MemoryPlan plan = MemoryPlan.Of(shape, TreeSize.Of(SmallModel.Tree()), level);
        ActivationPlan pass = ActivationPlan.Of(config, TreeSize.Of(SmallModel.Tree()), s_lora, level);
        Train(config, level); // kernels keep their buffers for later calls
        long before = AlignedBuffer.LiveBytes;

        long peak = NativeMemory.PeakOf(() => Train(config, level));

        Assert.Equal(plan.Weights + plan.Adapter + plan.Embeddings + plan.Optimizer + pass.Bytes, peak);
        Assert.Equal(before, AlignedBuffer.LiveBytes);
    }

    /// <summary>A matrix whose file cannot be read.</summary>
    sealed class UnreadableMatrix(int rows, int columns) : WeightMatrix
    {
        public override int RowCount => rows;

        public override int ColumnCount => columns;

        public override void Read(int row, int firstColumn, Span<float> destination) => throw new IOException();

        public override StoredRow Stored(int row) => throw new IOException();
    }

    /// <summary>A list that holds null behind its parameter from a given enumeration on, from 1.</summary>
    sealed class EndsEarly(Parameter parameter, int from) : IReadOnlyList<Parameter>
    {
        int _enumerations;

        public int Count => 1;

        public Parameter this[int index] => parameter;

        public IEnumerator<Parameter> GetEnumerator() =>
            (++_enumerations >= from ? new List<Parameter> { parameter, null! } : [parameter]).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    static void Train(ModelConfig config, Recomputation level)
    {
        using DecoderModel model = SmallModel.Create(config);
        model.AttachLora(s_lora, seed: 1);
        using AdamW optimizer = new(model.Parameters, new(0.9, 0.999, 1e-8, 0));
        for (int step = 0; step < 3; step++)
        {
            using TreePass pass = model.Forward(SmallModel.Tree(), level);
            pass.Backward(new float[pass.LogProbs.Length]);
            optimizer.Step(0.01);
        }
    }

    static float[] Gradients(DecoderModel model)
    {
        using TreePass pass = model.Forward(SmallModel.Tree());
        return Gradients(model, pass);
    }

    static float[] Gradients(DecoderModel model, TreePass pass)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Gradient.Clear();
        }
        pass.Backward(TestData.Normal(pass.LogProbs.Length, seed: 3));
        return [.. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
    }
}
