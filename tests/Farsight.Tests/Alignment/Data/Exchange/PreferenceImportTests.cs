using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>What import makes of files of other programs, and the messages of both commands.</summary>
public sealed class PreferenceImportTests : ExchangeFiles
{
    [Fact]
    public void Other_peoples_files_are_read()
    {
        Write(
            "trl.jsonl",
            """{"prompt":"The sky is","chosen":" blue.","rejected":" green."}""",
            """{"chosen":[{"role":"user","content":"What colour?"},{"role":"assistant","content":"Blue."}],"rejected":"""
                + """[{"role":"user","content":"What colour?"},{"role":"assistant","content":"Green."}]}""",
            """{"prompt":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello."},{"role":"user","content":"Again"}],"""
                + "\"chosen\":"
                + """[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}]}""",
            """{"prompt":"Empty","chosen":"","rejected":"x"}""");

        ImportCounts counts = PreferenceImport.Write(At("trl.jsonl"), At("d.jsonl"), s_format.Value, 512);

        Assert.Equal((4, 3, 3), (counts.Lines, counts.Samples, counts.WithoutDocument));
        Assert.Equal([("empty", 1, 4)], counts.Dropped.Select(d => (d.Key, d.Value.Lines, d.Value.First[0])));
        Assert.Equal(["The sky is", "What colour?", "Again"], PreferenceDataset.Read(At("d.jsonl")).Samples.Select(s => s.Question));
    }

    [Fact]
    public void A_prompt_without_a_document_can_be_trained_on_with_every_position_scheme()
    {
        PreferenceSample sample = PreferenceLine.Parse(
            PreferenceLine.Format(
                Sample("s") with
                {
                    Context = [],
                    Provenance = Seen(2) with
                    {
                        Seen = new(
                            [],
                            [
                                [],
                                [],
                            ]),
                    },
                }),
            "x:1");
        SampleTokens tokens = SampleTokens.Of(sample, s_format.Value, s_tokenizer.Value.VocabSize);
        foreach (
            IPositionScheme scheme in new IPositionScheme[]
            {
                new Plain(),
                new Linear(4096),
                new PaperBias(4096),
                new RandPos(4096),
                new SynthesizedPositions(4096, 0.5),
                new PoSe(4096),
                new E2Llm(4096, 8),
            })
        {
            SeededRandom random = SeededRandom.For(1, "test", 0);
            int[] positions = scheme.Assign(tokens.Shape, ref random).Prompt;
            Assert.Equal(tokens.Prompt.Length, positions.Length);
            Assert.All(positions.Zip(positions.Skip(1)), p => Assert.True(p.First < p.Second));
        }
    }

    [Theory]
    [InlineData("""{"prompt":"a","rejected":"b"}""", ":1: the field 'chosen' is missing")]
    [InlineData("""{"prompt":"a","completion":" "}""", "contains no usable sample (1 line, empty 1)")]
    [InlineData("""{"chosen":"ab","rejected":"ac"}""", ":1: the field 'prompt' is missing")]
    [InlineData(
        """{"prompt":"a","chosen":[{"role":"user","content":"x"}],"rejected":[]}""",
        "contains no usable sample (1 line, no_answer 1). Line 1: an answer has no message of the assistant."
    )]
    [InlineData("""{"prompt":"a","chosen":7,"rejected":8}""", ":1: a field is not a text")]
    [InlineData("{", ":1: the line is not JSON")]
    [InlineData("", "contains no usable sample")]
    [InlineData("""{"prompt":"a","chosen":" ","rejected":"c"}""", "contains no usable sample (1 line, empty 1)")]
    public void A_file_that_cannot_be_read_is_one_sentence(string line, string said)
    {
        Write("in.jsonl", line);
        Assert.Contains(
            said,
            Assert.Throws<InputException>(() => PreferenceImport.Write(At("in.jsonl"), At("out.jsonl"), s_format.Value, 8)).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(At("out.jsonl")));
    }

    [Fact]
    public void Tokens_alone_need_a_tokenizer()
    {
        Write("d.jsonl", PreferenceLine.Format(Sample("s-7")));
        Assert.Contains(
            "s-7 has its context as tokens only",
            Assert.Throws<InputException>(() => PreferenceExport.Write(At("d.jsonl"), At("o"), ExchangeFormat.Trl, null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_and_import_leave_an_existing_file_alone_even_if_it_is_their_input()
    {
        Write("d.jsonl", PreferenceLine.Format(Sample("s-0") with { Prompt = $"{Text}\n\nWhat colour is the second?" }));
        Write("t.jsonl", """{"prompt":"a","chosen":"b","rejected":"c"}""");
        foreach (string file in new[] { "d.jsonl", "t.jsonl" })
        {
            string before = File.ReadAllText(At(file)), expected = $"{At(file)} exists; remove it or choose another output file.";

            (int code, _, string error) = await CommandLine.Run(
                "data", "export", At("d.jsonl"), "--format", "trl", "--out", At(file));
            Assert.Equal((2, expected), (code, error.Trim()));
            (code, _, error) = await CommandLine.Run("data", "import", At("t.jsonl"), "--model", Model, "--out", At(file));
            Assert.Equal((2, expected), (code, error.Trim()));

            Assert.Equal(before, File.ReadAllText(At(file)));
        }
    }

    [Fact]
    public void The_messages_about_a_file_begin_with_its_path_as_given()
    {
        Write("t.jsonl", """{"prompt":"a","rejected":["b"]}""");
        string import = Assert.Throws<InputException>(() =>
            PreferenceImport.Write(At("t.jsonl"), At("out.jsonl"), s_format.Value, 8)).Message;
        string export = Assert.Throws<InputException>(() =>
            PreferenceExport.Write(At("t.jsonl"), At("out.jsonl"), ExchangeFormat.Trl, null)).Message;

        Assert.StartsWith($"{At("t.jsonl")}:1: the field 'chosen' is missing", import, StringComparison.Ordinal);
        Assert.StartsWith($"{At("t.jsonl")}:1: the sample lacks", export, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_say_what_they_did()
    {
        Write("d.jsonl", PreferenceLine.Format(Sample("s-0")));
        (int code, string output, _) = await CommandLine.Run(
            "data",
            "export",
            At("d.jsonl"),
            "--format",
            "trl",
            "--out",
            At("t.jsonl"),
            "--tokenizer",
            Model);
        Assert.Equal((0, $"{At("t.jsonl")}: 2 lines from 1 sample"), (code, output.Trim()));

        (code, output, _) = await CommandLine.Run("data", "import", At("t.jsonl"), "--model", Model, "--out", At("b.jsonl"));
        Assert.Equal((0, $"{At("b.jsonl")}: 1 sample from 2 lines, 0 without a context"), (code, output.Trim()));

        Write("f.jsonl", """{"prompt":"a","chosen":"b","rejected":"c","score":1}""", """{"prompt":"a","chosen":"","rejected":"c"}""");
        (code, output, _) = await CommandLine.Run("data", "import", At("f.jsonl"), "--model", Model, "--out", At("g.jsonl"));
        Assert.Equal(
            (0, $"{At("g.jsonl")}: 1 sample from 2 lines, 1 without a context\ndropped    empty: line 2: prompt or an answer has no "
                + "text\nunused     score: 1 line"),
            (code, output.Trim().ReplaceLineEndings("\n")));

        (code, _, string error) = await CommandLine.Run("data", "import", At("none.jsonl"), "--model", Model, "--out", At("c.jsonl"));
        Assert.Equal((2, $"The file {At("none.jsonl")} does not exist."), (code, error.Trim()));
    }
}
