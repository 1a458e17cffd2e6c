using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Cli;

public sealed class EvalCommandTests
{
    [Fact]
    public async Task List_names_every_task_below_its_benchmark_and_the_data_that_this_needs()
    {
        string output = await Run("--list");

        Assert.Equal(
            EvalTaskCatalog.All.Select(t => t.Card.Name).Order(),
            output.Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal)).Select(l => l.TrimStart().Split(' ')[0]).Order());
        Assert.Contains("\nruler (13 tasks; data: ", output);
        Assert.Matches("^generated examples \\([0-9]+ tasks; no data needed\\)\n  fiction/multi ", output);
    }

    [Fact]
    public async Task Help_has_examples_and_every_option_in_a_group()
    {
        string output = await Run("--help");

        Assert.Contains("farsight eval --model models/tiny --length 512 1024 --out reports/base\n", output);
        Assert.Contains("\nTasks:\n  --list ", output);
        Assert.Contains("--length <length>", output);
        Assert.DoesNotContain("Other options:", output);
    }

    [Fact]
    public async Task A_length_with_a_unit_is_refused_with_the_number_to_write() =>
        Assert.Contains("'1K' is not a whole number from -2147483648 to 2147483647. Write 1024.", await Refused("--length", "1K"));

    [Fact]
    public async Task A_folder_with_other_files_is_not_used_for_answers()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["letter.txt"], "dear");
        string own = Path.GetDirectoryName(folder["letter.txt"])!;

        string error = await Refused("--model", "models/tiny", "--length", "512", "--depths", "1", "--samples", "1", "--out", own);

        Assert.Contains("is not empty and is not an evaluation (it contains letter.txt)", error);
    }

    [Fact]
    public async Task The_folder_of_a_training_run_is_not_used_for_answers()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["run.lock"], "");
        File.WriteAllText(folder["timing.jsonl"], "{}\n");
        string run = Path.GetDirectoryName(folder["run.lock"])!;

        string error = await Refused("--model", "models/tiny", "--length", "512", "--depths", "1", "--samples", "1", "--out", run);

        Assert.Contains("is not empty and is not an evaluation (it contains run.lock)", error);
        Assert.Equal("{}\n", File.ReadAllText(folder["timing.jsonl"]));
    }

    [Fact]
    public async Task An_unknown_task_is_said_before_the_model_is_opened()
    {
        string message = await Refused("--task", "nedle", "--model", "nowhere");

        Assert.StartsWith("No task 'nedle'. Did you mean 'needle'? Tasks: ", message);
        Assert.Contains(". 'farsight eval --list' describes the tasks.", message);
    }

    [Fact]
    public async Task A_missing_model_is_said() =>
        Assert.Contains(
            "--model is missing; name a model directory, or an adapter with --adapter, or a server with --endpoint.",
            await Refused("--task", "needle"));

    [Fact]
    public async Task Missing_documents_are_said() =>
        Assert.Contains("'nowhere' do not exist", await Refused("--model", "x", "--documents", "nowhere"));

    [Fact]
    public async Task A_misspelt_option_is_not_taken_for_a_task() =>
        Assert.Contains("No task '--lenght'", await Refused("--task", "needle", "--lenght", "3", "--model", "x"));

    [Fact]
    public async Task List_as_JSON_tells_kind_and_data()
    {
        string output = await Run("--list", "--json", "--task", "perplexity");

        Assert.Contains("\"kind\": \"choices\"", output);
        Assert.DoesNotContain("needle/", output);
    }

    [Theory]
    [InlineData("--model and --endpoint cannot", "--model", "x", "--endpoint", "http://localhost:1/v1", "--endpoint-model", "m")]
    [InlineData("--judge-endpoint-model requires --judge-endpoint", "--model", "x", "--judge-endpoint-model", "m")]
    [InlineData("No suite 'medium'", "--model", "x", "--suite", "medium")]
    [InlineData("the data folder 'nowhere' does not exist", "--model", "x", "--data", "nowhere")]
    [InlineData(
        "Heads of a model behind an endpoint cannot be switched off",
        "--task",
        "needle",
        "--mask-heads",
        "0-0",
        "--endpoint",
        "http://localhost:1/v1",
        "--endpoint-model",
        "m"
    )]
    [InlineData("the limit must be at least 1", "--model", "x", "--limit", "0")]
    [InlineData("lengths must be 2 to 16777216 tokens", "--model", "x", "--length", "100000000")]
    [InlineData("depths must be 1 to 1000", "--model", "x", "--depths", "2147483647")]
    [InlineData("samples must be 1 to 1000000", "--model", "x", "--samples", "2147483647")]
    [InlineData("--threads: use 1 to ", "--model", "x", "--threads", "1000000")]
    [InlineData("several draws need a temperature above 0", "--model", "x", "--draws", "3")]
    [InlineData("several draws need a temperature above 0", "--model", "x", "--samples-per-example", "3")]
    [InlineData("expects a single argument", "--model", "x", "--draws", "2", "--samples-per-example", "3")]
    [InlineData("positions 'rand' are unknown", "--model", "x", "--positions", "rand")]
    [InlineData("A path is empty", "--model", "")]
    public async Task What_does_not_go_together_is_said(string message, params string[] args) =>
        Assert.Contains(message, await Refused(args));

    [Fact]
    public async Task An_endpoint_is_evaluated_from_the_command_line()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = _ => "nothing";
        using TemporaryFolder folder = new();

        (int code, string output, string error) = await CommandLine.Run(
            "eval", "--task", "needle", "--length", "512", "--depths", "2", "--samples", "2", "--out", folder["out"],
            "--endpoint", server.Url, "--endpoint-model", "small", "--tokenizer", "models/tiny");

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        Assert.Equal(4, server.Requests);
        Assert.Contains("needle/single v1", output);
        Assert.Contains("small at ", File.ReadAllText(folder["out/results.json"]));
        Assert.Contains("4 answers from endpoints", error);
    }

    [Fact]
    public async Task Without_a_tokenizer_a_task_that_counts_tokens_is_refused()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();

        Assert.Contains(
            "uses the model's chat format, which is not known",
            (await CommandLine.Run("eval", "--task", "needle", "--endpoint", server.Url, "--endpoint-model", "small")).Error);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Data_of_a_folder_that_is_not_there_is_an_error() =>
        Assert.Contains("The data folder 'nowhere' does not exist", await Refused("data", "--data", "nowhere"));

    [Fact]
    public async Task Data_lists_all_benchmarks_with_state_size_license_and_source()
    {
        using TemporaryFolder folder = new();
        (int code, string output, _) = await CommandLine.Run("eval", "data", "--data", folder.Path);

        Assert.Equal(1, code);
        string[] lines = output.ReplaceLineEndings("\n").Split('\n');
        string Of(string name) => lines.Single(l => l.StartsWith($"{name} ", StringComparison.Ordinal));
        Assert.Matches("^mmlu +missing +6.2 MiB +all +MIT; hendrycks/test, copy in Dominic789654/LongGenBench@9845864$", Of("mmlu"));
        Assert.Matches("^longins +missing +unknown +none +none stated; Ins-Bench", Of("longins"));
        const string Heading = "No data needed: ";
        string[] without = lines.Single(l => l.StartsWith(Heading, StringComparison.Ordinal))[Heading.Length..].Split(", ");
        Assert.Contains("needle-threading", without);
        Assert.All(
            EvalTaskCatalog.All.Select(t => t.Card.Benchmark is { Length: > 0 } b ? b : t.Card.Name).Except(without),
            name => Assert.NotEmpty(Of(name)));
    }

    [Fact]
    public async Task Data_lists_the_files_of_a_task()
    {
        (int code, string output, _) = await CommandLine.Run("eval", "data", "--data", "/", "--task", "mmlu");

        Assert.Contains("missing    mmlu/dev/", output);
        Assert.Contains("0 of 2 files found. Files may be compressed as .gz or .bz2.", output);
        Assert.Equal(1, code);
    }

    [Fact]
    public async Task Data_whose_license_permits_no_download_are_listed_with_their_commands()
    {
        using TemporaryFolder folder = new();
        (int code, string output, _) = await CommandLine.Run("eval", "data", "get", "sgt_short", "--data", folder.Path);

        Assert.Equal(1, code);
        Assert.Contains("Not downloaded (license: none stated): longgenbench_sgt/Dataset_short.json", output);
        Assert.Contains($"  cp source/Dataset/Dataset_*.json {folder.Path}/longgenbench_sgt/", output);
    }

    [Fact]
    public async Task Data_of_unknown_tasks_and_without_a_folder_are_refused()
    {
        Assert.Contains("No task 'x'", await Refused("data", "get", "x", "--data", "d"));
        if (Environment.GetEnvironmentVariable(EvalData.Variable) is null)
        {
            Assert.Contains("No data folder.", await Refused("data", "get", "mmlu"));
        }
    }

    [Fact]
    public async Task A_task_that_generates_its_examples_is_reported_to_need_no_data() =>
        Assert.Equal("The named tasks need no data: they generate their examples.\n", await Run("data", "--task", "needle"));

    [Fact]
    public async Task Results_are_exported_as_a_report_of_the_dotnet_evaluation_library_and_imported_again()
    {
        using TemporaryFolder folder = new();
        EvalResults results = EvalSamples
            .Runner(new ScriptedCompleter(r => ScriptedTask.NumberOf(r) == "2" ? "wrong" : ScriptedTask.NumberOf(r)))
            .Run(ScriptedPlans.Of(new NumbersTask(3)));
        Rescoring.Write(folder["first"], results);

        string exported = await Run("extensions", folder["first"], "--out", folder["report.json"]);
        string imported = await Run("import", folder["report.json"], "--out", folder["second"]);

        Assert.Equal($"Report: {folder["report.json"]}\n", exported);
        Assert.Contains("test/numbers", imported, StringComparison.Ordinal);
        EvalResults read = EvalFiles.ReadResults(folder["second"]);
        Assert.Equal(results.Examples.Select(e => (e.Id, e.Score, e.Completion)), read.Examples.Select(e => (e.Id, e.Score, e.Completion)));
        Assert.True(File.Exists(folder["second/report.html"]));
        (int ranked, string ranking, _) = await CommandLine.Run("rank", folder["first"], folder["second"], "--by-score");
        Assert.Equal(0, ranked);
        Assert.Contains("Ties: 100.0 %", ranking, StringComparison.Ordinal);
        Assert.Equal(
            $"Store: {folder["store"]}\n",
            await Run("extensions", folder["first"], "--format", "store", "--execution", "x", "--out", folder["store"]));
        Assert.Equal(3, Directory.GetFiles(folder["store/results/x"], "*.json", SearchOption.AllDirectories).Length);
        Assert.Contains(
            "report.json exists; choose another file", await Refused("extensions", folder["first"], "--out", folder["report.json"]));
        Assert.Contains("is not empty", await Refused("import", folder["report.json"], "--out", folder["second"]));
        Assert.Contains("no execution 'x'", await Refused("import", folder["report.json"], "--execution", "x", "--out", folder["third"]));
    }

    [Fact]
    public async Task Answers_in_a_jsonl_file_have_no_scores_to_rank_by()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a.jsonl"], """{"question": "How far?", "answer": "Far."}""");

        (int code, _, string error) = await CommandLine.Run("rank", folder["a.jsonl"], folder["b"], "--by-score");

        Assert.Equal(2, code);
        Assert.Contains("A JSONL file has no scores", error, StringComparison.Ordinal);
    }

    static async Task<string> Run(params string[] args) => (await CommandLine.Run(["eval", .. args])).Out.ReplaceLineEndings("\n");

    static async Task<string> Refused(params string[] args)
    {
        (int code, _, string error) = await CommandLine.Run(["eval", .. args]);
        Assert.Equal(2, code);
        return error;
    }
}
