using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Distributed;

/// <summary>Training by ranks that are threads: every file has the bytes of a run in one process.</summary>
public sealed partial class RankedTrainingTests : IDisposable
{
    const string SampleByTree = "micro_batch_tokens=1";

    const string Opsdl = """objective={"name":"opsdl","sampling":{"max_new_tokens":6,"responses":2}}""";
    const string Grpo = """objective={"name":"grpo","sampling":{"max_new_tokens":6,"responses":2,"every":3},"kl_weight":0.1}""";
    const string Distill = """objective={"name":"distill","top_k":4,"context":"short"}""";
    const string LiveDistill = """objective={"name":"distill","top_k":4,"context":"short","live":true}""";

    /// <summary>Settings of the recipe by name; batches of 3 and 5 samples, one tree per sample unless stated otherwise.</summary>
    static readonly Dictionary<string, string[]> s_runs = new()
    {
        ["logo"] = [SampleByTree],
        ["logo, several samples per tree"] = ["batch_size=5"],
        ["logo, batch of 5"] = [SampleByTree, "batch_size=5"],
        ["dpo with reference"] = [SampleByTree, """objective={"name":"dpo","beta":0.5}"""],
        ["longpo"] = [SampleByTree, """objective={"name":"longpo","beta":0.5,"preference_weight":0.5}"""],
        ["language modelling"] = [SampleByTree, """objective={"name":"lm"}"""],
        ["kto"] = [SampleByTree, """objective={"name":"kto","beta":0.5}"""],
        ["solopo with both references"] =
            [SampleByTree, """objective={"name":"solopo","preference":{"name":"dpo","beta":0.5},"alignment_weight":1}"""],
        ["adapter only, rmsprop"] =
            [SampleByTree, "lora.train_embeddings=false", "lora.train_norms=false", "optimizer.rmsprop=true", "optimizer.beta1=0"],
        ["every weight"] = [SampleByTree, "lora=null"],
        ["more ranks than samples"] = [SampleByTree, "batch_size=2"],
    };

    readonly TrainingFiles _files = new();

    public static TheoryData<string, int> Runs
    {
        get
        {
            TheoryData<string, int> runs = [];
            foreach (string name in s_runs.Keys)
            {
                foreach (int size in name == "logo" ? new[] { 2, 3, 4 } : [name is "logo, batch of 5" or "more ranks than samples" ? 4 : 2])
                {
                    runs.Add(name, size);
                }
            }
            return runs;
        }
    }

    [Theory, MemberData(nameof(Runs))]
    public void Any_number_of_ranks_writes_the_files_of_one_process(string name, int size)
    {
        Train("alone", 1, s_runs[name]);

        Train("ranks", size, s_runs[name]);

        AssertSameFiles("alone", "ranks");
    }

    [Fact]
    public void Embedding_rows_of_an_untied_model_get_the_numbers_of_one_process()
    {
        using TrainingFiles untied = new(tied: false);
        Train("alone", 1, s_runs["logo"], files: untied);

        Train("ranks", 3, s_runs["logo"], files: untied);

        AssertSameFiles("alone", "ranks", untied);
    }

    [Fact]
    public void A_run_that_two_ranks_began_is_resumed_by_three_with_the_bits_of_one_process()
    {
        using TrainingFiles untied = new(tied: false);
        Train("alone", 1, s_runs["logo"], files: untied);
        using CancellationTokenSource stop = new();

        Assert.Throws<OperationCanceledException>(() => Train("ranks", 2, s_runs["logo"], files: untied, stop: (stop, 6)));
        Train("ranks", 3, s_runs["logo"], files: untied);

        AssertSameFiles("alone", "ranks", untied);
    }

    [Fact]
    public void A_stop_that_only_one_rank_hears_stops_all_after_the_same_step()
    {
        using CancellationTokenSource stop = new();

        int[] steps = ThreadRanks.Run(3, ranks =>
        {
            Assert.Throws<OperationCanceledException>(() => Start(
                ranks, "run", s_runs["logo"], _files, ranks.IsFirst ? new Stopping(stop, 2) : null,
                cancel: ranks.Rank == 0 ? stop.Token : CancellationToken.None));
            return ranks.Rank;
        });

        Assert.Equal([0, 1, 2], steps);
        Assert.True(Directory.Exists(_files.In("run/checkpoints/step-000002")));
    }

