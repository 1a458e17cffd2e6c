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
    public async Task A_number_format_without_a_device_is_an_error()
    {
        (int code, _, string error) = await CommandLine.Run(
            "train", _files.RecipePath, "--out", _files.In("run"), "--precision", "bf16");

        Assert.Equal(2, code);
        Assert.Equal("--precision needs --device torch-cpu or cuda; the device cpu always computes in F32.", error.TrimEnd());
    }

    [Fact]
    public async Task An_endpoint_and_a_device_cannot_be_combined()
    {
        (int code, _, string error) = await CommandLine.Run(
            "eval", "--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "m", "--device", "cuda");

        Assert.Equal(2, code);
        Assert.Equal("--device and --endpoint cannot be combined; the endpoint computes the model.", error.TrimEnd());
    }

    [Fact]
    public async Task The_doctor_says_that_the_component_is_not_installed()
    {
        (_, string output, _) = await CommandLine.Run("doctor", "--folder", _files.Root);

        Assert.Contains("\ntorch      component not installed; needed only to compute on a GPU\n", output, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();
}
