using System.Text.Json.Nodes;

namespace Farsight.Tests.Cli;

/// <summary><c>farsight plan --device</c>.</summary>
public sealed class DevicePlanTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact]
    public async Task The_plan_of_a_device_counts_frozen_weights_layer_inputs_and_parts_that_add_up()
    {
        string shape = _files.In("shape.json");
        File.WriteAllText(
            shape,
            """{"hidden":64,"layers":3,"heads":4,"kv_heads":2,"ffn":96,"vocab":320,"prompt":1000,"responses":[50,40,30]}""");
        string[] line =
        [
            "plan", _files.RecipePath, "--shape", shape, "--device", "cuda", "--memory", "24GiB",
            "--set", """positions={"scheme":"plain"}""",
        ];

        (int code, string json, _) = await CommandLine.Run([.. line, "--json"]);
        (_, string text, _) = await CommandLine.Run(line);
        JsonNode eight = JsonNode.Parse((await CommandLine.Run([.. line, "--json", "--set", "weights=q8_0"])).Out)!;

        JsonNode plan = JsonNode.Parse(json)!;
        Assert.Equal((0, true, "bf16"), (code, (bool)plan["fits"]!, (string)plan["precision"]!));
        // Of each layer q, k, v, o and three matrices of the MLP, and the head; embeddings are on the host, and norms are trained.
        long matrices = 3 * (64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 96) + 320 * 64;
        Assert.Equal(2 * matrices, (long)plan["weights"]!);
        Assert.Equal(matrices * 34 / 32, (long)eight["weights"]!);
        // The inputs of three layers in BF16, and the result of the last for the rows that predict scored tokens.
        Assert.Equal(2 * 64 * (3 * 1120 + 118), (long)plan["activations"]!);
        string[] parts = ["weights", "trained", "activations", "layer", "logits", "libraries"];
        Assert.Equal((long)plan["total"]!, parts.Sum(p => (long)plan[p]!));
        Assert.True((long)eight["layer"]! > (long)plan["layer"]!); // widened matrices
        Assert.Contains(
            "The run fits in 24.0 GiB of device memory. The figures are computed, not measured.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The device cuda needs --memory: its size, as in 80GiB.", "--device", "cuda")]
    [InlineData("The device 'gpu' is unknown", "--device", "gpu", "--memory", "24GiB")]
    [InlineData("cannot be used with --context-parallel", "--device", "cuda", "--memory", "1GiB", "--ranks", "2",
        "--context-parallel", "2")]
    public async Task A_device_that_cannot_be_planned_is_refused(string problem, params string[] options)
    {
        (int code, _, string error) = await CommandLine.Run(["plan", _files.RecipePath, .. options]);

        Assert.Equal(2, code);
        Assert.Contains(problem, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_device_of_a_recipe_is_planned_and_the_option_wins()
    {
        string[] line = ["plan", _files.RecipePath, "--set", "device=cuda", "--memory", "24GiB", "--json", "--peak", "1"];

        (_, string device, _) = await CommandLine.Run(line);
        (_, string cpu, _) = await CommandLine.Run([.. line, "--device", "cpu"]);

        Assert.Equal("cuda", (string)JsonNode.Parse(device)!["device"]!);
        Assert.NotNull(JsonNode.Parse(cpu)!["levels"]);
    }

    [Fact]
    public async Task A_device_with_too_little_memory_has_exit_code_1()
    {
        (int code, string text, _) = await CommandLine.Run("plan", _files.RecipePath, "--device", "torch-cpu", "--memory", "1GiB");

        Assert.Equal(1, code);
        Assert.Contains("device              torch-cpu, activations in F32", text, StringComparison.Ordinal);
        Assert.Contains("The run does not fit in 1.0 GiB", text, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();
}
