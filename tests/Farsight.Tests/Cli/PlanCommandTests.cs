using System.Text.Json.Nodes;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Cli;

public sealed class PlanCommandTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact]
    public async Task Shows_what_every_level_takes_and_which_is_chosen()
    {
        (int code, string output, _) = await CommandLine.Run("plan", _files.RecipePath);

        Assert.Equal(0, code);
        Assert.Contains("total", output, StringComparison.Ordinal);
        Assert.Contains("training recomputes nothing", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_parts_add_up_and_levels_get_slower_and_leaner()
    {
        JsonObject plan = await Plan();

        JsonObject[] levels = [.. plan["levels"]!.AsArray().Select(l => l!.AsObject())];
        string[] parts = ["weights", "adapter", "embeddings", "optimizer", "activations", "scratch", "runtime"];
        Assert.All(levels, l => Assert.Equal((long)l["total"]!, parts.Sum(p => (long)l[p]!)));
        Assert.Equal(["none", "mlp", "layer", "rounded_layer"], levels.Select(l => (string)l["recomputation"]!));
        Assert.Equal(levels.OrderByDescending(l => (long)l["activations"]!), levels);
        Assert.Equal(levels.OrderBy(l => (double)l["seconds_per_step"]!), levels);
    }

    [Fact]
    public async Task Samples_beyond_the_window_are_reported_by_plan_and_train()
    {
        string config = File.ReadAllText(_files.In("model/config.json"));
        File.WriteAllText(
            _files.In("model/config.json"),
            config.Replace("\"max_position_embeddings\": 64", "\"max_position_embeddings\": 32", StringComparison.Ordinal));
        JsonObject plan = await Plan(), stretched = await Plan("--set", "rope=yarn:8");
        int beyond = (int)plan["samples_beyond_window"]!, longest = (int)plan["longest_sample"]!;
        (_, string output, string planError) = await CommandLine.Run("plan", _files.RecipePath);
        (_, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"));

        Assert.Equal((32, 256, 0), ((int)plan["window"]!, (int)stretched["window"]!, (int)stretched["samples_beyond_window"]!));
        Assert.InRange(longest, 33, 256);
        Assert.InRange(beyond, 1, 12);
        string sentence = $"{beyond} of 12 samples are longer than the window of the model (32 tokens)";
        string line = $"window              32 tokens, longest sample {longest}, {beyond} beyond the window";
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Contains(sentence, planError, StringComparison.Ordinal);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongPo_at_128K_on_a_7B_model_fits_into_24_GiB_per_machine_on_eight_machines()
    {
        string recipe = Path.Combine(Repository.Root, "recipes/qwen2.5-7b-instruct-longpo-128k.jsonc");
        string[] line =
            ["plan", recipe, "--memory", "24GiB", "--peak", "100", "--threads", "16", "--ranks", "8", "--context-parallel", "8"];

        (int code, string text, string error) = await CommandLine.Run(line);
        (_, string json, _) = await CommandLine.Run([.. line, "--json"]);

        Assert.True(code == 0, text + error);
        JsonObject plan = JsonNode.Parse(json)!.AsObject();
        Assert.Equal((8, 8), ((int)plan["ranks"]!, (int)plan["context_parallel"]!));
        JsonNode chosen = plan["levels"]!.AsArray().Single(l => (string)l!["recomputation"]! == (string)plan["chosen"]!)!;
        Assert.InRange((long)chosen["total"]!, 16L << 30, 24L << 30);
        // Keys and values of 128K tokens, eight trees per step, four exchanges: 7/8 of 28 layers · 8 · 512 bytes per token.
        double keys = 8.0 * 131_072 * 4 * 28 * 8 * 512 * 7 / 8;
        Assert.InRange((double)chosen["sent_bytes_per_step"]!, keys, 1.1 * keys);
        Assert.Contains("at 10 Gbit/s", text, StringComparison.Ordinal);
        Assert.Contains("at 100 Gbit/s", text, StringComparison.Ordinal);
        Assert.Contains("8: 1 for micro-steps, times 8 for the tokens of each", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Context_ranks_divide_activations_and_time_and_not_weights()
    {
        // A measured peak may rise between the two plans.
        JsonNode one = (await Plan("--peak", "100"))["levels"]![0]!,
            two = (await Plan("--peak", "100", "--ranks", "2", "--context-parallel", "2"))["levels"]![0]!;

        Assert.Equal((long)one["weights"]!, (long)two["weights"]!);
        Assert.Equal((double)one["seconds_per_step"]! / 2, (double)two["seconds_per_step"]!, 1e-9);
        Assert.Equal(0, (double)one["sent_bytes_per_step"]!);
        Assert.True((double)two["sent_bytes_per_step"]! > 0);
    }

    [Fact]
    public async Task Ranks_that_are_no_multiple_of_the_context_ranks_are_refused()
    {
        (int code, _, string error) = await CommandLine.Run("plan", _files.RecipePath, "--ranks", "4", "--context-parallel", "3");

        Assert.Equal(2, code);
        Assert.Contains("--ranks is 4 and --context-parallel 3", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frozen_weights_in_fewer_bits_take_less()
    {
        long stored = (long)(await Plan())["levels"]![0]!["weights"]!,
            eight = (long)(await Plan("--set", "weights=bf16"))["levels"]![0]!["weights"]!;

        Assert.InRange((double)eight / stored, 0.45, 0.55);
    }

    [Fact]
    public async Task A_weight_format_whose_blocks_do_not_fit_the_rows_is_refused_in_one_sentence()
    {
        (int code, _, string error) = await CommandLine.Run("plan", _files.RecipePath, "--set", "weights=q4_0");

        Assert.Equal(2, code);
        Assert.Contains("has rows of 48 values, which is not a multiple of the 32 values of a Q4_0 block", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_fits_training_refuses_in_one_sentence_and_begins_nothing()
    {
        (int planned, string output, _) = await CommandLine.Run("plan", _files.RecipePath, "--memory", "10MiB");
        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"), "--memory", "10MiB");

        Assert.Equal((1, 2), (planned, code));
        Assert.Contains("No plan fits in 10 MiB of memory.", output, StringComparison.Ordinal);
        Assert.Matches("MiB  too large  --set (objective.rejected_responses|micro_batch_tokens)=1", output);
        Assert.Matches("Training needs at least .* and may use 10 MiB: .*Lower micro_batch_tokens", error);
        Assert.False(Directory.Exists(_files.In("run")));
    }

    [Theory, InlineData("mlp"), InlineData("layer")]
    public async Task A_budget_that_needs_recomputation_gives_the_same_adapter(string level)
    {
        JsonObject fits = (await Plan())["levels"]!.AsArray().Select(l => l!.AsObject()).Single(l => (string)l["recomputation"]! == level);
        await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("whole"));
        string memory = $"{((long)fits["total"]! + 1023) / 1024}KiB";

        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("tight"), "--memory", memory);

        Assert.Equal(0, code);
        Assert.Contains("the backward pass recomputes", error, StringComparison.Ordinal);
        string adapter = "adapter/adapter_model.safetensors";
        Assert.Equal(File.ReadAllBytes(_files.In($"whole/{adapter}")), File.ReadAllBytes(_files.In($"tight/{adapter}")));
    }

    [Theory, InlineData("12"), InlineData("0GiB"), InlineData("-1GiB"), InlineData("many")]
    public async Task An_amount_without_sense_is_refused(string memory)
    {
        (int code, _, string error) = await CommandLine.Run("plan", _files.RecipePath, "--memory", memory);

        Assert.Equal(2, code);
        Assert.Contains("as in 16GiB", error, StringComparison.Ordinal);
    }

    public static TheoryData<string> Papers =>
        [
            "llama-3-8b-instruct-logo-64k",
            "llama-3-8b-instruct-80k-logo",
            "llama-2-7b-chat-logo-32k",
            "llama-2-7b-80k-logo",
            "mistral-7b-instruct-v0.2-logo-32k",
            "mistral-7b-instruct-v0.2-longpo-128k",
            "mistral-7b-instruct-v0.2-longpo-256k",
            "mistral-7b-instruct-v0.2-longpo-512k",
            "qwen2.5-7b-instruct-longpo-128k",
        ];

    [Theory, MemberData(nameof(Papers))]
    public async Task The_papers_recipes_are_planned_without_their_models_and_data(string name)
    {
        string recipe = Path.Combine(Repository.Root, "recipes", name + ".jsonc");

        (int code, string output, string error) = await CommandLine.Run("plan", recipe, "--memory", "2000GiB");
        (_, string json, _) = await CommandLine.Run("plan", recipe, "--memory", "2000GiB", "--json", "--set", "weights=q4_0");

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("Planned for the shape in ", output, StringComparison.Ordinal);
        Assert.Contains("whole run", output, StringComparison.Ordinal);
        JsonNode plan = JsonNode.Parse(json)!;
        Assert.InRange((double)plan["levels"]![0]!["weights"]! / (1L << 30), 3, 5);
        Assert.Equal((double)plan["tokens"]! * RecipeFile.Read<TrainRecipe>(recipe, []).BatchSize, (double)plan["tokens_per_step"]!);
    }

    [Fact]
    public async Task A_shape_that_is_asked_for_comes_before_what_the_recipe_names()
    {
        string small = Path.Combine(Repository.Root, "bench", "specs", "small.json");

        (_, string output, _) = await CommandLine.Run(
            "plan",
            Path.Combine(Repository.Root, "recipes", "tiny-logo-yarn.jsonc"),
            "--shape",
            small,
            "--json");

        JsonNode plan = JsonNode.Parse(output)!;
        Assert.Equal(3 * (1024 + 3 * 64), (int)plan["tokens"]!); // as many as fit into micro_batch_tokens
        Assert.Equal(32_000, (int)plan["embedding_rows"]!);
    }

    [Fact]
    public void A_step_of_twice_the_samples_takes_twice_the_time()
    {
        PlannedShape shape = new(ModelFiles.ReadConfig(_files.In("model")), Prompt: 60, Responses: [10, 8, 8]);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, []);

        TrainPlan twice = TrainPlan.Of(recipe with { BatchSize = 2 * recipe.BatchSize }, shape, null, 1e9),
            once = TrainPlan.Of(recipe, shape, null, 1e9);

        Assert.Equal(2 * once.TokensPerStep, twice.TokensPerStep);
        Assert.Equal(2 * once.Levels[0].SecondsPerStep, twice.Levels[0].SecondsPerStep, 6);
    }

    [Fact]
    public void Bundled_recipes_come_with_the_shapes_that_they_are_planned_for()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "recipes");
        string[] shapes =
        [
            .. from recipe in Directory.GetFiles(folder, "*.jsonc")
               from line in File.ReadAllLines(recipe)
               where line.Contains("\"plan_shape\"", StringComparison.Ordinal)
               select Path.Combine(folder, line.Split('"')[3]),
        ];

        Assert.NotEmpty(shapes);
        Assert.DoesNotContain(shapes, shape => !File.Exists(shape));
    }

    [Fact]
    public async Task Kto_counts_its_reference_point_in_each_step_and_its_references_once()
    {
        JsonObject kto = await Plan("--set", """objective={"name":"kto","beta":0.1}"""), logo = await Plan();

        Assert.Equal(
            [("reference", false), ("reference of mismatched responses", false), ("reference point", true)],
            kto["passes"]!.AsArray().Select(p => ((string)p!["purpose"]!, (bool)p["per_step"]!)));
        Assert.Empty(logo["passes"]!.AsArray());
        Assert.Equal(0, (double)logo["seconds_before"]!);
        // Twelve samples once, three per step: a quarter of the tokens.
        Assert.Equal(
            (double)kto["passes"]![1]!["tokens"]! / 4, (double)kto["passes"]![2]!["tokens"]!, 1e-9);
        Assert.True((double)kto["seconds_before"]! > 0);
    }

    [Fact]
    public async Task Ranks_divide_the_passes_before_the_first_step()
    {
        string[] line = ["--peak", "1", "--set", """objective={"name":"dpo","beta":0.1}"""];

        double one = (double)(await Plan(line))["seconds_before"]!;
        double four = (double)(await Plan([.. line, "--ranks", "4"]))["seconds_before"]!;

        Assert.True(one > 0);
        Assert.Equal(one / 4, four, one * 1e-9);
    }

    [Fact]
    public async Task Grpo_counts_its_group_and_its_reference()
    {
        const string Objective = """objective={"name":"grpo","sampling":{"max_new_tokens":SIZE,"responses":COUNT},"kl_weight":KL}""";
        static string Grpo(int size, int count, string kl) => Objective
            .Replace("SIZE", $"{size}", StringComparison.Ordinal)
            .Replace("COUNT", $"{count}", StringComparison.Ordinal)
            .Replace("KL", kl, StringComparison.Ordinal);
        _files.AnswerFacts();
        JsonObject four = await Plan("--peak", "100", "--set", Grpo(6, 4, "0")), eight = await Plan("--set", Grpo(6, 8, "0")),
            with = await Plan("--peak", "100", "--set", Grpo(6, 4, "0.1")),
            full = await Plan("--set", Grpo(6, 4, "0.1"), "--set", "lora=null"),
            without = await Plan("--set", Grpo(6, 4, "0"), "--set", "lora=null");

        Assert.Equal(["sampling", "log-probabilities of samples"], four["passes"]!.AsArray().Select(p => (string)p!["purpose"]!));
        // Three samples per step, with four more responses of six tokens each.
        Assert.Equal(3 * 4 * 6, (double)eight["passes"]![0]!["tokens"]! - (double)four["passes"]![0]!["tokens"]!, 1e-9);
        Assert.Equal(3 * 4 * 6, (double)eight["tokens_per_step"]! - (double)four["tokens_per_step"]!, 1e-9);
        Assert.Equal("reference of samples", (string)with["passes"]![2]!["purpose"]!);
        Assert.True(Seconds(with) > Seconds(four));
        Assert.Equal(Weights(four), Weights(with)); // mapped pages of the base model
        Assert.InRange(Weights(full) - Weights(without), 1, long.MaxValue); // the model before training is a second one

        static double Seconds(JsonObject plan) => (double)plan["levels"]![0]!["seconds_per_step"]!;
        static long Weights(JsonObject plan) => (long)plan["levels"]![0]!["weights"]!;
    }

    [Fact]
    public void Amounts_are_read_easily()
    {
        Assert.Equal("532 MiB", TrainPlan.Text(532L << 20));
        Assert.Equal("1.5 GiB", TrainPlan.Text(3L << 29));
    }

    [Fact]
    public void Durations_have_suitable_units()
    {
        double[] seconds = [0.52, 9.96, 59, 61, 1800, 3600 * 1.5, 3600 * 47, 3600 * 49, 86400 * 400, 28428 * 3600.0];

        Assert.Equal(
            ["0.52 s", "10 s", "59 s", "1 min", "30 min", "1.5 h", "47 h", "2 days", "400 days", "3.2 years"],
            seconds.Select(TrainPlan.Duration));
    }

    [Fact]
    public void Where_nothing_fits_a_plan_lists_changes_and_the_length_that_fits()
    {
        ModelConfig config = ModelFiles.ReadConfig(_files.In("model")) with { IntermediateSize = 64 };
        PlannedShape shape = new(config, Prompt: 6000, Responses: [100, 80, 80]);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, []) with
        {
            MicroBatchTokens = 20_000,
            Positions = IPositionScheme.Plain,
        };
        long least = TrainPlan.Of(recipe, shape, null, 1e9).Levels.Min(l => l.Memory.Total);

        TrainPlan plan = TrainPlan.Of(recipe, shape, least - 1, 1e9);

        Assert.Null(plan.Chosen);
        string[] settings = [.. plan.Alternatives.Select(a => string.Join(' ', a.Settings))];
        Assert.Equal(
            [
                "weights=q4_0", "lora.train_embeddings=false", "objective.rejected_responses=1", "micro_batch_tokens=1",
                "weights=q4_0 lora.train_embeddings=false objective.rejected_responses=1 micro_batch_tokens=1", "",
            ],
            settings);
        Assert.All(plan.Alternatives, a => Assert.True(a.Fits && a.Total < least));
        Assert.InRange(plan.Alternatives[^1].LongestSample!.Value, 1000, plan.Largest.Rows);
    }

    [Fact]
    public async Task A_given_peak_per_core_and_number_of_cores_replace_the_measured_peak()
    {
        JsonObject one = await Plan("--peak", "100", "--threads", "1"), sixteen = await Plan("--peak", "50", "--threads", "16");
        (_, string text, _) = await CommandLine.Run("plan", _files.RecipePath, "--peak", "100", "--threads", "4");

        Assert.Equal((100e9, 800e9), ((double)one["peak_flops"]!, (double)sixteen["peak_flops"]!));
        Assert.Null(one["available_share"]);
        Assert.Equal(8, Seconds(one) / Seconds(sixteen), 6);
        Assert.Contains("400 GFLOP/s in f32 with 4 threads, from --peak", text, StringComparison.Ordinal);

        static double Seconds(JsonObject plan) => (double)plan["levels"]![0]!["seconds_per_step"]!;
    }

    [Theory]
    [InlineData("A recipe is missing.")]
    [InlineData("--peak: use a number of GFLOP/s above 0", "recipe.jsonc", "--peak", "0")]
    [InlineData("--table has its own models and samples and does not take a recipe, --json.", "recipe.jsonc", "--table", "--json")]
    public async Task Arguments_of_plan_that_do_not_fit_together_are_refused(string problem, params string[] arguments)
    {
        (int code, _, string error) = await CommandLine.Run(["plan", .. arguments]);

        Assert.Equal(2, code);
        Assert.Contains(problem, error, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    async Task<JsonObject> Plan(params string[] more)
    {
        (int code, string output, _) = await CommandLine.Run(["plan", _files.RecipePath, "--json", .. more]);
        Assert.Equal(0, code);
        return JsonNode.Parse(output)!.AsObject();
    }
}
