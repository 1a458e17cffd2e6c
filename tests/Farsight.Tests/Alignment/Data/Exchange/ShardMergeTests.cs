using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Data.Exchange;

public sealed class ShardMergeTests : IDisposable
{
    const int Samples = 20, Shards = 3;

    readonly string _folder = Directory.CreateTempSubdirectory("farsight-merge-").FullName;

    public ShardMergeTests()
    {
        for (int i = 1; i <= Shards; i++)
        {
            Write(ShardAt(i), $"{i}/{Shards}", [.. Enumerable.Range(0, Samples).Where(n => n % Shards == i - 1 && n != 7)]);
        }
        Write(At("whole.jsonl"), null, [.. Enumerable.Range(0, Samples).Where(n => n != 7)]);
    }

    string[] All => [.. Enumerable.Range(1, Shards).Select(ShardAt)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Shards_in_any_order_give_the_bytes_of_one_run()
    {
        MergeCounts counts = ShardMerge.Write(At("merged.jsonl"), [.. All.Reverse()], allowMissing: false);

        Assert.Equal((Samples - 1, 0), (counts.Samples, counts.Missing.Count));
        Assert.Equal(File.ReadAllText(At("whole.jsonl")), File.ReadAllText(At("merged.jsonl")));
        Assert.Equal(File.ReadAllText(At("whole.jsonl.summary.json")), File.ReadAllText(At("merged.jsonl.summary.json")));
    }

    [Fact]
    public void A_merge_that_was_stopped_leaves_no_dataset_without_its_summary_and_can_be_repeated()
    {
        Directory.CreateDirectory(At("merged.jsonl.summary.json"));
        Assert.ThrowsAny<Exception>(() => ShardMerge.Write(At("merged.jsonl"), All, allowMissing: false));
        Assert.False(File.Exists(At("merged.jsonl")));

        Directory.Delete(At("merged.jsonl.summary.json"));
        File.WriteAllText(At("merged.jsonl.summary.json"), "{}"); // written before the stop
        ShardMerge.Write(At("merged.jsonl"), All, allowMissing: false);
        Assert.Equal(File.ReadAllText(At("whole.jsonl.summary.json")), File.ReadAllText(At("merged.jsonl.summary.json")));
    }

    [Fact]
    public void A_missing_shard_is_named_and_allowed_only_if_said()
    {
        Assert.Contains("Shard 2 of 3 is missing", Fault(ShardAt(1), ShardAt(3)), StringComparison.Ordinal);
        Assert.False(File.Exists(At("merged.jsonl")));

        Assert.Equal([2], ShardMerge.Write(At("merged.jsonl"), [ShardAt(1), ShardAt(3)], allowMissing: true).Missing);
        Assert.Equal(2, (int)JsonNode.Parse(File.ReadAllText(At("merged.jsonl.summary.json")))!["missing_shards"]![0]!);
    }

    [Fact]
    public void A_shard_given_twice_is_refused() =>
        Assert.Contains("are both shard 2 of 3", Fault([.. All, ShardAt(2)]), StringComparison.Ordinal);

    [Fact]
    public void Shards_of_another_run_are_refused()
    {
        string summary = ShardAt(2) + ".summary.json";
        File.WriteAllText(summary, File.ReadAllText(summary).Replace("\"seed\": 5", "\"seed\": 6", StringComparison.Ordinal));
        Assert.Contains("shard-2-of-3.jsonl was made with another seed than", Fault(All), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dataset_in_one_piece_is_no_shard() =>
        Assert.Contains("made in one piece", Fault(At("whole.jsonl")), StringComparison.Ordinal);

    [Fact]
    public void A_shard_that_lost_or_doubled_a_line_is_refused()
    {
        string[] lines = File.ReadAllLines(ShardAt(1));
        File.WriteAllLines(ShardAt(1), lines[1..]);
        Assert.Contains("its summary says", Fault(All), StringComparison.Ordinal);

        File.WriteAllLines(ShardAt(1), [lines[0], .. lines[..^1]]);
        Assert.Contains("is duplicated or out of order", Fault(All), StringComparison.Ordinal);
        Assert.False(File.Exists(At("merged.jsonl")));
    }

    [Fact]
    public void A_shard_that_is_not_finished_or_has_no_summary_is_named()
    {
        File.Delete(ShardAt(1) + ".summary.json");
        Assert.Contains("is missing; each shard needs the summary", Fault(All), StringComparison.Ordinal);
        File.Move(ShardAt(1), ShardAt(1) + ".partial");
        Assert.Contains("is not finished", Fault(All), StringComparison.Ordinal);
        File.WriteAllText(ShardAt(2) + ".summary.json", "{\"counts\":7}");
        Assert.Contains("is damaged", Fault(ShardAt(2)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_writes_what_it_made_and_refuses_to_replace()
    {
        (int code, string output, _) = await CommandLine.Run(["data", "merge", At("merged.jsonl"), .. All]);
        Assert.Equal((0, $"{At("merged.jsonl")}: 19 samples"), (code, output.Trim()));
        Assert.Equal(19, (int)JsonNode.Parse(File.ReadAllText(At("merged.jsonl.card.json")))!["samples"]!);
        Assert.Contains("# merged.jsonl", File.ReadAllText(At("merged.jsonl.card.md")), StringComparison.Ordinal);

        (code, _, string error) = await CommandLine.Run(["data", "merge", At("merged.jsonl"), .. All]);
        Assert.Equal(2, code);
        Assert.Contains("exists; remove it", error, StringComparison.Ordinal);
    }

    string Fault(params string[] shards) =>
        Assert.Throws<InputException>(() => ShardMerge.Write(At("merged.jsonl"), shards, allowMissing: false)).Message;

    string ShardAt(int number) => At($"data.shard-{number}-of-{Shards}.jsonl");

    string At(string name) => Path.Combine(_folder, name);

    static void Write(string path, string? shard, int[] numbers)
    {
        File.WriteAllText(path, string.Concat(numbers.Select(n => PreferenceLine.Format(Sample(n)) + "\n")));
        JsonObject dropped = [];
        foreach (
            (string reason, int count) in new[]
            {
                ("a_reason", numbers.Count(n => n > 15)),
                ("b_reason", numbers.Count(n => n == 10)),
                ("c_reason", numbers.Count(n => n % 2 == 0)),
            })
        {
            if (count > 0)
            {
                dropped[reason] = count;
            }
        }
        JsonObject summary = new()
        {
            ["settings"] = new JsonObject { ["samples"] = Samples, ["shard"] = shard, ["seed"] = 5, ["temperature"] = 0.8 },
            ["counts"] = new JsonObject { ["written"] = numbers.Length, ["tried"] = numbers.Length * 2, ["dropped"] = dropped },
        };
        File.WriteAllText(path + ".summary.json", summary.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n");
    }

    static PreferenceSample Sample(int number) =>
        new(
            $"logo-5-{number}",
            [new("d", 0, [1, 2], 1, ChunkRole.Relevant)],
            "Wo?",
            "Dört.",
            ["Nirgends."],
            new(
                ["d"],
                5,
                number,
                new(
                    [0],
                    [
                        [],
                    ])));
}
