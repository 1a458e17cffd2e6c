using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using static Farsight.Tests.Engine.Checkpoints.LlamaConfig;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Scaled positions and the window that follows from them.</summary>
public sealed class RopeConfigTests
{
    [Theory]
    [InlineData("""{"rope_type":"default"}""", "Unscaled { }")]
    [InlineData("""{"type":"linear","factor":4}""", "Linear { Factor = 4 }")]
    [InlineData(
        """{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":128}""",
        "Llama3 { Factor = 8, LowFreqFactor = 1, HighFreqFactor = 4, OriginalMaxPositionEmbeddings = 128 }"
    )]
    [InlineData(
        """{"type":"yarn","factor":4.0}""",
        "Yarn { Factor = 4, OriginalMaxPositionEmbeddings = 2048, BetaFast = 32, BetaSlow = 1, "
            + "AttentionFactor = , MScale = , MScaleAllDim = , Truncate = True }"
    )]
    [InlineData(
        """{"rope_type":"yarn","factor":8.0,"original_max_position_embeddings":512,"beta_fast":30,"beta_slow":2,"attention_factor":1.5}""",
        "Yarn { Factor = 8, OriginalMaxPositionEmbeddings = 512, BetaFast = 30, BetaSlow = 2, "
            + "AttentionFactor = 1.5, MScale = , MScaleAllDim = , Truncate = True }"
    )]
    [InlineData(
        """{"rope_type":"yarn","original_max_position_embeddings":512,"mscale":1.0,"mscale_all_dim":0.5,"truncate":false}""",
        "Yarn { Factor = 4, OriginalMaxPositionEmbeddings = 512, BetaFast = 32, BetaSlow = 1, "
            + "AttentionFactor = , MScale = 1, MScaleAllDim = 0.5, Truncate = False }"
    )]
    [InlineData("""{"type":"dynamic","factor":2.0}""", "DynamicNtk { Factor = 2, OriginalMaxPositionEmbeddings = 2048 }")]
    [InlineData(
        """{"rope_type":"truncated","factor":8.0,"original_max_position_embeddings":512}""",
        "Truncated { Factor = 8, OriginalMaxPositionEmbeddings = 512 }"
    )]
    public void Rope_scaling_is_read_in_every_spelling(string scaling, string expected)
    {
        Assert.Equal(expected, Read(Llama, ("rope_scaling", scaling)).RopeScaling.ToString());
        Assert.Equal(expected, Read(Llama, ("rope_parameters", scaling)).RopeScaling.ToString());
    }

    [Fact]
    public void Rope_theta_may_stand_with_the_rope_parameters() =>
        Assert.Equal(5e5, Read(Llama, ("rope_parameters", """{"rope_type":"default","rope_theta":500000.0}""")).RopeTheta);

    [Theory]
    [InlineData("ntk", 40000), InlineData("base", 250000)]
    public void Another_base_is_written_as_rope_theta_and_rotates_alike_when_it_is_read(string rule, double theta)
    {
        ModelConfig model = Read(Llama, ("head_dim", "32"), ("num_key_value_heads", "2"));
        RopeScaling rope = rule == "ntk" ? new RopeScaling.NtkAware(Math.Pow(4, 30.0 / 32), 2048) : new RopeScaling.AdjustedBase(250_000);
        using TemporaryFolder folder = new();

        HuggingFaceConfig.Write(folder["config.json"], model.With(rope), NumberFormat.BF16);
        ModelConfig again = HuggingFaceConfig.Read(folder["config.json"]);

        Assert.Equal(
            (new RopeScaling.Unscaled(), model.With(rope).MaxPositionEmbeddings),
            (again.RopeScaling, again.MaxPositionEmbeddings));
        Assert.Equal(theta, again.RopeTheta, 6);
        Assert.Equal(RopeFrequencies.Of(32, 10_000, rope).InvFreq, RopeFrequencies.Of(32, again.RopeTheta, again.RopeScaling).InvFreq);
        Assert.Equal(new RopeScaling.AdjustedBase(again.RopeTheta), again.RopeFor(model));
        Assert.Contains(
            "merge the adapter into the model",
            Assert.Throws<InputException>(() => (again with { RopeScaling = new RopeScaling.Linear(2) }).RopeFor(model)).Message);
    }

    [Fact]
    public void Dynamic_scaling_keeps_the_window_that_it_starts_from()
    {
        ModelConfig model = Read(Llama).With(new RopeScaling.DynamicNtk(4, 2048));
        using TemporaryFolder folder = new();

        HuggingFaceConfig.Write(folder["config.json"], model, NumberFormat.BF16);

        Assert.Equal(8192, model.MaxPositionEmbeddings);
        ModelConfig again = HuggingFaceConfig.Read(folder["config.json"]);
        Assert.Equal((model.RopeScaling, 8192), (again.RopeScaling, again.MaxPositionEmbeddings));
    }

    [Theory]
    [InlineData(512, """{"type":"linear","factor":4.0}""", 2048)]
    [InlineData(2048, """{"type":"linear","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(512, """{"type":"dynamic","factor":4.0}""", 2048)]
    [InlineData(512, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(2048, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(640, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(4096, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 4096)]
    [InlineData(
        4096,
        """{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":512}""",
        4096)]
    [InlineData(512, "null", 512)]
    public void The_window_is_the_original_one_times_the_factor(int positions, string scaling, int window)
    {
        ModelConfig model = Read(Llama, ("max_position_embeddings", $"{positions}"), ("rope_scaling", scaling));

        Assert.Equal(window, model.MaxPositionEmbeddings);
    }

    [Theory]
    [InlineData(4, 2048)]
    [InlineData(8, 4096)]
    public void A_linear_scaling_in_the_place_of_another_counts_from_the_original_window(double factor, int window)
    {
        ModelConfig model = Read(Llama, ("max_position_embeddings", "512"), ("rope_scaling", """{"type":"linear","factor":2.0}"""));

        Assert.Equal(1024, model.MaxPositionEmbeddings);
        Assert.Equal(window, model.With(new RopeScaling.Linear(factor)).MaxPositionEmbeddings);
    }
}
