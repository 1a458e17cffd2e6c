using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Data.Exchange;

public sealed class DatasetMixTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public DatasetMixTests()
    {
        Write("a.jsonl", "a", 60);
        Write("b.jsonl", "b", 20);
    }

    string Mixed => _folder["mixed.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_to_one_takes_twice_as_many_samples_each_once()
    {
        Assert.Equal([20, 10], Draw(2, 1, samples: 30));

        PreferenceSample[] samples = [.. PreferenceDataset.Read(Mixed).Samples];
        Assert.Equal((20, 10), (samples.Count(s => s.Id[0] == 'a'), samples.Count(s => s.Id[0] == 'b')));
        string[] source = [.. File.ReadAllLines(_folder["a.jsonl"]), .. File.ReadAllLines(_folder["b.jsonl"])];
        Assert.All(File.ReadAllLines(Mixed), line => Assert.Contains(line, source));
        Assert.NotEqual(samples.Select(s => s.Id).Order(StringComparer.Ordinal), samples.Select(s => s.Id)); // not in the files' order
    }

    [Fact]
    public void Without_a_number_the_mix_is_as_large_as_the_shares_allow() => Assert.Equal([40, 20], Draw(2, 1, samples: null));

    [Theory]
    [InlineData(1, 1, 7, 4, 3)] // half a sample each: the first gets it
    [InlineData(2, 1, 10, 7, 3)] // 6.67 and 3.33
    [InlineData(0.5, 0.25, 30, 20, 10)]
    public void Rounding_gives_the_rest_to_the_largest_remainder(double first, double second, int samples, int a, int b) =>
        Assert.Equal([a, b], Draw(first, second, samples));

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        Draw(2, 1, 30);
        byte[] one = File.ReadAllBytes(Mixed);
        File.Delete(Mixed);
        Draw(2, 1, 30);
        Assert.Equal(one, File.ReadAllBytes(Mixed));
        File.Delete(Mixed);
        Draw(2, 1, 30, seed: 2);
        Assert.NotEqual(one, File.ReadAllBytes(Mixed));
    }

    [Fact]
    public void Too_few_samples_are_refused_with_the_number_that_is_possible()
    {
        InputException e = Assert.Throws<InputException>(() => Draw(2, 1, samples: 90));

        Assert.Equal(
            $"{_folder["b.jsonl"]} has 20 samples, and the mix of 90 needs 30 of them. At most 60 samples are possible in these shares.",
            e.Message);
        Assert.False(File.Exists(Mixed));
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(double.NaN)]
    public void A_share_is_above_0(double share) =>
        Assert.Contains("is not a share", Assert.Throws<InputException>(() => Draw(1, share, 10)).Message, StringComparison.Ordinal);

    [Fact]
    public void Equal_ids_of_two_datasets_stay_unique()
    {
        Write("b.jsonl", "a", 20);

        Draw(3, 1, samples: null);

        string[] ids = [.. PreferenceDataset.Read(Mixed).Samples.Select(s => s.Id)];
        Assert.Equal(80, ids.Distinct().Count());
        Assert.Equal(20, ids.Count(id => id.EndsWith("/2", StringComparison.Ordinal) || id.EndsWith("/1", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_summary_names_the_datasets_with_their_hashes()
    {
        Draw(2, 1, samples: 30);

        JsonNode summary = JsonNode.Parse(File.ReadAllText(Mixed + ".summary.json"))!;
        Assert.Equal((30, 1), ((int)summary["settings"]!["samples"]!, (int)summary["settings"]!["seed"]!));
        JsonNode a = summary["datasets"]!["a.jsonl"]!;
        Assert.Equal((2.0, 20, 60), ((double)a["share"]!, (int)a["samples"]!, (int)a["available"]!));
        Assert.Equal(PreferenceDataset.Read(_folder["a.jsonl"]).Sha256, (string)a["sha256"]!);
    }

    [Fact]
    public void A_damaged_line_is_named_and_nothing_is_written()
    {
        File.AppendAllText(_folder["b.jsonl"], "{}\n");

        InputException e = Assert.Throws<InputException>(() => DatasetMix.Concatenate(Mixed, [_folder["a.jsonl"], _folder["b.jsonl"]]));

        Assert.StartsWith($"{_folder["b.jsonl"]}:21: ", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Mixed));
    }

    [Fact]
    public async Task The_command_writes_dataset_summary_and_card_and_refuses_to_replace()
    {
        string[] line = ["data", "mix", "--out", Mixed, _folder["a.jsonl"] + ":2", _folder["b.jsonl"], "--samples", "30"];

        (int code, string output, string error) = await CommandLine.Run(line);

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{Mixed}: 30 samples", output, StringComparison.Ordinal);
        Assert.Equal(30, (int)JsonNode.Parse(File.ReadAllText(Mixed + ".card.json"))!["samples"]!);
        Assert.Contains("- a.jsonl: share 2, samples 20", File.ReadAllText(Mixed + ".card.md"), StringComparison.Ordinal);
        (code, _, error) = await CommandLine.Run(line);
        Assert.Equal(2, code);
        Assert.Contains("exists; remove it", error, StringComparison.Ordinal);
    }

    IReadOnlyList<int> Draw(double first, double second, int? samples, int seed = 1) =>
        DatasetMix.Draw(Mixed, [new(_folder["a.jsonl"], first), new(_folder["b.jsonl"], second)], samples, seed);

    void Write(string name, string prefix, int count) => File.WriteAllText(
        _folder[name],
        string.Concat(Enumerable.Range(0, count).Select(i => PreferenceLine.Format(Sample($"{prefix}{i}")) + "\n")));

    static PreferenceSample Sample(string id) => new(
        id,
        [new("document", 0, [1, 2, 3], 0, ChunkRole.Relevant)],
        "Where?",
        "Here.",
        ["There."],
        new(["document"], 1, 0, new([0], [[0]])));
}
