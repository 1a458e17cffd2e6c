using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Selection;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis.Selection;

public sealed class LengthSelectionTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(300, 100, 0)] // a third of the required length
    [InlineData(300, 150, 50)]
    [InlineData(300, 300, 100)]
    [InlineData(300, 600, 66.666666666666671)]
    [InlineData(300, 1200, 0)] // four times the required length
    [InlineData(300, 0, 0)]
    public void The_score_is_that_of_the_paper(int required, int actual, double score) =>
        Assert.Equal(score, LengthScore.Of(required, actual), 1e-9);

    [Theory]
    [InlineData("It's 12 lamps", 3)] // It, s, lamps
    [InlineData("naïve", 2)] // na, ve
    [InlineData("红色的 lamp", 4)]
    [InlineData("", 0)]
    public void Words_are_runs_of_letters_and_single_characters(string text, int words) => Assert.Equal(words, LengthScore.Words(text));

    [Theory]
    [InlineData("Write a story.", new int[0])]
    [InlineData("Write a 1,000-word story.", new[] { 1000 })]
    [InlineData("Write at least 400 words.", new[] { 400 })]
    [InlineData("Write 300 to 400 words in 2 parts of 200 Words each.", new[] { 400, 200 })]
    [InlineData("写一篇800字的文章", new[] { 800 })]
    [InlineData("写三千字，再写百字", new[] { 3000, 100 })]
    [InlineData("两万字", new[] { 20000 })]
    public void Stated_lengths_are_found(string instruction, int[] lengths) => Assert.Equal(lengths, LengthScore.Stated(instruction));

    [Fact]
    public void A_sample_is_kept_if_it_states_one_length_and_has_it()
    {
        Write(
            ("kept", "Write 10 words.", 10), ("long", "Write 10 words.", 40), ("none", "Write.", 10),
            ("two", "Write 10 words, then 20 words.", 10), ("near", "Write 10 words.", 16)); // 100 · (1 − 0.6 / 3) = 80

        LengthSelectionCounts counts = LengthSelection.Write(_folder["data.jsonl"], _folder["made.jsonl"]);

        Assert.Equal(new(5, 3, 2), counts);
        Assert.Equal(["kept", "near"], PreferenceDataset.Stream(_folder["made.jsonl"]).Select(s => s.Id));
        Assert.Contains("\"stating_one_length\": 3", File.ReadAllText(_folder["made.jsonl.summary.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dataset_without_a_usable_sample_is_refused()
    {
        Write(("none", "Write.", 10));

        Assert.Contains(
            "none of 1 samples is kept. 0 state exactly one length",
            Assert.ThrowsAny<InputException>(() => LengthSelection.Write(_folder["data.jsonl"], _folder["made.jsonl"])).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["made.jsonl"]));
    }

    public void Dispose() => _folder.Dispose();

    void Write(params (string Id, string Question, int Words)[] samples) => File.WriteAllLines(
        _folder["data.jsonl"],
        samples.Select(s => PreferenceLine.Format(new(
            s.Id, [], s.Question, string.Join(' ', Enumerable.Repeat("lamp", s.Words)), [], new([s.Id], 0, 0, new([], []))))));
}
