using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;

namespace Farsight.Tests.Alignment.Synthesis.LongPo;

public sealed class LongPoInstructionTests : IDisposable
{
    const int Samples = 30;

    readonly SynthesisFiles _files = new();

    public LongPoInstructionTests() =>
        File.WriteAllText(
            _files["documents/keeper.txt"],
            string.Join("\n\n", LedgerChat.Ledger(400).Split(". ").Chunk(5).Select(p => string.Join(". ", p))));

    [Fact]
    public void An_endpoint_writes_four_instructions_about_a_chunk_and_one_is_drawn_and_introduced()
    {
        ScriptedChat chat = new(Answer);
        SynthesisSummary<LongPoSettings> summary = Run(Options(), chat);

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal(("write", Samples, Samples), (summary.Settings.Questions, samples.Length, summary.Counts.Questions["instruction"]));
        Assert.All(
            samples,
            s => Assert.Contains(LongPoPhrases.Prefixes, p => s.Question.StartsWith(p + " Say what", StringComparison.Ordinal)));
        Assert.True(samples.Select(s => s.Question.Split(" Say ")[0]).Distinct().Count() > 5, "prefixes are drawn");
        Assert.Equal(["1", "2", "3", "4"], samples.Select(s => s.Question[^2..^1]).Distinct().Order());
        foreach (PreferenceSample sample in samples)
        {
            string text = SynthesisFiles.Tokenizer.Decode(sample.Context[sample.Provenance.Seen.Chosen.Single()].Tokens);
            Assert.Contains(sample.Chosen.Split("day ")[1].Split(' ')[0], text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_comes_first_the_file_is_the_same()
    {
        Run(Options() with { Turns = 2, Out = _files["one.jsonl"] }, new ScriptedChat(Answer), concurrency: 1);
        Run(Options() with { Turns = 2 }, new ScriptedChat(Answer), concurrency: 8);

        Assert.Equal(File.ReadAllBytes(_files["one.jsonl"]), File.ReadAllBytes(_files.Output));
    }

    [Theory]
    [InlineData("I cannot help with that.", "question_unparsed")]
    [InlineData("1. No\n2. Why", "question_unparsed")]
    public void A_list_that_cannot_be_used_is_counted_and_another_chunk_is_drawn(string list, string reason)
    {
        int asked = 0;
        SynthesisSummary<LongPoSettings> summary = Run(
            Options(),
            new ScriptedChat(p => p.Contains("numbered 1. to 4.", StringComparison.Ordinal) && ++asked % 3 == 0 ? list : Answer(p)),
            concurrency: 1);

        Assert.Equal(Samples, summary.Counts.Written);
        Assert.InRange(summary.Counts.Dropped[reason], 5, Samples);
    }

    [Fact]
    public void A_chosen_response_that_refuses_is_never_written()
    {
        SynthesisSummary<LongPoSettings> summary = Run(
            Options(),
            new ScriptedChat(p => p.Contains("point 2", StringComparison.Ordinal) ? "I'm sorry, but I cannot answer this." : Answer(p)));

        Assert.InRange(summary.Counts.Dropped["chosen_refusal"], 1, 6 * Samples);
        Assert.DoesNotContain(_files.Samples(), s => s.Chosen.Contains("sorry", StringComparison.Ordinal));
    }

    [Fact]
    public void Lists_are_read_as_models_write_them()
    {
        const string Text = """
            Here are four tasks:
            1. **Explain why the keeper counted the lamps.**
            2) Why did the harbour close in winter?
            **3.** Sum up the quarrel between the brothers.
            - Name all the towns on the road.
            5. One too many for the list to hold.
            """;
        Assert.Equal(
            [
                "Explain why the keeper counted the lamps.",
                "Why did the harbour close in winter?",
                "Sum up the quarrel between the brothers.",
                "Name all the towns on the road.",
            ],
            InstructionParser.Read(Text));
        Assert.Empty(InstructionParser.Read("There is nothing to ask about."));
    }

    public void Dispose() => _files.Dispose();

    /// <summary>Writes instructions about the first whole day of the text, and answers with the first day that it sees.</summary>
    static string Answer(string prompt)
    {
        string day = prompt.Split("On day ")[1].Split(' ')[0];
        return prompt.Contains("numbered 1. to 4.", StringComparison.Ordinal)
            ? string.Join('\n', Enumerable.Range(1, 4).Select(i => $"{i}. Say what the keeper of Ardmore did by point {i}."))
            : $"The keeper counted lamps on day {day} in the harbour, and {(prompt.Length > 2500 ? "nothing else" : "that was all")}.";
    }

    LongPoOptions Options() =>
        new("unused", _files.Documents, Samples, Seed: 5, _files.Output) { ChunkTokens = 250, MinChunkTokens = 120, DocumentTokens = 1500 };

    static SynthesisSummary<LongPoSettings> Run(LongPoOptions options, ScriptedChat chat, int concurrency = 4) =>
        SynthesisRun.Start(
            options,
            new SynthesisModel(
                "scripted chat",
                "abc",
                2048,
                SynthesisFiles.Tokenizer,
                SynthesisFiles.Format,
                chat.AsLanguageModel("scripted chat", concurrency)),
            null,
            CancellationToken.None);
}
