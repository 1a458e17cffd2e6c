using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Synthesis;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Evaluation.Core;
using Farsight.Tests.Alignment.Synthesis;
using Farsight.Tests.Workflows.Study;
using Farsight.Workflows.Evolve;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Workflows.Distributed;

/// <summary>Evaluation, synthesis, studies and evolution by ranks that are threads: every file has the bytes of one process.</summary>
public sealed class RankedWorkTests : IDisposable
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    // Five groups; two ranks have four in progress.
    const int Samples = 140;

    readonly TemporaryFolder _folder = new();
    readonly SynthesisFiles _data = new();

    public static TheoryData<string, int, string?> Evaluations => new()
    {
        { "needle", 2, null }, { "needle", 3, null }, { "perplexity", 2, null }, { "needle", 2, "chain-of-agents:chunk=100,note=16" },
        { "retrieval-heads", 2, null },
    };

    [Theory, MemberData(nameof(Evaluations))]
    public void An_evaluation_by_ranks_writes_the_bytes_of_one_process(string task, int size, string? method)
    {
        Evaluate("alone", 1, task, method);

        Evaluate("ranks", size, task, method);

        AssertSame("alone", "ranks", "examples.jsonl", "results.json");
    }

    [Fact]
    public void An_evaluation_that_ranks_left_unfinished_keeps_its_examples_and_ends_in_the_bytes_of_one_process()
    {
        // More groups than three ranks answer at a time, so that some are not begun when the first reports.
        int[] lengths = [256, 275, 300, 320, 340, 360, 380, 400];
        Evaluate("alone", 1, "needle", null, lengths);
        using CancellationTokenSource stop = new();

        Assert.ThrowsAny<OperationCanceledException>(() => Evaluate("ranks", 3, "needle", null, lengths, stop));
        string[] kept = File.ReadAllLines(_folder["ranks/examples.jsonl"]);
        Evaluate("ranks", 2, "needle", null, lengths);

        Assert.NotEmpty(kept);
        Assert.Equal(kept, File.ReadLines(_folder["alone/examples.jsonl"]).Take(kept.Length));
        AssertSame("alone", "ranks", "examples.jsonl", "results.json");
    }

    [Fact]
    public void Ranks_with_different_models_are_refused()
    {
        string other = _folder["other"];
        Directory.CreateDirectory(other);
        foreach (string file in Directory.GetFiles(s_model))
        {
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        }
        File.AppendAllText(Path.Combine(other, "config.json"), "\n");

        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(2, ranks =>
            Evaluate(ranks, "out", "needle", null, null, ranks.IsFirst ? s_model : other)));

        Assert.Contains("differs from rank 0", e.Message, StringComparison.Ordinal);
        Assert.Contains(") in its model; start every rank with the same program", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void Data_that_ranks_make_are_those_of_one_process(int size)
    {
        Synthesize("alone.jsonl", 1);

        Synthesize("ranks.jsonl", size);

        AssertSame("alone", "ranks", ".jsonl", ".jsonl.summary.json");
        Assert.Equal(Samples, File.ReadLines(_data["ranks.jsonl"]).Count());
    }

    [Fact]
    public void Data_that_ranks_left_unfinished_are_resumed_by_another_number_of_ranks()
    {
        Synthesize("alone.jsonl", 1);
        using CancellationTokenSource stop = new();

        Assert.ThrowsAny<OperationCanceledException>(() => Synthesize("ranks.jsonl", 2, stop));
        Assert.InRange(File.ReadLines(_data["ranks.jsonl.partial"]).Count(), 1, Samples - 1);
        Synthesize("ranks.jsonl", 3);

        AssertSame("alone", "ranks", ".jsonl", ".jsonl.summary.json");
    }

    [Fact]
    public void A_study_is_divided_by_runs_and_has_the_results_of_one_process()
    {
        using StudyFiles files = new();
        files.Run("alone");

        bool[] complete = ThreadRanks.Run(3, ranks => StudyRun.Start(
            new(files.Read(), files.Path, files.In("ranks")) { Ranks = ranks }, _ => { }, null, default).IsComplete);

        Assert.All(complete, Assert.True);
        Assert.Equal(File.ReadAllBytes(files.In("alone/results.json")), File.ReadAllBytes(files.In("ranks/results.json")));
    }

    [Fact, Trait("Category", "Slow")]
    public void An_evolution_by_ranks_has_the_bytes_of_one_process()
    {
        ThreadRanks.Run(1, ranks => Evolve(ranks, "alone"));

        ThreadRanks.Run(2, ranks => Evolve(ranks, "ranks"));

        AssertSame(
            "alone", "ranks", "evolution.json", "iteration-1/data.jsonl", "iteration-1/run/metrics.jsonl",
            "iteration-1/model/model.safetensors");
    }

    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
    }

    void AssertSame(string expected, string actual, params string[] files) => Assert.All(files, file =>
    {
        string Text(string run) => File.ReadAllText(file.StartsWith('.') ? _data[run + file] : _folder[$"{run}/{file}"]);
        Assert.Equal(Text(expected), Text(actual));
    });

    void Evaluate(
        string output, int size, string task, string? method, int[]? lengths = null, CancellationTokenSource? stop = null) =>
        ThreadRanks.Run(size, ranks => Evaluate(ranks, output, task, method, stop, s_model, lengths));

    bool Evaluate(
        Communicator ranks, string output, string task, string? method, CancellationTokenSource? stop, string path, int[]? lengths = null)
    {
        using LoadedModel model = LoadedModel.Open(path);
        EvalRequest request = new([task], lengths ?? [256, 300, 340, 400], 2, task == "needle" ? 3 : 1, 7, null)
        {
            Limit = 4,
            Ranks = ranks,
            Decoding = new() { ContextMethod = method },
        };
        if (!ranks.IsFirst)
        {
            request.Serve(model);
            return true;
        }
        request.Run(model, _folder[output], stop is null ? null : new Stopping<EvalProgress>(stop, 2), stop?.Token ?? default);
        return true;
    }

    void Synthesize(string file, int size, CancellationTokenSource? stop = null) => ThreadRanks.Run(size, ranks =>
    {
        ILanguageModel own = SynthesisFiles.Script();
        if (!ranks.IsFirst)
        {
            RankedModel.Serve(own, ranks);
            return true;
        }
        using RankedModel ranked = new(own, ranks);
        SynthesisRun.Start(
            _data.Options(Samples, _data[file]), SynthesisFiles.Model(ranks.Size > 1 ? ranked : own),
            stop is null ? null : new Stopping<SynthesisProgress>(stop, 2), stop?.Token ?? default);
        return true;
    });

    bool Evolve(Communicator ranks, string output)
    {
        EvolveRecipe recipe = RecipeFile.Read<EvolveRecipe>(
            Path.Combine(Repository.Root, "recipes/tiny-evolve.jsonc"),
            [
                """documents={"count":6,"words":1500}""", "held_out=1", "schedule.warmup_steps=1", "eval_every=2", "checkpoint_every=1",
                """
                iterations=[{"window":1024,"rope":"yarn:2","samples":8,"turns":1,"document_tokens":1010,"chunk_tokens":220,
                """ + """
                "min_chunk_tokens":110,"steps":3,"batch_size":2}]
                """,
                """measure={"tasks":["needle/single"],"depths":1,"samples":2}""",
            ]);
        EvolveRequest request = new(recipe, Path.Combine(Repository.Root, "recipes/tiny-evolve.jsonc"), _folder[output]) { Ranks = ranks };
        if (ranks.IsFirst)
        {
            EvolveRun.Start(request, _ => { }, null, default);
        }
        else
        {
            EvolveRun.Follow(request, default);
        }
        return true;
    }

    /// <summary>Stops at a report.</summary>
    sealed class Stopping<T>(CancellationTokenSource stop, int at) : IProgress<T>
    {
        int _reports;

        public void Report(T value)
        {
            if (Interlocked.Increment(ref _reports) == at)
            {
                stop.Cancel();
            }
        }
    }
}
