using System.Security.Cryptography;
using System.Text;
using Farsight.Alignment.Data;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Data;

public sealed class PreferenceDatasetTests : IDisposable
{
    const string Good =
        """{"id":"s-0","context":[{"document":"Ünland","index":4,"tokens":[5,6,7],"score":6.5,"role":"relevant"},"""
        + """{"document":"Ünland","index":5,"tokens":[8],"score":0,"role":"irrelevant"}],"question":"Where?","chosen":"Here.","rejected":"""
        + """["There.","Nowhere."],"provenance":{"documents":["Ünland"],"seed":1,"sample_index":0,"seen":"""
        + """{"chosen":[0],"rejected":[[1],[0,1]]},"generator":{"model":"tiny","temperature":0.8,"max_new_tokens":32},"fact":"""
        + """{"text":"It is here.","answer":"here","chunk":0}},"prompt":"<p> Where?"}""";

    readonly string _path = Path.Combine(Path.GetTempPath(), $"farsight-{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_line_is_written_as_it_was_read() =>
        Assert.Equal(Good, PreferenceLine.Format(PreferenceLine.Parse(Good, "x:1")));

    [Fact]
    public void Optional_fields_may_be_left_out()
    {
        PreferenceSample sample = PreferenceLine.Parse(Good, "x:1");
        PreferenceSample bare = sample with { Prompt = null, Provenance = sample.Provenance with { Generator = null, Fact = null } };

        string json = PreferenceLine.Format(bare);

        Assert.DoesNotContain("null", json);
        Assert.Equal(json, PreferenceLine.Format(PreferenceLine.Parse(json, "x:1")));
    }

    [Theory]
    [InlineData("{\"id\"", "\"id\"", "one sample in JSON")]                       // not JSON
    [InlineData("\"chosen\":\"Here.\",", "", "lacks 'chosen'")]                      // a field is missing
    [InlineData("\"score\":6.5,", "", "lacks 'score' (at $.context[0])")]
    [InlineData("\"question\"", "\"qestion\"", "the field 'qestion' is unknown")]
    [InlineData("\"seed\":1", "\"seed\":1,\"seeed\":1", "the field 'seeed' is unknown (at $.provenance.seeed)")]
    [InlineData("\"Here.\"", "\"\"", "chosen is empty")]
    [InlineData("\"Here.\"", "null", "a field is null (at $.chosen)")]
    [InlineData("[\"There.\",\"Nowhere.\"]", "[]", "provenance.seen.rejected has 2 lists for 0")]
    [InlineData("\"There.\"", "\" \"", "rejected[0] is empty")]
    [InlineData("\"There.\"", "null", "rejected[0] is empty")]
    [InlineData("[5,6,7]", "[]", "context[0].tokens is empty")]
    [InlineData("[5,6,7]", "[5,-6]", "context[0].tokens has the negative id -6")]
    [InlineData("[5,6,7]", "[5,6.5]", "(at $.context[0].tokens[1])")]
    [InlineData("\"irrelevant\"", "\"unimportant\"", "(at $.context[1].role)")]
    [InlineData("\"irrelevant\"", "2", "(at $.context[1].role)")]
    [InlineData("[[1],[0,1]]", "[[1]]", "provenance.seen.rejected has 1 lists for 2")]
    [InlineData("[[1],[0,1]]", "[[1],null]", "provenance.seen.rejected has 1 lists for 2")]
    [InlineData("\"context\":[", "\"context\":[null,", "context[0] is null")]
    [InlineData("\"chunk\":0", "\"chunk\":2", "provenance.fact.chunk is 2")]
    [InlineData("[[1],[0,1]]", "[[1],[2]]", "names chunk 2")]
    public void Names_the_line_and_what_is_wrong(string from, string to, string said)
    {
        Assert.Contains(from, Good);
        File.WriteAllLines(_path, [Good, Good.Replace("s-0", "s-1").Replace(from, to)]);

        InputException e = Assert.Throws<InputException>(() => PreferenceDataset.Read(_path));

        Assert.StartsWith(_path + ":2: ", e.Message);
        Assert.Contains(said, e.Message);
        Assert.DoesNotContain("LineNumber", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("s-0", ":2: the id 's-0' is also the id of line 1")]
    [InlineData("", ":2: the line is empty")]
    public void Lines_that_repeat_an_id_or_are_empty_are_refused(string second, string said)
    {
        File.WriteAllLines(_path, [Good, second.Length == 0 ? "" : Good]);

        Assert.Contains(said, Assert.Throws<InputException>(() => PreferenceDataset.Read(_path)).Message);
    }

    [Fact]
    public void Files_that_are_missing_empty_or_not_text_are_refused()
    {
        Assert.Contains("does not exist", Assert.Throws<InputException>(() => PreferenceDataset.Read(_path)).Message);

        File.WriteAllText(_path, "");
        Assert.Contains(
            "is empty; a preference dataset has one sample per line",
            Assert.Throws<InputException>(() => PreferenceDataset.Read(_path)).Message);

        File.WriteAllBytes(_path, [(byte)'"', 0xff, (byte)'"']);
        Assert.Contains("UTF-8", Assert.Throws<InputException>(() => PreferenceDataset.Read(_path)).Message);
    }

    [Fact]
    public void The_hash_is_that_of_the_file()
    {
        File.WriteAllText(_path, Good + "\n");

        PreferenceDataset dataset = PreferenceDataset.Read(_path);

        Assert.Equal("s-0", Assert.Single(dataset.Samples).Id);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Good + "\n"))), dataset.Sha256);
    }

    [Fact]
    public void A_sample_that_could_not_be_read_again_is_not_written() =>
        Assert.Throws<ArgumentException>(() => PreferenceLine.Format(PreferenceLine.Parse(Good, "x:1") with { Rejected = [] }));

    [Fact]
    public void The_held_out_samples_depend_on_seed_and_id_alone()
    {
        PreferenceSample sample = PreferenceLine.Parse(Good, "x:1");
        PreferenceDataset dataset = new([.. Enumerable.Range(0, 100).Select(i => sample with { Id = $"s-{i}" })], "");

        (IReadOnlyList<PreferenceSample> training, IReadOnlyList<PreferenceSample> heldOut) = dataset.Split(10, seed: 1);

        Assert.Equal(10, heldOut.Count);
        Assert.Equal(dataset.Samples.ToHashSet(), training.Concat(heldOut).ToHashSet());
        Assert.Equal(heldOut.Reverse(), (dataset with { Samples = [.. dataset.Samples.Reverse()] }).Split(10, seed: 1).HeldOut);
        Assert.NotEqual(heldOut, dataset.Split(10, seed: 2).HeldOut);
        Assert.Throws<InputException>(() => dataset.Split(100, seed: 1));
    }
}
