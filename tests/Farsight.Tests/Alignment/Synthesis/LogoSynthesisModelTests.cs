using System.Text;
using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class LogoSynthesisModelTests : IDisposable
{
    const string Model = "models/tiny";

    // Keys and wording that this small model knows; of invented words it copies the value and not the key.
    static readonly string[] s_keys =
    [
        "amber falcon",
        "rusty kettle",
        "walnut",
        "velvet ladder",
        "lantern",
        "frozen castle",
        "hidden garden",
        "copper violin",
    ];

    readonly TemporaryFolder _folder = new();

    [SharedFact(Model)]
    [Trait("Category", "Slow")]
    public void A_real_model_writes_samples_that_are_the_same_on_any_number_of_threads()
    {
        WriteDocument();
        SynthesisSummary<LogoSettings> summary = Run(1, "one.jsonl");
        Run(2, "two.jsonl");

        Assert.Equal(24, summary.Counts.Written);
        Assert.Equal(File.ReadAllBytes(_folder["one.jsonl"]), File.ReadAllBytes(_folder["two.jsonl"]));
        Assert.All(PreferenceDataset.Stream(_folder["one.jsonl"]), s =>
        {
            Assert.Equal(16, s.Context.Count);
            Assert.All(s.Context, c => Assert.InRange(c.Tokens.Length, 1, 32));
            Assert.DoesNotContain(s.Chosen, s.Rejected);
            Assert.All(s.Rejected, r => Assert.StartsWith("The special magic number for", r, StringComparison.Ordinal));
        });
    }

    public void Dispose() => _folder.Dispose();

    SynthesisSummary<LogoSettings> Run(int threads, string output)
    {
        using ThreadCount count = new(threads);
        return SynthesisRun.Start(
            new LogoOptions(SharedMaterial.PathOf(Model), _folder["own.jsonl"], 24, 1, _folder[output]),
            null,
            CancellationToken.None);
    }

    /// <summary>Facts far enough apart that each is alone in its chunk, and short enough that most are whole in one.</summary>
    void WriteDocument()
    {
        StringBuilder text = new();
        List<object> questions = [];
        for (int i = 0; i < s_keys.Length; i++)
        {
            string fact = $"The special magic number for {s_keys[i]} is {71_324 + (i * 4_817)}.";
            text.Append(fact).Append(" The road went on through the hills, and nobody spoke of it again until the evening came.");
            text.Append(
                " She looked at the letter and said that she would not go. He thought that it was late, and that the house was quiet.");
            questions.Add(new { question = $"What is the special magic number for {s_keys[i]}?", answer = fact });
        }
        string padding = string.Concat(
            Enumerable.Repeat(" The summer was warm, and the garden was full of people who talked of nothing.", 30));
        File.WriteAllText(_folder["own.jsonl"], JsonSerializer.Serialize(new { text = text + padding, questions }));
    }
}
