using Farsight.Alignment;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongWriter;
using Farsight.Engine;
using Farsight.Tests.Alignment.Synthesis.Methods;

namespace Farsight.Tests.Alignment.Synthesis.LongWriter;

public sealed class LongWriterSynthesisTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public LongWriterSynthesisTests() => File.WriteAllLines(
        _folder["instructions.jsonl"],
        Enumerable.Range(1, 40).Select(i => $$"""{"text": "Write about lighthouse {{i}} in {{i % 3 + 1}} parts."}"""));

    [Fact]
    public void A_text_is_planned_and_written_in_parts_that_see_the_text_so_far()
    {
        LongWriterOptions options = Options(40, "made.jsonl");

        Assert.Equal(40, Run(options).Counts.Written);

        PreferenceSample[] samples = [.. PreferenceDataset.Stream(options.Out)];
        Assert.Equal(40, samples.Select(s => s.Question).Distinct().Count()); // every instruction once
        Assert.All(samples, s =>
        {
            int parts = s.Question.Contains("in 1 parts", StringComparison.Ordinal) ? 1
                : s.Question.Contains("in 2 parts", StringComparison.Ordinal) ? 2 : 3;
            Assert.Equal(string.Join("\n\n", Enumerable.Range(1, parts).Select(p => $"Part {p} after {p - 1}.")), s.Chosen);
            Assert.Empty(s.Context);
        });
    }

    [Fact]
    public void A_run_that_breaks_down_inside_a_text_continues_to_the_same_bytes()
    {
        int calls = 0;
        Run(Options(40, "whole.jsonl"), LedgerScript.Local(answer: (prompt, random) =>
        {
            calls++;
            return Write(prompt);
        }));

        Assert.ThrowsAny<InputException>(() => Run(Options(40, "made.jsonl"), LedgerScript.Local(calls - 2, (p, _) => Write(p))));
        Run(Options(40, "made.jsonl"));

        Assert.Equal(File.ReadAllBytes(_folder["whole.jsonl"]), File.ReadAllBytes(_folder["made.jsonl"]));
    }

    [Theory]
    [InlineData("I cannot plan this.")]
    [InlineData("1 | a | 200 words\n2 | b | 200 words\n3 | c | 200 words\n4 | d | 200 words")] // more than the maximum of 3
    public void A_plan_that_cannot_be_read_or_is_too_long_is_dropped(string plan) => Assert.Contains(
        "plan_unparsed",
        Assert.ThrowsAny<InputException>(() => Run(Options(2, "made.jsonl"), LedgerScript.Local(answer: (_, _) => plan))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Plans_are_read_in_the_forms_that_models_write()
    {
        PlannedParagraph[] plan = [.. LongWriterSamples.Read("""
            Here is the plan:
            1 | The lamp | 200 words
            - **Paragraph 2. | The keeper | 1,000 words
            3) The storm, told by the sea | 300
            """)];

        Assert.Equal([200, 1000, 300], plan.Select(p => p.Words));
        Assert.Equal("The storm, told by the sea", plan[2].Point);
    }

    [Fact]
    public void More_samples_than_instructions_are_refused() => Assert.StartsWith(
        "samples is 41",
        Assert.Throws<OptionException>(() => Run(Options(41, "made.jsonl"))).Message,
        StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    LongWriterOptions Options(int samples, string output) =>
        new("unused", _folder["instructions.jsonl"], samples, 5, _folder[output]) { Paragraphs = 3, MaxNewTokens = 256 };

    static SynthesisSummary<LongWriterSettings> Run(LongWriterOptions options, SynthesisModel? model = null) =>
        SynthesisRun.Start(options, model ?? LedgerScript.Local(answer: (p, _) => Write(p)), null, CancellationToken.None);

    /// <summary>Plans as many parts as the instruction asks for, and numbers each by the plan and by the text so far.</summary>
    static string Write(string prompt)
    {
        int parts = prompt.Split(" in ")[1][0] - '0';
        if (prompt.Contains("Divide the text", StringComparison.Ordinal))
        {
            return string.Join('\n', Enumerable.Range(1, parts).Select(p => $"{p} | point {p} | 200 words"));
        }
        string next = prompt.Split("only this one: ")[1].Split(' ')[0];
        int soFar = prompt.Split("Text so far:\n")[1].Split("Write the next")[0].Split("Part ").Length - 1;
        return $"Part {next} after {soFar}.";
    }
}