    [Fact]
    public void Tokens_of_all_ranks_are_counted()
    {
        long alone = 0, together = 0;
        ThreadRanks.Run(1, ranks => Start(ranks, "alone", s_runs["logo"], _files, new Counting(t => alone = t)));

        ThreadRanks.Run(2, ranks => Start(
            ranks, "ranks", s_runs["logo"], _files, ranks.IsFirst ? new Counting(t => together = t) : null));

        Assert.True(alone > 0);
        Assert.Equal(alone, together);
    }

    [Fact]
    public void Ranks_with_different_recipes_are_refused_before_anything_is_written()
    {
        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(3, ranks => Start(
            ranks, "run", [.. s_runs["logo"], $"seed={(ranks.Rank == 2 ? 8 : 7)}"], _files)));

        Assert.StartsWith("Rank 2 (", e.Message, StringComparison.Ordinal);
        Assert.Contains(") in its recipe; start every rank with the same program", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("run")));
    }

    [Fact]
    public void Ranks_with_different_data_are_refused()
    {
        File.WriteAllLines(_files.In("other.jsonl"), File.ReadAllLines(_files.In("data.jsonl")).Reverse());
        Directory.CreateDirectory(_files.In("second"));
        File.Copy(_files.In("other.jsonl"), _files.In("second/data.jsonl"));

        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(2, ranks => TrainRun.Start(
            new(Recipe(s_runs["logo"], _files) with { BaseModel = _files.In("model") }, _files.RecipePath, _files.In("run"), Resume: false)
            {
                Ranks = ranks,
                Folder = ranks.IsFirst ? null : _files.In("second"),
            },
            _ => { }, null, default)));

        Assert.Contains(") in its data; start every rank", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Responses_that_are_sampled_again_are_those_of_one_process_also_after_a_stop()
    {
        string[] settings = [.. s_runs["logo"], """resample={"every":3,"temperature":1,"rejected":1}"""];
        GiveFacts(null);
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", 2, settings, stop: (stop, 7)));
        Train("ranks", 3, settings);

        AssertSameFiles("alone", "ranks");
        Assert.True(File.Exists(_files.In("ranks/resampled/step-000009.jsonl")));
    }

    [Theory]
    [InlineData(Opsdl, 2), InlineData(Opsdl, 3), InlineData(Grpo, 2), InlineData(Grpo, 3)]
    public void Responses_of_on_policy_objectives_are_those_of_one_process_also_after_a_stop(string objective, int size)
    {
        GiveFacts("e"); // a random model often writes one letter
        string[] settings = [SampleByTree, "steps=8", objective];
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", size, settings, stop: (stop, 5)));
        Train("ranks", 5 - size, settings);

        AssertSameFiles("alone", "ranks", last: 8);
        Assert.Equal(objective == Grpo ? 3 : 8, Directory.GetFiles(_files.In("ranks/resampled")).Length);
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void The_teacher_of_a_distillation_is_computed_by_all_ranks_to_the_bytes_of_one_process(int size)
    {
        // More questions than one call of the teacher takes, so that several ranks have one.
        Write(Enumerable.Range(0, 140).Select(i => TrainingFiles.Sample(i, Tokenizer.LoadFor(_files.In("model"), 275))));
        string[] settings = [SampleByTree, "steps=2", Distill];
        Train("alone", 1, settings);
        string file = Assert.Single(Directory.GetFiles(_files.Root, "data.jsonl.teacher-*"));
        byte[] alone = File.ReadAllBytes(file);
        File.Delete(file);

        Train("ranks", size, settings);

        Assert.Equal(alone, File.ReadAllBytes(file));
        AssertSameFiles("alone", "ranks", last: 2);
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void The_reference_over_short_contexts_is_computed_by_all_ranks_to_the_bytes_of_one_process(int size)
    {
        // More samples than one tree takes, so that several ranks have one.
        Write(Enumerable.Range(0, 400).Select(i => TrainingFiles.Sample(i, Tokenizer.LoadFor(_files.In("model"), 275))));
        string[] settings = [SampleByTree, "steps=2", s_runs["longpo"][1]];
        Train("alone", 1, settings);
        string file = Assert.Single(Directory.GetFiles(_files.Root, "data.jsonl.reference-*"));
        byte[] alone = File.ReadAllBytes(file);
        // A stopped computation: whole trees and half a line.
        File.WriteAllBytes(file + ".partial", alone[..(alone.Length / 2)]);
        File.Delete(file);

        Train("ranks", size, settings);

        Assert.Equal(alone, File.ReadAllBytes(file));
        Assert.Equal(401, File.ReadLines(file).Count()); // with the first line
        Assert.Empty(Directory.GetFiles(_files.Root, "*.partial"));
        AssertSameFiles("alone", "ranks", last: 2);
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void A_teacher_that_is_asked_in_every_step_gives_the_bytes_of_one_process_also_after_a_stop(int size)
    {
        // A step has more questions than one call of the teacher takes, so that several ranks have one.
        Write(Enumerable.Range(0, 140).Select(i => TrainingFiles.Sample(i, Tokenizer.LoadFor(_files.In("model"), 275))));
        string[] settings = [SampleByTree, "batch_size=70", "steps=3", "checkpoint_every=2", LiveDistill];
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", size, settings, stop: (stop, 2)));
        Train("ranks", 5 - size, settings);

        AssertSameFiles("alone", "ranks", last: 3);
        Assert.Empty(Directory.GetFiles(_files.Root, "data.jsonl.teacher-*"));
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void A_curriculum_draws_the_samples_of_one_process_also_after_a_stop(int size)
    {
        string[] tasks = ["copy", "fill", "order"];
        Write(PreferenceDataset.Read(_files.In("data.jsonl")).Samples.Index().Select(
            s => s.Item with { Provenance = s.Item.Provenance with { Task = tasks[s.Index / 2 % 3] } }));
        string[] settings =
            [SampleByTree, "curriculum={}", """objective={"name":"sft_partial"}""", "eval_every=2", "held_out=6"];
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", size, settings, stop: (stop, 7)));
        Train("ranks", 5 - size, settings);

        AssertSameFiles("alone", "ranks");
        Assert.NotEqual(1.0 / 3, (double)JsonNode.Parse(File.ReadLines(_files.In("ranks/metrics.jsonl")).Last())!["share/copy"]!, 1e-4);
    }

    [Fact]
    public void Ranks_that_do_not_see_the_file_of_the_teacher_receive_it_from_rank_0()
    {
        string[] settings = [SampleByTree, "steps=2", Distill];
        Train("alone", 1, settings);
        Directory.CreateDirectory(_files.In("second"));
        File.Copy(_files.In("data.jsonl"), _files.In("second/data.jsonl"));

        ThreadRanks.Run(2, ranks => Start(ranks, "ranks", settings, _files, folder: ranks.IsFirst ? null : _files.In("second")));

        AssertSameFiles("alone", "ranks", last: 2);
        Assert.Empty(Directory.GetFiles(_files.In("second"), "*teacher*"));
    }

    [Theory]
    [InlineData(Opsdl), InlineData(Grpo), InlineData(Distill)]
    public void Objectives_that_ask_a_model_have_the_losses_of_one_process_but_for_rounding_with_context_ranks(string objective)
    {
        GiveFacts("e");
        string[] settings = [SampleByTree, "steps=3", objective];
        Train("alone", 1, settings);

        Train("context", 2, settings, context: 2);
        Train("both", 4, settings, context: 2);

        Assert.Equal(Losses("alone")[^1], Losses("context")[^1], 2e-4);
        AssertSameFiles("context", "both", last: 3);
    }

    [Theory]
    [InlineData("logo"), InlineData("dpo with reference"), InlineData("longpo"), InlineData("every weight")]
    public void With_context_ranks_any_number_of_data_ranks_writes_the_same_files(string name)
    {
        Train("context", 2, s_runs[name], context: 2);

        Train("both", 4, s_runs[name], context: 2);

        AssertSameFiles("context", "both");
    }

    [Theory]
    [InlineData(2), InlineData(4)]
    public void Context_ranks_have_the_losses_of_one_process_but_for_rounding(int size)
    {
        Train("alone", 1, s_runs["logo"]);

        Train("context", size, s_runs["logo"], context: size);

        double[] alone = Losses("alone"), context = Losses("context");
        Assert.Equal(12, alone.Length);
        Assert.NotEqual(alone[0], alone[^1]);
        Assert.All(alone.Zip(context), l => Assert.InRange(l.Second, l.First - 2e-4, l.First + 2e-4));
        Assert.Equal($"{size}", JsonNode.Parse(File.ReadAllText(_files.In("context/manifest.json")))!["context_parallel"]!.ToJsonString());
    }

    [Fact]
    public void A_run_of_context_ranks_is_resumed_with_another_number_of_data_ranks()
    {
        Train("whole", 2, s_runs["logo"], context: 2);
        using CancellationTokenSource stop = new();

        Assert.Throws<OperationCanceledException>(() => Train("stopped", 2, s_runs["logo"], stop: (stop, 6), context: 2));
        Train("stopped", 4, s_runs["logo"], context: 2);

        AssertSameFiles("whole", "stopped");
    }

    [Theory]
    [InlineData(3, 2, "Context parallelism of 2 needs a multiple of 2 ranks, and there are 3")]
    [InlineData(2, 0, "Context parallelism of 0 needs")]
    public void Ranks_that_are_no_multiple_of_the_context_ranks_are_refused(int size, int context, string problem)
    {
        InputException e = Assert.ThrowsAny<InputException>(() => Train("run", size, s_runs["logo"], context: context));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("run")));
    }

    double[] Losses(string run) =>
    [
        .. File.ReadLines(_files.In($"{run}/metrics.jsonl"))
            .Select(l => JsonNode.Parse(l)!["loss"])
            .OfType<JsonNode>()
            .Select(l => (double)l),
    ];

    public void Dispose() => _files.Dispose();

    void Train(
        string run, int size, string[] settings, TrainingFiles? files = null, (CancellationTokenSource Source, int Step)? stop = null,
        int context = 1) =>
        ThreadRanks.Run(size, ranks => Start(
            ranks, run, settings, files ?? _files,
            stop is { } at && ranks.IsFirst ? new Stopping(at.Source, at.Step) : null,
            context,
            cancel: stop?.Source.Token ?? CancellationToken.None));

    static string Start(
        Communicator ranks, string run, string[] settings, TrainingFiles files, IProgress<TrainingProgress>? progress = null,
        int context = 1, string? folder = null, CancellationToken cancel = default) =>
        TrainRun.Start(
            new(Recipe(settings, files), files.RecipePath, files.In(run), Resume: true)
            {
                Ranks = ranks,
                ContextParallel = context,
                Folder = folder,
            },
            _ => { }, progress, cancel);

    /// <summary>Gives every sample a known answer; null for the last word of its chosen response.</summary>
    void GiveFacts(string? answer) => Write(PreferenceDataset.Read(_files.In("data.jsonl")).Samples.Select(
        s => s with { Provenance = s.Provenance with { Fact = new(s.Chosen, answer ?? s.Chosen.Split(' ')[^1], 0) } }));

    void Write(IEnumerable<PreferenceSample> samples) =>
        File.WriteAllLines(_files.In("data.jsonl"), [.. samples.Select(s => PreferenceLine.Format(s))]);

    static TrainRecipe Recipe(string[] settings, TrainingFiles files) => RecipeFile.Read<TrainRecipe>(files.RecipePath, settings);

    void AssertSameFiles(string expected, string actual, TrainingFiles? files = null, int last = 12)
    {
        // These depend on the clock or on the number of threads, which other tests set, or name the run.
        string[] free = ["timing.jsonl", "run.lock", "notices.txt", "plan.json"];
        string[] Names(string run) =>
        [
            .. Directory
                .GetFiles((files ?? _files).In(run), "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath((files ?? _files).In(run), f))
                .Where(f => !free.Contains(f) && !f.StartsWith("checkpoints", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        string newest = $"checkpoints/step-{last:D6}/";
        string[] checkpoint = ["parameters.safetensors", "optimizer.safetensors", "state.json"];
        Assert.Equal(Names(expected), Names(actual));
        Assert.All(
            Names(expected).Concat(checkpoint.Select(c => newest + c)),
            name => Assert.Equal(Content($"{expected}/{name}"), Content($"{actual}/{name}")));

        // The number of threads, which other tests set, is also in the manifest.
        byte[] Content(string path)
        {
            byte[] bytes = File.ReadAllBytes((files ?? _files).In(path));
            return path.EndsWith("manifest.json", StringComparison.Ordinal)
                ? Encoding.UTF8.GetBytes(Threads().Replace(Encoding.UTF8.GetString(bytes), "", 1))
                : bytes;
        }
    }

    [GeneratedRegex("\"threads\": [0-9]+")]
    private static partial Regex Threads();

    sealed class Stopping(CancellationTokenSource source, int step) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Line.Step == step)
            {
                source.Cancel();
            }
        }
    }

    sealed class Counting(Action<long> tokens) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tokens(value.Tokens);
    }
}
