using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Tests.Workflows.Pretrain;

namespace Farsight.Tests.Cli;

public sealed class PretrainCommandTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public PretrainCommandTests()
    {
        File.WriteAllText(_folder["recipe.jsonc"], PretrainRunTests.Text);
        File.WriteAllText(_folder["text.txt"], string.Concat(Enumerable.Repeat("The keeper wrote down every ship that passed. ", 60)));
    }

    [Fact]
    public async Task Trains_a_model_and_prints_where_it_is()
    {
        (int code, string output, string error) = await Pretrain("recipe.jsonc", "text.txt");
        (int again, _, string refusal) = await Pretrain("recipe.jsonc", "text.txt");
        (int resumed, _, _) = await Pretrain("recipe.jsonc", "text.txt", "--resume");

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        Assert.EndsWith($"model{Environment.NewLine}", output, StringComparison.Ordinal);
        Assert.Contains("step 10/10", error, StringComparison.Ordinal);
        Assert.Contains("loss", error, StringComparison.Ordinal);
        using DecoderModel model = ModelLoader.Load(_folder["run/model"]);
        Assert.Equal(96, model.Config.MaxPositionEmbeddings);
        Assert.Equal(2, again);
        Assert.Contains("already has a run", refusal, StringComparison.Ordinal);
        Assert.Equal(0, resumed);
    }

    [Theory]
    [InlineData("nowhere.jsonc", "text.txt", new string[0], "nowhere.jsonc: no such recipe")]
    [InlineData("recipe.jsonc", "nowhere", new string[0], "does not exist")]
    [InlineData("recipe.jsonc", "text.txt", new[] { "--set", "model.head_dim=15" }, "model.head_dim")]
    [InlineData("recipe.jsonc", "text.txt", new[] { "--set", "stpes=3" }, "stpes: unknown key")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(
        string recipe, string documents, string[] more, string named)
    {
        (int code, string output, string error) = await Pretrain(recipe, documents, more);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public async Task Continued_pre_training_is_planned_and_refused_where_the_memory_is_too_small()
    {
        string tiny = Path.Combine(Repository.Root, "models/tiny");
        File.WriteAllText(
            _folder["continue.jsonc"],
            """
            {
              "domains": [{ "documents": "text.txt", "share": 1, "length": 300 }], "steps": 2, "tokens_per_step": 300,
              "micro_batch_tokens": 301, "optimizer": { "learning_rate": 1e-3 }
            }
            """);
        string[] plan = ["plan", _folder["continue.jsonc"], "--from", tiny, "--peak", "100", "--threads", "1"];

        (int code, string text, string error) = await CommandLine.Run(plan);
        (int tight, string none, _) = await CommandLine.Run([.. plan, "--memory", "1MiB"]);
        (int wrong, _, string refusal) = await CommandLine.Run([.. plan, "--ranks", "2"]);
        (int trained, _, string small) = await CommandLine.Run(
            ["pretrain", _folder["continue.jsonc"], "--from", tiny, "--out", _folder["run"], "--memory", "1MiB"]);
        (int alone, _, string unused) = await Pretrain("recipe.jsonc", "text.txt", "--memory", "1GiB");

        Assert.True(code == 0, error);
        Assert.Contains("largest tree        301 tokens", text, StringComparison.Ordinal);
        Assert.Contains("training recomputes nothing", text, StringComparison.Ordinal);
        Assert.Equal(1, tight);
        Assert.Contains("No plan fits in 1 MiB of memory.", none, StringComparison.Ordinal);
        Assert.Equal(2, wrong);
        Assert.Contains("--from plans the documents of the recipe in one process and does not take --ranks.", refusal);
        Assert.Equal(2, trained);
        Assert.Contains("Lower micro_batch_tokens or the length of the domains", small, StringComparison.Ordinal);
        Assert.Equal(2, alone);
        Assert.Contains("--memory applies to continued pre-training only", unused, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    Task<(int Code, string Out, string Error)> Pretrain(string recipe, string documents, params string[] more) =>
        CommandLine.Run(["pretrain", _folder[recipe], "--documents", _folder[documents], "--out", _folder["run"], .. more]);
}
