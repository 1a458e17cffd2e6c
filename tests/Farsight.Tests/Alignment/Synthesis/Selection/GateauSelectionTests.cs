using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Selection;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Synthesis.Selection;

public sealed class GateauSelectionTests : IDisposable
{
    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");

    readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_score_mixes_scaled_guidance_and_awareness()
    {
        // Perplexities 2, 4, 3 and 2, 2, 4: scaled 0, 1, 1/2 and 0, 0, 1; differences 0, 1, −1/2; scaled 1/3, 1, 0.
        // Awareness 0.1, 0.5, 0.9: scaled 0, 1/2, 1. With α = 0.75: 0.25, 0.875, 0.25; "a" and "c" are equal.
        GateauMeasurement[] measured =
        [
            new("c", Math.Log(2), Math.Log(2), 0.9), new("b", Math.Log(4), Math.Log(2), 0.5), new("a", Math.Log(3), Math.Log(4), 0.1),
        ];

        IReadOnlyList<(GateauMeasurement Sample, double Score)> ranked = GateauSelection.Rank(measured, 0.75);

        Assert.Equal("b", ranked[0].Sample.Id);
        Assert.Equal([0.875, 0.25, 0.25], ranked.Select(r => Math.Round(r.Score, 12)));
        Assert.Equal(
            ranked.Select(r => (r.Sample.Id, Math.Round(r.Score, 12))).OrderBy(r => r.Id),
            GateauSelection.Rank([.. measured.Reverse()], 0.75).Select(r => (r.Sample.Id, Math.Round(r.Score, 12))).OrderBy(r => r.Id));
    }

    [Theory]
    [InlineData(new[] { 1.0, 1.0 }, new[] { 0.5, 0.5 }, 1)]
    [InlineData(new[] { 0.0, 100.0 }, new[] { 0.0, 1.0 }, 0)]
    [InlineData(new[] { 1.0, 1.0 }, new[] { 0.0, 0.0 }, 0)]
    [InlineData(new[] { 7.0 }, new[] { 0.0 }, 1)]
    [InlineData(new[] { 0.0, 0.6931471805599453 }, new[] { 1.0, 0.0 }, 0.894427190999916)] // (1, 1/2) · (1, 0) / √1.25
    public void Agreement_is_a_cosine(double[] losses, double[] attention, double agreement) =>
        Assert.Equal(agreement, GateauSelection.Agreement(losses, attention), 1e-12);

    [Fact]
    public void A_run_that_was_stopped_measures_the_rest_and_writes_the_same_bytes()
    {
        WriteSamples();
        GateauSelection.Write(Options("whole.jsonl"), null, CancellationToken.None);
        using CancellationTokenSource source = new();

        Assert.ThrowsAny<OperationCanceledException>(() => GateauSelection.Write(
            Options("made.jsonl"), new Stopping(source, at: 2), source.Token));
        File.AppendAllText(_folder["made.jsonl.scores.jsonl"], "{\"id\":\"cut o"); // a line that was not finished
        GateauSelection.Write(Options("made.jsonl"), null, CancellationToken.None);

        Assert.Equal(File.ReadAllBytes(_folder["whole.jsonl.scores.jsonl"]), File.ReadAllBytes(_folder["made.jsonl.scores.jsonl"]));
        Assert.Equal(File.ReadAllBytes(_folder["whole.jsonl"]), File.ReadAllBytes(_folder["made.jsonl"]));
        Assert.Equal(2, PreferenceDataset.Stream(_folder["made.jsonl"]).Count());
    }

    [Fact]
    public void Equal_models_measure_the_same_loss_and_the_attention_is_a_share()
    {
        WriteSamples();

        IReadOnlyList<(GateauMeasurement Sample, double Score)> ranked = GateauSelection.Write(
            Options("made.jsonl"), null, CancellationToken.None);

        Assert.All(ranked, r => Assert.Equal(r.Sample.BaseLoss, r.Sample.ModelLoss));
        Assert.All(ranked, r => Assert.InRange(r.Sample.Agreement, 0.01, 1));
    }

    [Fact]
    public void Measurements_of_other_settings_are_refused()
    {
        WriteSamples();
        GateauSelection.Write(Options("made.jsonl"), null, CancellationToken.None);
        File.Delete(_folder["made.jsonl"]);

        Assert.Contains(
            "made with other models, data or settings",
            Assert.ThrowsAny<InputException>(() => GateauSelection.Write(
                Options("made.jsonl") with { SegmentTokens = 24 }, null, CancellationToken.None)).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    GateauOptions Options(string output) => new(_folder["data.jsonl"], s_tiny, s_tiny, _folder[output], 2) { SegmentTokens = 16 };

    void WriteSamples()
    {
        ChatFormat format = ChatFormat.Load(s_tiny, Tokenizer.Load(s_tiny));
        File.WriteAllLines(
            _folder["data.jsonl"],
            Enumerable.Range(0, 4).Select(i => PreferenceLine.Format(PreferenceSample.Create(
                $"s{i}", string.Join(' ', Enumerable.Range(0, 12).Select(k => $"The lamp {k * i} is red.")), "Which lamp is red?",
                $"The lamp {i}.", ["None."], format))));
    }

    sealed class Stopping(CancellationTokenSource source, int at) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value == at)
            {
                source.Cancel();
            }
        }
    }
}
