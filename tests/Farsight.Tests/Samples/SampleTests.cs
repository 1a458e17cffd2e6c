using System.Reflection;

namespace Farsight.Tests.Samples;

/// <summary>Runs the programs in samples/ on the bundled model.</summary>
public sealed class SampleTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Score_prints_the_log_probability_of_each_token_and_the_perplexity()
    {
        string[] lines = (await Run("Score")).TrimEnd().Split('\n');

        Assert.StartsWith("perplexity ", lines[^1], StringComparison.Ordinal);
        Assert.All(lines[..^1], l => Assert.Matches(@"^ *-[0-9]+\.[0-9]{3}  ", l));
    }

    [Fact]
    public async Task Generate_continues_the_prompt() => Assert.NotEqual("", (await Run("Generate")).Trim());

    [Fact]
    public async Task Chat_answers_the_same_as_a_chat_client_and_as_a_model()
    {
        string[] answers = (await Run("Chat")).TrimEnd().Split('\n');

        Assert.Equal(2, answers.Length);
        Assert.Equal(answers[0], answers[1]);
    }

    [Fact]
    public async Task Train_writes_an_adapter()
    {
        string output = await Run("Train", _folder["run"]);

        Assert.Equal($"Adapter: {_folder["run/adapter"]}", output.Trim());
        Assert.True(File.Exists(_folder["run/adapter/adapter_model.safetensors"]));
    }

    [Fact]
    public async Task Evaluate_prints_the_needles_of_both_lengths() =>
        Assert.Matches(@"^256 tokens: [0-9]+ % of 4 needles\r?\n512 tokens: [0-9]+ % of 4 needles\r?\n$", await Run("Evaluate"));

    [Fact]
    public async Task Evaluator_scores_stored_answers_and_reads_the_report_that_it_writes()
    {
        string output = await Run("Evaluator", _folder["report.json"]);

        Assert.Equal("needle/single (hotpotqa): 2 answers\n2 results in report.json\n", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_sample_is_shorter_than_20_lines() => Assert.All(
        Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "Program.cs", SearchOption.AllDirectories),
        file => Assert.InRange(File.ReadAllLines(file).Length, 1, 19));

    [Fact]
    public void The_library_page_shows_the_samples_as_they_are()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/library.md")).ReplaceLineEndings("\n");
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "Program.cs", SearchOption.AllDirectories))
        {
            string code = File.ReadAllText(file).ReplaceLineEndings("\n");
            Assert.Contains($"```csharp\n{code[(code.IndexOf('\n') + 1)..]}```\n", page, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    static async Task<string> Run(string sample, params string[] more)
    {
        MethodInfo main = Assembly.Load($"Farsight.Samples.{sample}").EntryPoint!;
        string[] args = [Path.Combine(Repository.Root, "models/tiny"), .. more];
        (_, string output, string error) = await CommandLine.Capture(() => Task.Run(() =>
        {
            main.Invoke(null, [args]);
            return 0;
        }));
        Assert.Equal("", error);
        return output;
    }
}
