using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Engine;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Distributed;

/// <summary>Training by ranks that are threads: every file has the bytes of a run in one process.</summary>
public sealed class RankedTrainingTests : RankedRuns
{
    public static TheoryData<string, int> Runs
    {
        get
        {
            TheoryData<string, int> runs = [];
            foreach (string name in Settings.Keys)
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
        Train("alone", 1, Settings[name]);

        Train("ranks", size, Settings[name]);

        AssertSameFiles("alone", "ranks");
    }

    [Fact]
    public void Embedding_rows_of_an_untied_model_get_the_numbers_of_one_process()
    {
        using TrainingFiles untied = new(tied: false);
        Train("alone", 1, Settings["logo"], files: untied);

        Train("ranks", 3, Settings["logo"], files: untied);

        AssertSameFiles("alone", "ranks", untied);
    }

    [Fact]
    public void A_run_that_two_ranks_began_is_resumed_by_three_with_the_bits_of_one_process()
    {
        using TrainingFiles untied = new(tied: false);
        Train("alone", 1, Settings["logo"], files: untied);
        using CancellationTokenSource stop = new();

        Assert.Throws<OperationCanceledException>(() => Train("ranks", 2, Settings["logo"], files: untied, stop: (stop, 6)));
        Train("ranks", 3, Settings["logo"], files: untied);

        AssertSameFiles("alone", "ranks", untied);
    }

    [Fact]
    public void A_stop_that_only_one_rank_hears_stops_all_after_the_same_step()
    {
        using CancellationTokenSource stop = new();

        int[] steps = ThreadRanks.Run(3, ranks =>
        {
            Assert.Throws<OperationCanceledException>(() => Start(
                ranks, "run", Settings["logo"], Files, ranks.IsFirst ? new Stopping(stop, 2) : null,
                cancel: ranks.Rank == 0 ? stop.Token : CancellationToken.None));
            return ranks.Rank;
        });

        Assert.Equal([0, 1, 2], steps);
        Assert.True(Directory.Exists(Files.In("run/checkpoints/step-000002")));
    }

    [Fact]
    public void Tokens_of_all_ranks_are_counted()
    {
        long alone = 0, together = 0;
        ThreadRanks.Run(1, ranks => Start(ranks, "alone", Settings["logo"], Files, new Counting(t => alone = t)));

        ThreadRanks.Run(2, ranks => Start(
            ranks, "ranks", Settings["logo"], Files, ranks.IsFirst ? new Counting(t => together = t) : null));

        Assert.True(alone > 0);
        Assert.Equal(alone, together);
    }

    [Fact]
    public void Ranks_with_different_recipes_are_refused_before_anything_is_written()
    {
        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(3, ranks => Start(
            ranks, "run", [.. Settings["logo"], $"seed={(ranks.Rank == 2 ? 8 : 7)}"], Files)));

        Assert.StartsWith("Rank 2 (", e.Message, StringComparison.Ordinal);
        Assert.Contains(") in its recipe; start every rank with the same program", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Files.In("run")));
    }

    [Fact]
    public void Ranks_with_different_data_are_refused()
    {
        File.WriteAllLines(Files.In("other.jsonl"), File.ReadAllLines(Files.In("data.jsonl")).Reverse());
        Directory.CreateDirectory(Files.In("second"));
        File.Copy(Files.In("other.jsonl"), Files.In("second/data.jsonl"));

        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(2, ranks => TrainRun.Start(
            new(Recipe(Settings["logo"], Files) with { BaseModel = Files.In("model") }, Files.RecipePath, Files.In("run"), Resume: false)
            {
                Ranks = ranks,
                Folder = ranks.IsFirst ? null : Files.In("second"),
            },
            _ => { }, null, default)));

        Assert.Contains(") in its data; start every rank", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Responses_that_are_sampled_again_are_those_of_one_process_also_after_a_stop()
    {
        string[] settings = [.. Settings["logo"], """resample={"every":3,"temperature":1,"rejected":1}"""];
        GiveFacts(null);
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", 2, settings, stop: (stop, 7)));
        Train("ranks", 3, settings);

        AssertSameFiles("alone", "ranks");
        Assert.True(File.Exists(Files.In("ranks/resampled/step-000009.jsonl")));
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
        Assert.Equal(objective == Grpo ? 3 : 8, Directory.GetFiles(Files.In("ranks/resampled")).Length);
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void The_teacher_of_a_distillation_is_computed_by_all_ranks_to_the_bytes_of_one_process(int size)
    {
        // More questions than one call of the teacher takes, so that several ranks have one.
        Write(Enumerable.Range(0, 140).Select(i => TrainingFiles.Sample(i, Tokenizer.LoadFor(Files.In("model"), 275))));
        string[] settings = [SampleByTree, "steps=2", Distill];
        Train("alone", 1, settings);
        string file = Assert.Single(Directory.GetFiles(Files.Root, "data.jsonl.teacher-*"));
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
        Write(Enumerable.Range(0, 400).Select(i => TrainingFiles.Sample(i, Tokenizer.LoadFor(Files.In("model"), 275))));
        string[] settings = [SampleByTree, "steps=2", Settings["longpo"][1]];
        Train("alone", 1, settings);
        string file = Assert.Single(Directory.GetFiles(Files.Root, "data.jsonl.reference-*"));
        byte[] alone = File.ReadAllBytes(file);
        // A stopped computation: whole trees and half a line.
        File.WriteAllBytes(file + ".partial", alone[..(alone.Length / 2)]);
        File.Delete(file);

        Train("ranks", size, settings);

        Assert.Equal(alone, File.ReadAllBytes(file));
        Assert.Equal(401, File.ReadLines(file).Count()); // with the first line
        Assert.Empty(Directory.GetFiles(Files.Root, "*.partial"));
        AssertSameFiles("alone", "ranks", last: 2);
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void A_teacher_that_is_asked_in_every_step_gives_the_bytes_of_one_process_also_after_a_stop(int size)
    {
        // A step has more questions than one call of the teacher takes, so that several ranks have one.
        Write(Enumerable.Range(0, 140).Select(i => TrainingFiles.Sample(i, Tokenizer.LoadFor(Files.In("model"), 275))));
        string[] settings = [SampleByTree, "batch_size=70", "steps=3", "checkpoint_every=2", LiveDistill];
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", size, settings, stop: (stop, 2)));
        Train("ranks", 5 - size, settings);

        AssertSameFiles("alone", "ranks", last: 3);
        Assert.Empty(Directory.GetFiles(Files.Root, "data.jsonl.teacher-*"));
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void A_curriculum_draws_the_samples_of_one_process_also_after_a_stop(int size)
    {
        string[] tasks = ["copy", "fill", "order"];
        Write(PreferenceDataset.Read(Files.In("data.jsonl")).Samples.Index().Select(
            s => s.Item with { Provenance = s.Item.Provenance with { Task = tasks[s.Index / 2 % 3] } }));
        string[] settings =
            [SampleByTree, "curriculum={}", """objective={"name":"sft_partial"}""", "eval_every=2", "held_out=6"];
        using CancellationTokenSource stop = new();
        Train("alone", 1, settings);

        Assert.Throws<OperationCanceledException>(() => Train("ranks", size, settings, stop: (stop, 7)));
        Train("ranks", 5 - size, settings);

        AssertSameFiles("alone", "ranks");
        Assert.NotEqual(1.0 / 3, (double)JsonNode.Parse(File.ReadLines(Files.In("ranks/metrics.jsonl")).Last())!["share/copy"]!, 1e-4);
    }

    [Fact]
    public void Ranks_that_do_not_see_the_file_of_the_teacher_receive_it_from_rank_0()
    {
        string[] settings = [SampleByTree, "steps=2", Distill];
        Train("alone", 1, settings);
        Directory.CreateDirectory(Files.In("second"));
        File.Copy(Files.In("data.jsonl"), Files.In("second/data.jsonl"));

        ThreadRanks.Run(2, ranks => Start(ranks, "ranks", settings, Files, folder: ranks.IsFirst ? null : Files.In("second")));

        AssertSameFiles("alone", "ranks", last: 2);
        Assert.Empty(Directory.GetFiles(Files.In("second"), "*teacher*"));
    }
}
