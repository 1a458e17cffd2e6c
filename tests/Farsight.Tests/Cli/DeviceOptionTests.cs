using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Cli;

/// <summary>--device without the component that computes on a device.</summary>
public sealed class DeviceOptionTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Theory, InlineData("cuda", "cuda"), InlineData("cuda:1", "cuda"), InlineData("torch-cpu", "cpu")]
    public async Task A_device_without_the_component_is_an_error_that_says_how_to_get_it(string device, string property)
    {
        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"), "--device", device);

        Assert.Equal(2, code);
        Assert.Equal(
            $"The device {device} needs the component Farsight.Torch, which is not installed; publish Farsight with it: "
                + $"'dotnet publish src/Farsight.Cli -p:Torch={property}' (docs/gpu.md).",
            error.TrimEnd());
        Assert.False(Directory.Exists(_files.In("run")));
    }

    [Fact]
    public async Task The_device_of_a_recipe_is_opened_and_the_option_wins()
    {
        string[] line = ["train", _files.RecipePath, "--out", _files.In("run"), "--set", "steps=3"];

        (int named, _, string error) = await CommandLine.Run([.. line, "--set", "device=torch-cpu"]);
        (int cpu, _, string none) = await CommandLine.Run([.. line, "--set", "device=torch-cpu", "--device", "cpu"]);

        Assert.Equal(2, named);
        Assert.StartsWith("The device torch-cpu needs the component Farsight.Torch", error, StringComparison.Ordinal);
        Assert.True(cpu == 0, none);
        Assert.Equal("cpu", (string)JsonNode.Parse(File.ReadAllText(_files.In("run/recipe.resolved.json")))!["device"]!);
        Assert.Equal("cpu", (string)JsonNode.Parse(File.ReadAllText(_files.In("run/manifest.json")))!["device"]!);
    }

    [Fact]
    public async Task A_run_is_resumed_with_another_device_in_its_recipe()
    {
        string[] line = ["train", _files.RecipePath, "--out", _files.In("run"), "--set", "steps=3"];
        Assert.Equal(0, (await CommandLine.Run(line)).Code);
        Assert.DoesNotContain("device", File.ReadAllText(_files.In("run/recipe.resolved.json")), StringComparison.Ordinal);

        (int code, _, string error) = await CommandLine.Run([.. line, "--set", "device=cpu", "--resume"]);

        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task An_unknown_device_in_a_recipe_is_a_problem_of_the_recipe()
    {
        (int code, _, string error) = await CommandLine.Run(
            "train", _files.RecipePath, "--out", _files.In("run"), "--set", "device=gpu");

        Assert.Equal(2, code);
        Assert.Contains(
            "device: 'gpu' is unknown; use cpu, torch-cpu, cuda, or cuda:1 for the second GPU.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_nobody_opened_is_refused()
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, ["device=cuda"]);

        InputException e = Assert.Throws<InputException>(() => TrainRun.Start(
            new(recipe, _files.RecipePath, _files.In("run"), Resume: false), _ => { }, null, default));

        Assert.StartsWith("device is cuda, but none was opened", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_device_of_an_evolution_is_opened()
    {
        string recipe = Path.Combine(Repository.Root, "recipes/tiny-evolve.jsonc");

        (int code, _, string error) = await CommandLine.Run("evolve", recipe, "--out", _files.In("run"), "--set", "device=torch-cpu");

        Assert.Equal(2, code);
        Assert.StartsWith("The device torch-cpu needs the component Farsight.Torch", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_study_has_one_device_for_all_variants()
    {
        string study = _files.In("study.json");
        void Write(string more) => File.WriteAllText(study, $$"""
            {"title":"t","question":"q","base":"recipe.jsonc","variants":[{"name":"a"}],"measure":[{"tasks":["needle"],"lengths":[64],
            "depths":1,"samples":1}]{{more}}}
            """);
        Write(""","set":{"device":"cuda"}""");
        (int different, _, string problem) = await CommandLine.Run("study", study, "--out", _files.In("study"));
        Write(""","device":"torch-cpu","set":{"device":"torch-cpu"}""");
        (int same, _, string opened) = await CommandLine.Run("study", study, "--out", _files.In("study"));

        Assert.Equal((2, 2), (different, same));
        Assert.Contains("device is 'cuda', but a study trains all variants on one device", problem, StringComparison.Ordinal);
        Assert.StartsWith("The device torch-cpu needs the component Farsight.Torch", opened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_device_is_an_error_with_the_known_ones()
    {
        (int code, _, string error) = await CommandLine.Run(
            "generate", "--prompt", "Hello", "--model", _files.In("model"), "--device", "gpu");

        Assert.Equal(2, code);
        Assert.Equal("The device 'gpu' is unknown; use cpu, torch-cpu, cuda, or cuda:1 for the second GPU.", error.TrimEnd());
    }

    [Fact]
    public async Task Training_in_bf16_is_recorded_and_is_not_resumed_in_f32()
    {
        string[] line = ["train", _files.RecipePath, "--out", _files.In("run"), "--set", "steps=3"];

        (int code, _, string error) = await CommandLine.Run([.. line, "--precision", "bf16"]);
        (int again, _, string refusal) = await CommandLine.Run([.. line, "--resume"]);
        (int set, _, string same) = await CommandLine.Run([.. line, "--set", "precision=bf16", "--resume"]);

        Assert.True(code == 0, error);
        Assert.Equal("bf16", (string)JsonNode.Parse(File.ReadAllText(_files.In("run/recipe.resolved.json")))!["precision"]!);
        Assert.Equal("bf16", (string)JsonNode.Parse(File.ReadAllText(_files.In("run/manifest.json")))!["precision"]!);
        Assert.Equal(2, again);
        Assert.Contains("precision", refusal, StringComparison.Ordinal);
        Assert.True(set == 0, same);
    }

    [Theory]
    [InlineData("precision: q8 is for reading only; train in f32 or bf16.", "precision=q8")]
    [InlineData("f32, bf16", "precision=f16")]
    public async Task A_precision_that_cannot_be_trained_in_is_a_problem_of_the_recipe(string problem, string setting)
    {
        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"), "--set", setting);

        Assert.Equal(2, code);
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("run")));
    }

    [Fact]
    public async Task Q8_needs_a_model_with_matrices_in_eight_or_four_bits()
    {
        (int code, _, string error) = await CommandLine.Run(
            "generate", "--prompt", "Hello", "--model", _files.In("model"), "--precision", "q8");

        Assert.Equal(2, code);
        Assert.Contains("precision q8 needs matrices in Q8_0 or Q4_0", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_and_a_device_cannot_be_combined()
    {
        (int code, _, string error) = await CommandLine.Run(
            "eval", "--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "m", "--device", "cuda");

        Assert.Equal(2, code);
        Assert.Equal("--device and --precision cannot be combined with --endpoint, which computes the model.", error.TrimEnd());
    }

    [Fact]
    public async Task The_doctor_says_that_the_component_is_not_installed()
    {
        (_, string output, _) = await CommandLine.Run("doctor", "--folder", _files.Root);

        Assert.Contains("\ntorch      component not installed; needed only to compute on a GPU\n", output, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();
}
