using System.Text.Json;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Tests.Engine.Checkpoints;
using Farsight.Workflows.Timing;

namespace Farsight.Tests.Cli;

public sealed class BenchCommandTests : IDisposable
{
    const string Shape = """{"hidden":32,"layers":2,"heads":4,"kv_heads":2,"ffn":48,"vocab":60,"prompt":9,"responses":[4,3,2]}""";

    readonly string _file = Path.GetTempFileName();

    public BenchCommandTests() => File.WriteAllText(_file, Shape);

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Peak_says_what_the_machine_can_do()
    {
        (int code, string output, _) = await CommandLine.Run("bench", "peak", "--json");

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.InRange(json.RootElement.GetProperty("gflops_all_cores").GetDouble(), 1, 1e6);
        Assert.InRange(json.RootElement.GetProperty("read_gb_per_second").GetDouble(), 0.1, 1e5);
    }

    [Fact]
    public async Task A_step_prints_the_keys_of_the_peer_and_ours()
    {
        (int code, string output, _) = await CommandLine.Run("bench", "step", "--shape", _file, "--steps", "2", "--json");

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        string[] peer =
        [
            "engine",
            "threads",
            "checkpoint",
            "seconds_min",
            "seconds_median",
            "peak_rss_mib",
            "loss",
            "hidden",
            "layers",
            "heads",
            "kv_heads",
            "ffn",
            "vocab",
            "prompt",
            "responses",
        ];
        Assert.Equal(peer, json.RootElement.EnumerateObject().Select(p => p.Name).Take(peer.Length));
        Assert.Equal(18, json.RootElement.GetProperty("tokens").GetInt32());
        Assert.InRange(json.RootElement.GetProperty("share_of_peak").GetDouble(), 0, 1);
    }

