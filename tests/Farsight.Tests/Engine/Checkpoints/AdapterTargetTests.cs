using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Which layers the settings of an adapter cover, and the bounds of the settings.</summary>
public sealed class AdapterTargetTests
{
    const string Query = "model.layers.1.self_attn.q_proj";

    static readonly AdapterDescription s_description = new(2, 4, ["q_proj"], [], null);

    [Theory]
    [InlineData(Query, true)]
    [InlineData("q_proj", true)]
    [InlineData("model.layers.1.self_attn.xq_proj", false)]
    [InlineData("model.layers.1.self_attn.q_proj.base", false)]
    [InlineData("lm_head", false)]
    public void A_name_in_a_list_is_the_whole_name_or_its_end_after_a_dot(string module, bool covered) =>
        Assert.Equal(covered, new AdapterTargets(s_description, "p").Cover(module));

    [Fact]
    public void All_linear_layers_are_all_but_the_head()
    {
        AdapterTargets all = new(s_description with { Targets = [], TargetPattern = "all-linear" }, "p");

        Assert.True(all.Cover(Query));
        Assert.True(all.Cover("anything"));
        Assert.False(all.Cover("lm_head"));
    }

    [Theory]
    [InlineData(Query, true)]
    [InlineData("model.layers.10.self_attn.q_proj", false)]
    [InlineData("model.layers.x.self_attn.q_proj", false)]
    [InlineData("model.layers.-1.self_attn.q_proj", false)]
    [InlineData("vision.layers.1.self_attn.q_proj", false)]
    public void Chosen_layers_are_found_by_their_number(string module, bool covered) =>
        Assert.Equal(covered, new AdapterTargets(s_description with { Layers = [3, 1] }, "p").Cover(module));

    [Theory]
    [InlineData(20_000, false)]
    [InlineData(20_001, true)]
    public void An_expression_may_have_20000_characters(int length, bool refused)
    {
        AdapterDescription description = s_description with { TargetPattern = $"[{new string('q', length - 2)}]" };

        Exception? e = Record.Exception(() => new AdapterTargets(description, "p"));

        Assert.Equal(refused ? $"p: an expression in target_modules has {length} characters, but the maximum is 20000; "
            + "name the modules in a list." : null, e?.Message);
    }

    [Fact]
    public void The_first_pattern_that_matches_gives_rank_and_alpha()
    {
        AdapterTargets targets = new(
            s_description with
            {
                RankPattern = [KeyValuePair.Create("k_proj", 8), KeyValuePair.Create("q_proj", 4), KeyValuePair.Create(".*q_proj", 16)],
                AlphaPattern = [KeyValuePair.Create("layers.1.self_attn.q_proj", 6.0)],
                RankStabilized = true,
            },
            "p");

        Assert.Equal((4, 3f), (targets.RankOf(Query), targets.ScaleOf(Query))); // 6 / √4
        Assert.Equal(2, targets.RankOf("model.layers.1.mlp.up_proj"));
        Assert.Equal((float)(4 / Math.Sqrt(2)), targets.ScaleOf("model.layers.1.mlp.up_proj"));
    }

    [Theory]
    [InlineData("r", "1", "0"), InlineData("r", "65536", "65537")]
    [InlineData("lora_alpha", "1e-6", "9e-7"), InlineData("lora_alpha", "1e6", "1000001")]
    [InlineData("rank_pattern", "{\"x\":65536}", "{\"x\":65537}"), InlineData("alpha_pattern", "{\"x\":1e6}", "{\"x\":0}")]
    [InlineData("layers_to_transform", "0", "-1"), InlineData("layers_to_transform", "[0]", "[0,-1]")]
    [InlineData("layers_to_transform", "[2147483647]", "[1.5]"), InlineData("layers_to_transform", "null", "\"0\"")]
    [InlineData("layers_pattern", "\"layers\"", "\"layer\""), InlineData("layers_pattern", "[\"layers\"]", "[\"layers\",\"h\"]")]
    [InlineData("layers_pattern", "\"\"", "7"), InlineData("layers_pattern", "[]", "true")]
    [InlineData("init_lora_weights", "\"orthogonal\"", "\"olora\""), InlineData("init_lora_weights", "false", "\"loftq\"")]
    [InlineData("megatron_config", "{}", "{\"a\":1}"), InlineData("new_list", "[]", "[0]"), InlineData("new_switch", "false", "true")]
    [InlineData("task_type", "null", "\"SEQ_2_SEQ_LM\""), InlineData("bias", "null", "\"lora_only\"")]
    [InlineData("exclude_modules", "[\"k_proj\"]", "[1]"), InlineData("use_rslora", "null", "\"yes\"")]
    public void A_setting_is_read_up_to_its_bound_and_refused_beyond(string key, string accepted, string refused)
    {
        Assert.NotNull(Read(key, accepted));
        Assert.Contains(
            $"adapter_config.json: {(key.EndsWith("_pattern", StringComparison.Ordinal) && refused[0] == '{' ? $"{key}.x" : key)} is ",
            Assert.Throws<InputException>(() => Read(key, refused)).Message);
    }

    [Fact]
    public void Layers_may_be_a_number_or_a_list_and_an_empty_list_means_all()
    {
        Assert.Equal([3], Read("layers_to_transform", "3").Layers);
        Assert.Equal([3, 0], Read("layers_to_transform", "[3,0]").Layers);
        Assert.Null(Read("layers_to_transform", "[]").Layers);
    }

    static AdapterDescription Read(string key, string value)
    {
        using TemporaryFolder folder = new();
        JsonObject config = JsonNode.Parse("""{"peft_type":"LORA","r":2,"lora_alpha":4,"target_modules":["q_proj"]}""")!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["adapter_config.json"], config.ToJsonString());
        return PeftAdapterConfig.Read(folder["adapter_config.json"]);
    }
}
