using System.Globalization;
using Farsight.Alignment.Training;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using static TorchSharp.torch;

namespace Farsight.Torch.Tests;

/// <summary>Passes give back all native memory.</summary>
public sealed class MemoryTests
{
    const long Mebibyte = 1 << 20;

    [Fact]
    public void Five_hundred_steps_keep_the_memory_constant()
    {
        using DecoderModel model = SmallModel.Create();
        model.AttachLora(new LoraOptions(4, 8, TrainEmbeddings: true, TrainNorms: true), seed: 1);
        using IDeviceModel device = Passes.OnTorch(model);
        TokenTree tree = LongTree();
        float[] derivatives = Passes.Derivatives(tree.Scored.Count);
        Steps(50);
        (long tensors, long resident) = (Tensor.TotalCount, Resident());

        Steps(450);

        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.InRange(Resident() - resident, -1024 * Mebibyte, 48 * Mebibyte);

        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Passes.Run(device, tree, derivatives);
            }
        }
    }

    [Fact]
    public void A_pass_that_fails_leaves_no_tensor()
    {
        using DecoderModel model = SmallModel.Create();
        model.AttachLora(new LoraOptions(4, 8), seed: 1);
        using IDeviceModel device = Passes.OnTorch(model);
        TokenTree tree = SmallModel.Tree();
        TokenTreeBuilder wrong = new();
        wrong.Add(TokenTreeBuilder.Root, [1, 2, 50], [0, 1, 2], [false, true, true]); // the vocabulary has 50 tokens
        Passes.Run(device, tree, Passes.Derivatives(tree.Scored.Count));
        long tensors = Tensor.TotalCount;

        Assert.ThrowsAny<Exception>(() => device.Forward(wrong.Build()));
        using (ITreePass pass = device.Forward(tree))
        {
            Assert.ThrowsAny<Exception>(() => pass.Backward(Passes.Derivatives(tree.Scored.Count), new FailingStages()));
        }

        Assert.Equal(tensors, Tensor.TotalCount);
    }

    [Fact]
    public void A_disposed_model_leaves_no_tensor()
    {
        using DecoderModel model = SmallModel.Create();
        long tensors = Tensor.TotalCount;
        using (IDeviceModel device = Passes.OnTorch(model))
        {
            Assert.True(Tensor.TotalCount > tensors);
        }
        Assert.Equal(tensors, Tensor.TotalCount);
    }

    static long Resident() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    /// <summary>Returns a tree whose tensors are large enough to fragment a heap.</summary>
    static TokenTree LongTree()
    {
        TokenTreeBuilder tree = new();
        int[] tokens = [.. Enumerable.Range(0, 600).Select(i => i * 7 % 50)], positions = [.. Enumerable.Range(0, 600)];
        int root = tree.Add(TokenTreeBuilder.Root, tokens, positions, scored: false);
        for (int r = 0; r < 3; r++)
        {
            tree.Add(root, tokens.AsSpan(0, 40), [.. positions.Take(40).Select(p => p + 600)], scored: true);
        }
        return tree.Build();
    }

    sealed class FailingStages : IGradientStages
    {
        int _calls;

        public void Begin(IReadOnlyList<Engine.Parameters.Parameter> parameters)
        {
            if (++_calls == 3)
            {
                throw new IOException("The other process has gone.");
            }
        }

        public void Finish(IReadOnlyList<Engine.Parameters.Parameter> parameters)
        {
        }
    }
}