    [Theory]
    [InlineData(
        "choices",
        "--questions",
        "12",
        "--subjects",
        "2",
        "--shots",
        "20",
        "--question",
        "9",
        "--choice",
        "2",
        "--together",
        "5",
        "--alone",
        "3"
    )]
    [InlineData("generate", "--prompts", "12", "--shared", "20", "--own", "9", "--new", "3", "--alone", "3")]
    public async Task Many_questions_and_prompts_are_timed_together_and_one_by_one(string what, params string[] lengths)
    {
        (int code, string output, _) = await CommandLine.Run([
            "bench",
            what,
            "--model",
            Path.Combine(Repository.Root, "models/tiny"),
            .. lengths,
            "--json",
        ]);

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal((12, 3), (json.RootElement.GetProperty("samples").GetInt32(), json.RootElement.GetProperty("alone").GetInt32()));
        Assert.InRange(json.RootElement.GetProperty("share_of_peak").GetDouble(), 0, 1);
        Assert.InRange(json.RootElement.GetProperty("times_one_by_one").GetDouble(), 0.01, 1000);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 2)]
    public void Operations_of_inference_are_those_of_a_steps_forward(int experts, int perToken)
    {
        ModelConfig config = (StepShape.Read(_file) with { Experts = experts, ExpertsPerToken = perToken }).Model;
        TokenTreeBuilder tree = new();
        int prompt = tree.Add(TokenTreeBuilder.Root, new int[20], [.. Enumerable.Range(0, 20)], scored: false);
        tree.Add(prompt, new int[6], [.. Enumerable.Range(20, 6)], [false, false, false, true, true, true]); // rows 2 to 4 are read
        StepFlops step = StepFlops.Of(config, tree.Build(), lora: null);
        ForwardFlops forward = new(config);

        forward.Add(20, 0, 0);
        forward.Add(5, 20, 3);

        ForwardFlops last = new(config); // the last token's row is in the tree, though nobody reads it
        last.Add(6, 20, 0);
        ForwardFlops others = new(config);
        others.Add(5, 20, 0);
        Assert.Equal(step.Layers + step.Attention + step.Head / 3, forward.Total + last.Total - others.Total, 1e-6);
    }

    [Fact]
    public async Task A_tokenizer_is_timed()
    {
        string text = Path.ChangeExtension(_file, ".txt");
        File.WriteAllText(text, "The keeper of the lighthouse wrote down 4821907.");
        (int code, string output, _) = await CommandLine.Run(
            "bench",
            "tokenizer",
            "--tokenizer",
            Path.Combine(Repository.Root, "models/tiny"),
            "--documents",
            text,
            "--passes",
            "2",
            "--json");
        File.Delete(text);

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal((48, 2), (json.RootElement.GetProperty("bytes").GetInt32(), json.RootElement.GetProperty("seconds").GetArrayLength()));
        Assert.InRange(json.RootElement.GetProperty("tokens").GetInt32(), 12, 48);
        Assert.Equal(64, json.RootElement.GetProperty("sha256").GetString()!.Length);
    }

    [Theory]
    [InlineData("logo", 18, 36)]
    [InlineData("simpo", 16, 25)]
    [InlineData("sft_partial", 13, 13)]
    public void Sharing_changes_the_tree_and_neither_the_loss_nor_the_count(string objective, int shared, int repeated)
    {
        StepBenchmarkOptions options = new(StepShape.Read(_file), objective, Sharing: true, Warmup: 0, Steps: 2, Model: null);

        StepBenchmarkResult with = StepBenchmark.Run(options, null, default),
            without = StepBenchmark.Run(options with { Sharing = false }, null, default);

        Assert.Equal((shared, repeated), (with.Tokens, without.Tokens));
        Assert.Equal(with.Flops, without.Flops);
        Assert.Equal(with.Loss, without.Loss, 1e-5); // sums in another order, after one update
        Assert.Equal(2, with.Times.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(NumberFormat.BF16)]
    [InlineData(NumberFormat.Q8_0)]
    [InlineData(NumberFormat.Q4_0)]
    public void Weights_of_any_format_are_trained_over(NumberFormat? format)
    {
        StepShape shape = StepShape.Read(_file) with { Ffn = 64 };
        StepBenchmarkOptions options = new(shape, "logo", Sharing: true, Warmup: 0, Steps: 1, Model: null);

        double exact = StepBenchmark.Run(options, null, default).Loss,
            rounded = StepBenchmark.Run(options with { Weights = format }, null, default).Loss;

        Assert.Equal(exact, rounded, format is null ? 0 : 0.1); // four bits round weights of size 0.02 by some percent
        Assert.True(format is null || exact != rounded);
    }

    [Fact]
    public async Task Shifted_groups_are_timed_and_counted()
    {
        StepBenchmarkOptions options = new(StepShape.Read(_file), "logo", Sharing: true, Warmup: 0, Steps: 1, Model: null);
        double full = StepBenchmark.Run(options, null, default).Flops.Total;
        (int code, string output, _) = await CommandLine.Run(
            "bench",
            "step",
            "--shape",
            _file,
            "--steps",
            "1",
            "--shifted-sparse",
            "4",
            "--json");

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(4, json.RootElement.GetProperty("shifted_sparse").GetInt32());
        Assert.InRange(json.RootElement.GetProperty("flops").GetDouble(), 0.5 * full, 0.99 * full);
        (code, _, string error) = await CommandLine.Run("bench", "step", "--shape", _file, "--shifted-sparse", "1");
        Assert.Equal(2, code);
        Assert.Contains("--shifted-sparse: use 2 or more.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_decides_what_is_computed_again()
    {
        (int code, string output, _) = await CommandLine.Run(
            "bench",
            "step",
            "--shape",
            _file,
            "--steps",
            "1",
            "--memory",
            "16GiB",
            "--weights",
            "bf16",
            "--json");
        Assert.Equal(0, code);
        Assert.Contains("\"checkpoint\":\"none\"", output, StringComparison.Ordinal);

        (code, _, string error) = await CommandLine.Run("bench", "step", "--shape", _file, "--memory", "1MiB");
        Assert.Equal(2, code);
        Assert.Contains("may use 1 MiB", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_response_is_nothing_to_compare()
    {
        File.WriteAllText(_file, Shape.Replace("[4,3,2]", "[4]", StringComparison.Ordinal));

        (int code, _, string error) = await CommandLine.Run("bench", "step", "--shape", _file);

        Assert.Equal(2, code);
        Assert.Contains("logo compares responses", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_another_shape_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run(
            "bench",
            "step",
            "--shape",
            _file,
            "--model",
            Path.Combine(Repository.Root, "models/tiny"));

        Assert.Equal(2, code);
        Assert.Contains("and the shape says", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_needs_only_a_sample_and_may_have_fused_projections()
    {
        using TemporaryFolder folder = new();
        ModelConfig fused = TinyModelFiles.Config with { ModelType = "phi3", AttentionBias = false, FusedProjections = true };
        TinyModelFiles.Write(folder.Path, fused, TinyModelFiles.Weights(fused));

        (int code, string output, string error) = await CommandLine.Run(
            "bench", "step", "--model", folder.Path, "--prompt", "9", "--responses", "4,3", "--steps", "1", "--json");

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement root = json.RootElement;
        Assert.Equal((8, 20, 9, 16), (Int(root, "hidden"), Int(root, "vocab"), Int(root, "prompt"), Int(root, "tokens")));
        Assert.Equal([4, 3], root.GetProperty("responses").EnumerateArray().Select(r => r.GetInt32()));
        Assert.Equal((folder.Path, 32, true), (root.GetProperty("model").GetString(), Int(root, "lora_rank"), Trains(root)));
        Assert.Equal(["qkv_proj", "o_proj"], Targets(root));
    }

    [Theory]
    [InlineData("all-linear", "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")]
    [InlineData("v_proj, down_proj", "v_proj,down_proj")]
    public async Task The_adapter_is_the_one_of_the_options(string given, string targets)
    {
        string[] command = ["bench", "step", "--shape", _file, "--responses", "5,5", "--steps", "1", "--warmup", "0", "--json"];
        (_, string before, _) = await CommandLine.Run(command);

        (int code, string output, _) = await CommandLine.Run(
            [.. command, "--lora-rank", "3", "--lora-targets", given, "--no-train-embeddings"]);

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output), usual = JsonDocument.Parse(before);
        Assert.Equal(targets, string.Join(',', Targets(json.RootElement)));
        Assert.Equal((3, false), (Int(json.RootElement, "lora_rank"), Trains(json.RootElement)));
        Assert.Equal(["q_proj", "k_proj", "v_proj", "o_proj"], Targets(usual.RootElement));
        // A new adapter changes no output, so the loss of the first step is the same.
        Assert.Equal(usual.RootElement.GetProperty("loss").GetDouble(), json.RootElement.GetProperty("loss").GetDouble());
        Assert.Equal(19, Int(json.RootElement, "tokens"));
    }

    [Theory]
    [InlineData("no layers for the adapter target 'gate_up_proj'", "--lora-targets", "gate_up_proj")]
    [InlineData("no layers for the adapter target ''", "--lora-targets", "q_proj,")]
    [InlineData("use at most 1024", "--lora-rank", "4000")]
    [InlineData("is not a list of lengths", "--responses", "4,x")]
    [InlineData("is not a list of lengths", "--responses", "4,0")]
    [InlineData("at least one token each", "--prompt", "0")]
    public async Task An_unusable_adapter_or_sample_is_one_sentence(string says, string option, string value)
    {
        (int code, _, string error) = await CommandLine.Run("bench", "step", "--shape", _file, option, value);

        Assert.Equal(2, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model", "models/tiny", "--prompt", "9")]
    [InlineData("--prompt", "9", "--responses", "4,3")]
    public async Task Without_a_shape_a_model_and_a_sample_are_required(params string[] options)
    {
        (int code, _, string error) = await CommandLine.Run(["bench", "step", .. options]);

        Assert.Equal(2, code);
        Assert.Contains("Without --shape, --model, --prompt and --responses are required.", error, StringComparison.Ordinal);
    }

    static int Int(JsonElement root, string key) => root.GetProperty(key).GetInt32();

    static bool Trains(JsonElement root) => root.GetProperty("train_embeddings").GetBoolean();

    static IEnumerable<string?> Targets(JsonElement root) => root.GetProperty("lora_targets").EnumerateArray().Select(t => t.GetString());

    [Theory]
    [InlineData("--steps", "0")]
    [InlineData("--warmup", "-1")]
    [InlineData("--objective", "dpo")]
    public async Task A_bad_option_is_exit_2(string option, string value) =>
        Assert.Equal(2, (await CommandLine.Run("bench", "step", "--shape", _file, option, value)).Code);
}
