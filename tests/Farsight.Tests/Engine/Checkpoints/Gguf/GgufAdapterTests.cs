using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints.Gguf;

public sealed class GgufAdapterTests
{
    const string Query = "model.layers.0.self_attn.q_proj", Value = "model.layers.0.self_attn.v_proj";

    static readonly ModelConfig s_config = TinyModelFiles.Config with { ModelType = "llama", AttentionBias = false };

    [Fact]
    public void Low_rank_matrices_get_llama_cpps_names_and_row_order()
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], new(2, 4.5, ["q_proj", "v_proj"], [], null), LowRank(), s_config);
        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);

        GgufModelWriter.WriteLora(folder["a.gguf"], "mine", s_config, adapter);
        using GgufFile file = GgufFile.Open(folder["a.gguf"]);

        Assert.Equal(
            ["blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b", "blk.0.attn_v.weight.lora_a", "blk.0.attn_v.weight.lora_b"],
            file.Tensors.Keys.Order());
        Assert.Equal(
            ("llama", "adapter", "lora", 4.5),
            (
                file.Metadata.Text("general.architecture"),
                file.Metadata.Text("general.type"),
                file.Metadata.Text("adapter.type"),
                file.Metadata.Number("adapter.lora.alpha", 0, 100)));
        Assert.Equal(adapter.Tensors[Query + ".lora_A.weight"].ReadFloats(), file.Tensors["blk.0.attn_q.weight.lora_a"].ReadFloats());
        Assert.Equal(adapter.Tensors[Value + ".lora_B.weight"].ReadFloats(), file.Tensors["blk.0.attn_v.weight.lora_b"].ReadFloats());
        float[] before = adapter.Tensors[Query + ".lora_B.weight"].ReadFloats(),
            after = file.Tensors["blk.0.attn_q.weight.lora_b"].ReadFloats();
        int[] rows = [0, 2, 1, 3]; // of a head of 4: pairs (i, i + 2) become neighbors
        for (int row = 0; row < 16; row++)
        {
            Assert.Equal(before.AsSpan(2 * row, 2), after.AsSpan(2 * (row / 4 * 4 + rows[row % 4]), 2));
        }
    }

    [Fact]
    public void What_a_GGUF_adapter_cannot_hold_is_refused_and_merging_is_named()
    {
        using TemporaryFolder folder = new();
        (string, WeightMatrix) embedding = ("model.embed_tokens.weight", Matrix(20, 8));
        PeftAdapter.Write(folder["whole"], new(2, 4, ["q_proj", "v_proj"], ["embed_tokens"], null), [.. LowRank(), embedding], s_config);
        PeftAdapter.Write(folder["rope"], new(2, 4, ["q_proj", "v_proj"], [], null), LowRank(), s_config.With(new RopeScaling.Yarn(4, 64)));
        PeftAdapter.Write(
            folder["base"],
            new(2, 4, ["q_proj", "v_proj"], [], null),
            LowRank(),
            s_config.With(new RopeScaling.AdjustedBase(80_000)));

        foreach (
            (string name, string says) in ((string, string)[])
                [
                    ("whole", "model.embed_tokens.weight, trained in full"),
                    ("rope", "another RoPE scaling"),
                    ("base", "another RoPE scaling or base"),
                ])
        {
            using PeftAdapter adapter = PeftAdapter.Read(folder[name]);
            string message = Assert
                .Throws<InputException>(() => GgufModelWriter.WriteLora(folder["a.gguf"], "mine", s_config, adapter))
                .Message;
            Assert.Contains(says, message);
            Assert.Contains("merge the adapter", message);
        }
    }

    static (string Name, WeightMatrix Value)[] LowRank() =>
    [
        (Query + ".lora_A.weight", Matrix(2, 8)), (Query + ".lora_B.weight", Matrix(16, 2)),
        (Value + ".lora_A.weight", Matrix(2, 8)), (Value + ".lora_B.weight", Matrix(8, 2)),
    ];

    static RowsMatrix Matrix(int rows, int columns)
    {
        Rows values = Rows.Allocate(rows, columns);
        TestData.Normal(rows * columns, rows + columns).CopyTo(values.Span);
        return new(values);
    }
}
