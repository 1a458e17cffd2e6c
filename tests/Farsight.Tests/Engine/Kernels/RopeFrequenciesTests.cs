using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Kernels;

public sealed class RopeFrequenciesTests
{
    [SharedTheory("goldens"), Trait("Category", "Golden")]
    [
        InlineData("llama2"),
        InlineData("mistral"),
        InlineData("qwen3"),
        InlineData("llama-linear"),
        InlineData("llama3-scaled"),
        InlineData("qwen2-yarn")
    ]
    public void Match_the_frequencies_of_Hugging_Face(string model)
    {
        string folder = SharedMaterial.PathOf($"goldens/{model}");
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));

        RopeFrequencies frequencies = RopeFrequencies.Of(
            config.RootElement.GetProperty("head_dim").GetInt32(),
            config.RootElement.GetProperty("rope_theta").GetDouble(),
            Scaling(config.RootElement));

        // Hugging Face computes in F32: a few roundings and its power function.
        Near.Each(GoldenInvFreq(Path.Combine(folder, "golden.safetensors")), frequencies.InvFreq, relative: 1e-6, absolute: 0);
        Assert.Equal(
            golden.RootElement.GetProperty("results").GetProperty("rope.attention_factor").GetDouble(),
            frequencies.AttentionFactor,
            12);
    }

    [Fact]
    public void Yarn_keeps_fast_pairs_and_interpolates_slow_ones()
    {
        float[] plain = RopeFrequencies.Of(128, 10000, new RopeScaling.Unscaled()).InvFreq;

        RopeFrequencies yarn = RopeFrequencies.Of(128, 10000, new RopeScaling.Yarn(8, 4096));

        // By hand: 64 · ln(4096 / (β · 2π)) / ln(10000) is 20.94 for β = 32 and 45.03 for β = 1: the ramp runs from 20 to 46.
        Assert.Equal(plain[..21], yarn.InvFreq[..21]);
        Assert.Equal(plain[46..].Select(f => f / 8), yarn.InvFreq[46..]);
        Assert.Equal(plain[33] * (0.5 + 0.5 / 8), yarn.InvFreq[33], 8);
        Assert.Equal(1.2079441541679836, yarn.AttentionFactor, 12);
    }

    [Fact]
    public void Yarn_takes_a_given_attention_factor() =>
        Assert.Equal(0.75, RopeFrequencies.Of(16, 10000, new RopeScaling.Yarn(8, 4096, AttentionFactor: 0.75)).AttentionFactor);

    [Fact]
    public void Yarn_takes_the_two_exponents_together_and_ramps_between_unrounded_ends()
    {
        RopeFrequencies yarn = RopeFrequencies.Of(
            128,
            10000,
            new RopeScaling.Yarn(40, 4096, MScale: 0.7, MScaleAllDim: 1.2, Truncate: false));

        Assert.Equal((0.07 * Math.Log(40) + 1) / (0.12 * Math.Log(40) + 1), yarn.AttentionFactor, 12);
        Assert.Equal(
            0.1 * Math.Log(40) + 1,
            RopeFrequencies.Of(128, 10000, new RopeScaling.Yarn(40, 4096, MScale: 0.7)).AttentionFactor,
            12);
        for (int i = 0; i < 64; i++)
        {
            double plain = Math.Pow(10000, -i / 64.0),
                low = 64 * Math.Log(4096 / (32 * 2 * Math.PI)) / Math.Log(10000),
                high = 64 * Math.Log(4096 / (2 * Math.PI)) / Math.Log(10000);
            double share = Math.Clamp((i - low) / (high - low), 0, 1);
            Assert.Equal(1, yarn.InvFreq[i] / (plain * (1 - share) + plain / 40 * share), 6);
        }
    }

    [Fact]
    public void Llama3_mixes_between_its_two_wavelengths()
    {
        float[] plain = RopeFrequencies.Of(128, 500000, new RopeScaling.Unscaled()).InvFreq;

        float[] scaled = RopeFrequencies.Of(128, 500000, new RopeScaling.Llama3(8, 1, 4, 8192)).InvFreq;

        for (int i = 0; i < plain.Length; i++)
        {
            double turns = 8192 * plain[i] / (2 * Math.PI);
            double expected = turns > 4 ? plain[i] : turns < 1 ? plain[i] / 8 : plain[i] * ((turns - 1) / 3 + (4 - turns) / 3 / 8);
            Assert.Equal(1, scaled[i] / expected, 6);
        }
    }

    [Fact]
    public void Ntk_slows_the_slowest_pair_by_its_factor_and_the_fastest_not_at_all()
    {
        float[] plain = RopeFrequencies.Of(128, 10000, new RopeScaling.Unscaled()).InvFreq;

        float[] ntk = RopeFrequencies.Of(128, 10000, new RopeScaling.NtkAware(8, 4096)).InvFreq;

        Assert.Equal(1, ntk[0]);
        Assert.Equal(8, plain[63] / ntk[63], 5);
        Assert.Equal(1, ntk[32] / Math.Pow(82684.62264056221, -0.5), 6); // 10000 · 8^(128/126)
        Assert.Equal(ntk, RopeFrequencies.Of(128, 10000, new RopeScaling.AdjustedBase(82684.62264056221)).InvFreq);
    }

    [Fact]
    public void Ntk_is_dynamic_scaling_that_has_reached_its_length()
    {
        // s · n / w − (s − 1) is 8 at n = (8 + s − 1) / s · w.
        float[] dynamic = RopeFrequencies.Of(64, 10000, new RopeScaling.DynamicNtk(2, 512), 2304).InvFreq;

        Assert.Equal(RopeFrequencies.Of(64, 10000, new RopeScaling.NtkAware(8, 512)).InvFreq, dynamic);
    }

    [Fact]
    public void The_truncated_basis_keeps_what_turned_once_and_fixes_or_stills_the_rest()
    {
        // By hand, w = 64: b = 2π/64 = 0.09817, a = b/8 = 0.01227, ρ = b/16; the frequencies are 10^(−i/2).
        float[] truncated = RopeFrequencies.Of(16, 10000, new RopeScaling.Truncated(8, 64)).InvFreq;

        Near.Each([1, 0.31622776601683794, 0.1, 0.006135923151542565, 0, 0, 0, 0], truncated, relative: 1e-6, absolute: 0);
    }

    [Fact]
    public void Dropped_positions_rotate_nothing_wherever_a_token_is()
    {
        RopeFrequencies dropped = RopeFrequencies.Of(16, 10000, new RopeScaling.Dropped(8, 64), 5000);

        Assert.Equal(new float[8], dropped.InvFreq);
        Assert.Equal(1, dropped.AttentionFactor);
    }

    [Fact]
    public void Table_holds_scaled_cosines_and_sines_of_any_positions()
    {
        RopeFrequencies frequencies = new([1f, 0.25f, 1e-3f], 1.5);
        int[] positions = [7, 0, 131_071, 7];

        RopeTable table = new(Rows.Allocate(4, 3), Rows.Allocate(4, 3));
        table.Fill(positions, frequencies);

        for (int row = 0; row < positions.Length; row++)
        {
            double[] angles = [.. frequencies.InvFreq.Select(f => (double)f * positions[row])];
            Near.Each([.. angles.Select(a => 1.5 * Math.Cos(a))], table.Cos[row], relative: 1e-7, absolute: 1e-7);
            Near.Each([.. angles.Select(a => 1.5 * Math.Sin(a))], table.Sin[row], relative: 1e-7, absolute: 1e-7);
        }
    }

    static RopeScaling Scaling(JsonElement config)
    {
        if (!config.TryGetProperty("rope_scaling", out JsonElement scaling) || scaling.ValueKind == JsonValueKind.Null)
        {
            return new RopeScaling.Unscaled();
        }
        double Number(string key) => scaling.GetProperty(key).GetDouble();
        return scaling.GetProperty("rope_type").GetString() switch
        {
            "linear" => new RopeScaling.Linear(Number("factor")),
            "llama3" => new RopeScaling.Llama3(
                Number("factor"), Number("low_freq_factor"), Number("high_freq_factor"), (int)Number("original_max_position_embeddings")),
            "yarn" => new RopeScaling.Yarn(Number("factor"), (int)Number("original_max_position_embeddings")),
            string other => throw new InvalidOperationException(other),
            null => throw new InvalidOperationException("rope_type is null."),
        };
    }

    static double[] GoldenInvFreq(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, header));
        int[] ends =
        [
            .. json.RootElement.GetProperty("rope.inv_freq").GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt32()),
        ];
        return [.. MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + header + ends[0], ends[1] - ends[0])).ToArray().Select(v => (double)v)];
    }
}
