using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Preferences as other programs write them, there and back.</summary>
public sealed class PreferenceExchangeTests : IDisposable
{
    const string Text = "The “first” lighthouse stands in Birchmoor.\n\nThe second one, a tower of 40 m, is painted white & <red>.";

    static readonly JsonSerializerOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly Lazy<Tokenizer> s_tokenizer = new(() => Tokenizer.Load(Model));
    static readonly Lazy<ChatFormat> s_format = new(() => ChatFormat.Load(Model, s_tokenizer.Value));

    readonly string _folder = Directory.CreateTempSubdirectory("farsight-exchange-").FullName;

    static string Model => Path.Combine(Repository.Root, "models/tiny");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(
        ExchangeFormat.Trl,
        """{"id":"s-0","prompt":[{"role":"user","content":"PROMPT"}],"chosen":[{"role":"assistant","content":"White."}],"rejected":"""
            + """[{"role":"assistant","content":"Green."}]}"""
    )]
    [InlineData(ExchangeFormat.TrlText, """{"id":"s-0","prompt":"PROMPT","chosen":"White.","rejected":"Green."}""")]
    [InlineData(
        ExchangeFormat.OpenAi,
        """{"input":{"messages":[{"role":"user","content":"PROMPT"}]},"preferred_output":[{"role":"assistant","content":"White."}],"""
            + "\"non_preferred_output\":"
            + """[{"role":"assistant","content":"Green."}]}"""
    )]
    [InlineData(
        ExchangeFormat.OpenAiMessages,
        """{"messages":[{"role":"user","content":"PROMPT"},{"role":"assistant","content":"White."}]}"""
    )]
    [InlineData(
        ExchangeFormat.LlamaFactory,
        """{"id":"s-0","conversations":[{"from":"human","value":"PROMPT"}],"chosen":{"from":"gpt","value":"White."},"""
            + "\"rejected\":"
            + """{"from":"gpt","value":"Green."}}"""
    )]
    [InlineData(
        ExchangeFormat.MsSwift,
        """{"id":"s-0","messages":[{"role":"user","content":"PROMPT"},{"role":"assistant","content":"White."}],"""
            + "\"rejected_response\":\"Green.\"}"
    )]
    public void The_line_is_the_other_programs(ExchangeFormat format, string line)
    {
        Write("d.jsonl", PreferenceLine.Format(Sample("s-0") with { Prompt = "C\n\nQ?" }));

        PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), format, null);

        Assert.Equal(line.Replace("PROMPT", "C\\n\\nQ?", StringComparison.Ordinal), File.ReadLines(At("out.jsonl")).First());
    }

    [Theory]
    [InlineData(ExchangeFormat.Trl, "out.jsonl")]
    [InlineData(ExchangeFormat.TrlText, "out.jsonl")]
    [InlineData(ExchangeFormat.OpenAi, "out.jsonl")]
    [InlineData(ExchangeFormat.LlamaFactory, "out.jsonl")]
    [InlineData(ExchangeFormat.MsSwift, "out.jsonl")]
    [InlineData(ExchangeFormat.LlamaFactory, "out.parquet")]
    [InlineData(ExchangeFormat.MsSwift, "out.parquet")]
    [InlineData(ExchangeFormat.Trl, "out.parquet")]
    [InlineData(ExchangeFormat.TrlText, "out.parquet")]
    [InlineData(ExchangeFormat.OpenAi, "out.parquet")]
    public void What_is_exported_is_imported_again(ExchangeFormat format, string file)
    {
        PreferenceSample[] samples =
        [
            Sample("s-0"),
            Sample("s-1") with
            {
                Question = "And the first?",
                Chosen = "Unknown.",
                Rejected = ["Red."],
                Provenance = Seen(1),
            },
        ];
        Write("d.jsonl", [.. samples.Select(PreferenceLine.Format)]);

        ExportCounts exported = PreferenceExport.Write(At("d.jsonl"), At(file), format, t => s_tokenizer.Value.Decode(t));
        ImportCounts imported = PreferenceImport.Write(At(file), At("back.jsonl"), s_format.Value, chunkTokens: 8);
        IReadOnlyList<PreferenceSample> back = PreferenceDataset.Read(At("back.jsonl")).Samples;

        Assert.Equal((2, 3), (exported.Samples, exported.Lines));
        Assert.Equal((3, 2, 0), (imported.Lines, imported.Samples, imported.WithoutDocument));
        Assert.Equal(
            samples.Select(s => (s.Question, s.Chosen, string.Join('|', s.Rejected))),
            back.Select(s => (s.Question, s.Chosen, string.Join('|', s.Rejected))));
        Assert.All(back, s => Assert.Equal(Text, s_tokenizer.Value.Decode([.. s.Context.SelectMany(c => c.Tokens)]).TrimStart()));
        Assert.All(back, s => Assert.All(s.Context.SkipLast(1), c => Assert.InRange(c.Tokens.Length, 1, 8)));
        Assert.Equal(format == ExchangeFormat.OpenAi ? [file + "#1", file + "#3"] : ["s-0", "s-1"], back.Select(s => s.Id));

        PreferenceExport.Write(At("d.jsonl"), At("direct.jsonl"), format, t => s_tokenizer.Value.Decode(t));
        PreferenceExport.Write(At("back.jsonl"), At("again.jsonl"), format, null);
        Assert.Equal(File.ReadLines(At("direct.jsonl")).Select(WithoutId), File.ReadLines(At("again.jsonl")).Select(WithoutId));
    }

    [Theory]
    [InlineData(ExchangeFormat.Trl)]
    [InlineData(ExchangeFormat.OpenAi)]
    [InlineData(ExchangeFormat.LlamaFactory)]
    [InlineData(ExchangeFormat.MsSwift)]
    public void Every_turn_and_every_earlier_message_is_exported_and_imported_again(ExchangeFormat format)
    {
        Write("d.jsonl", PreferenceLine.Format(Conversation("s-0")));

        ExportCounts exported = PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), format, t => s_tokenizer.Value.Decode(t));
        PreferenceImport.Write(At("out.jsonl"), At("back.jsonl"), s_format.Value, chunkTokens: 8);
        IReadOnlyList<PreferenceSample> back = PreferenceDataset.Read(At("back.jsonl")).Samples;

        Assert.Equal((1, 3), (exported.Samples, exported.Lines));
        Assert.Equal(["What colour is the second?", "And the first?"], back.Select(s => s.Question));
        Assert.Equal(["White.", "Unknown."], back.Select(s => s.Chosen));
        Assert.Equal([["Green.", "Red."], ["Blue."]], back.Select(s => s.Rejected));
        Assert.Equal([new("system", "Be brief.")], back[0].History!);
        Assert.Equal(
            [new("system", "Be brief."), new("user", $"{Text}\n\nWhat colour is the second?"), new("assistant", "White.")],
            back[1].History!);
        if (format != ExchangeFormat.OpenAi)
        {
            Assert.Equal(["s-0", "s-0/turn-2"], back.Select(s => s.Id));
        }
    }

    [Theory]
    [InlineData(
        ExchangeFormat.Trl,
        """{"id":"s-0","prompt":[{"role":"user","content":"PROMPT"}],"completion":[{"role":"assistant","content":"White."}]}""")]
    [InlineData(ExchangeFormat.TrlText, """{"id":"s-0","prompt":"PROMPT","completion":"White."}""")]
    [InlineData(
        ExchangeFormat.LlamaFactory,
        """{"id":"s-0","conversations":[{"from":"human","value":"PROMPT"},{"from":"gpt","value":"White."}]}""")]
    [InlineData(
        ExchangeFormat.MsSwift,
        """{"id":"s-0","messages":[{"role":"user","content":"PROMPT"},{"role":"assistant","content":"White."}]}""")]
    public void Samples_without_rejected_responses_are_exported_with_their_answer_and_imported_again(
        ExchangeFormat format, string line)
    {
        PreferenceSample bare = Sample("s-0") with { Rejected = [], Provenance = Seen(0) };
        Write("d.jsonl", PreferenceLine.Format(bare));

        PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), format, t => s_tokenizer.Value.Decode(t));
        PreferenceImport.Write(At("out.jsonl"), At("back.jsonl"), s_format.Value, chunkTokens: 8);

        string prompt = JsonSerializer.Serialize($"{Text}\n\n{bare.Question}", s_relaxed)[1..^1];
        Assert.Equal(line.Replace("PROMPT", prompt, StringComparison.Ordinal), Assert.Single(File.ReadAllLines(At("out.jsonl"))));
        PreferenceSample back = Assert.Single(PreferenceDataset.Read(At("back.jsonl")).Samples);
        Assert.Equal(("s-0", bare.Question, bare.Chosen, 0), (back.Id, back.Question, back.Chosen, back.Rejected.Count));
    }

    [Fact]
    public void Preference_formats_refuse_samples_without_rejected_responses_and_datasets_of_both_kinds()
    {
        string bare = PreferenceLine.Format(Sample("s-0") with { Prompt = "Q?", Rejected = [], Provenance = Seen(0) }),
            pair = PreferenceLine.Format(Sample("s-1") with { Prompt = "Q?" });
        Write("d.jsonl", bare);
        Assert.StartsWith(
            "The sample s-0 has no rejected response, which preference data for OpenAI needs;",
            Assert.Throws<InputException>(
                () => PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), ExchangeFormat.OpenAi, null)).Message,
            StringComparison.Ordinal);
        Write("d.jsonl", bare, pair);
        Assert.StartsWith(
            "The sample s-1 has rejected responses, unlike the samples before it.",
            Assert.Throws<InputException>(
                () => PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), ExchangeFormat.Trl, null)).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            new ExportCounts(2, 2), PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), ExchangeFormat.OpenAiMessages, null));
    }

    [Fact]
    public void The_last_line_of_a_conversation_for_llama_factory_and_ms_swift_has_all_earlier_turns()
    {
        PreferenceSample sample = Conversation("s-0") with { Prompt = "C\n\nQ?" };
        Write("d.jsonl", PreferenceLine.Format(sample));
        Write("bare.jsonl", PreferenceLine.Format(sample with
        {
            Rejected = [],
            Provenance = Seen(0),
            Turns = [new("And the first?", "Unknown.", [], new([0], []))],
        }));

        Assert.Equal(
            """{"id":"s-0/turn-2","conversations":[{"from":"system","value":"Be brief."},{"from":"human","value":"C\n\nQ?"},"""
                + """{"from":"gpt","value":"White."},{"from":"human","value":"And the first?"}],"""
                + "\"chosen\":"
                + """{"from":"gpt","value":"Unknown."},"rejected":{"from":"gpt","value":"Blue."}}""",
            LastLine("d.jsonl", "lf/pairs.jsonl", ExchangeFormat.LlamaFactory));
        Assert.Equal(
            """{"id":"s-0/turn-2","conversations":[{"from":"system","value":"Be brief."},{"from":"human","value":"C\n\nQ?"},"""
                + """{"from":"gpt","value":"White."},{"from":"human","value":"And the first?"},{"from":"gpt","value":"Unknown."}]}""",
            LastLine("bare.jsonl", "lf/bare.jsonl", ExchangeFormat.LlamaFactory));
        Assert.Equal(
            """{"id":"s-0/turn-2","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"C\n\nQ?"},"""
                + """{"role":"assistant","content":"White."},{"role":"user","content":"And the first?"},"""
                + """{"role":"assistant","content":"Unknown."}],"rejected_response":"Blue."}""",
            LastLine("d.jsonl", "pairs.jsonl", ExchangeFormat.MsSwift));
        Assert.Equal(
            """{"id":"s-0/turn-2","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"C\n\nQ?"},"""
                + """{"role":"assistant","content":"White.","loss":false},{"role":"user","content":"And the first?"},"""
                + """{"role":"assistant","content":"Unknown."}]}""",
            LastLine("bare.jsonl", "bare-swift.jsonl", ExchangeFormat.MsSwift));
        Assert.Equal(
            """
            {
              "pairs": {
                "file_name": "pairs.jsonl",
                "formatting": "sharegpt",
                "ranking": true,
                "columns": {
                  "messages": "conversations",
                  "chosen": "chosen",
                  "rejected": "rejected"
                }
              },
              "bare": {
                "file_name": "bare.jsonl",
                "formatting": "sharegpt",
                "columns": {
                  "messages": "conversations"
                }
              }
            }

            """,
            File.ReadAllText(At("lf/dataset_info.json")));
    }

    [Fact]
    public void Messages_that_llama_factory_would_skip_are_refused()
    {
        Write("d.jsonl", PreferenceLine.Format(Sample("s-0") with { Prompt = "C\n\nQ?", History = [new("user", "Hi")] }));

        Assert.StartsWith(
            "The sample s-0 has messages that do not alternate between user and assistant after at most one system message;",
            Assert.Throws<InputException>(
                () => PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), ExchangeFormat.LlamaFactory, null)).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(At("out.jsonl")));
        Assert.False(File.Exists(At("dataset_info.json")));
    }

    [Theory]
    [InlineData(ExchangeFormat.Trl, 3)]
    [InlineData(ExchangeFormat.TrlText, 3)]
    [InlineData(ExchangeFormat.OpenAi, 3)]
    [InlineData(ExchangeFormat.OpenAiMessages, 2)]
    public void Every_question_that_is_asked_alone_is_exported_with_the_context(ExchangeFormat format, int lines)
    {
        PreferenceSample sample = Sample("s-0") with { Questions = [new("And the first?", "Unknown.", ["Blue."], new([0], [[1]]))] };
        Write("d.jsonl", PreferenceLine.Format(sample));

        ExportCounts exported = PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), format, t => s_tokenizer.Value.Decode(t));
        PreferenceImport.Write(At("out.jsonl"), At("back.jsonl"), s_format.Value, chunkTokens: 8);
        IReadOnlyList<PreferenceSample> back = PreferenceDataset.Read(At("back.jsonl")).Samples;

        Assert.Equal(new ExportCounts(1, lines), exported);
        Assert.Equal(["What colour is the second?", "And the first?"], back.Select(s => s.Question));
        Assert.Equal(["White.", "Unknown."], back.Select(s => s.Chosen));
        Assert.All(back, s => Assert.Equal(Text, s_tokenizer.Value.Decode([.. s.Context.SelectMany(c => c.Tokens)]).TrimStart()));
        Assert.All(back, s => Assert.Null(s.History));
        if (format is ExchangeFormat.Trl or ExchangeFormat.TrlText)
        {
            Assert.Equal(["s-0", "s-0#2"], back.Select(s => s.Id));
        }
    }

    [Fact]
    public void A_readable_prompt_is_written_with_each_question_in_the_place_of_the_first()
    {
        PreferenceSample sample = Sample("s-0") with
        {
            Prompt = "C\n\nWhat colour is the second?",
            Questions = [new("And the first?", "Unknown.", ["Blue."], new([0], [[1]]))],
        };
        Write("d.jsonl", PreferenceLine.Format(sample));

        PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), ExchangeFormat.TrlText, null);

        Assert.Equal(
            """{"id":"s-0#2","prompt":"C\n\nAnd the first?","chosen":"Unknown.","rejected":"Blue."}""",
            File.ReadLines(At("out.jsonl")).Last());
    }

    [Fact]
    public void A_conversation_is_one_line_of_supervised_messages_whose_history_is_not_learned()
    {
        PreferenceSample sample = Conversation("s-0") with { Prompt = "C\n\nQ?", History = [new("user", "Hi"), new("assistant", "Yes?")] };
        Write("d.jsonl", PreferenceLine.Format(sample));

        PreferenceExport.Write(At("d.jsonl"), At("out.jsonl"), ExchangeFormat.OpenAiMessages, null);

        Assert.Equal(
            """{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?","weight":0},"""
                + """{"role":"user","content":"C\n\nQ?"},{"role":"assistant","content":"White."},"""
                + """{"role":"user","content":"And the first?"},{"role":"assistant","content":"Unknown."}]}""",
            Assert.Single(File.ReadAllLines(At("out.jsonl"))));
    }

    [Fact]
    public void A_text_prompt_cannot_hold_a_conversation()
    {
        foreach (PreferenceSample sample in new[] { Conversation("s") with { Turns = null }, Conversation("s") with { History = null } })
        {
            Write("d.jsonl", PreferenceLine.Format(sample));
            Assert.EndsWith(
                "which a text prompt cannot hold; export to a format with messages, such as trl.",
                Assert.Throws<InputException>(() => PreferenceExport.Write(
                    At("d.jsonl"), At("out.jsonl"), ExchangeFormat.TrlText, t => s_tokenizer.Value.Decode(t))).Message,
                StringComparison.Ordinal);
            Assert.False(File.Exists(At("out.jsonl")));
        }
    }

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

    static PreferenceSample Conversation(string id) => Sample(id) with
    {
        History = [new("system", "Be brief.")],
        Turns = [new("And the first?", "Unknown.", ["Blue."], new([0], [[1]]))],
    };

    static PreferenceSample Sample(string id)
    {
        int[] tokens = s_format.Value.Context(Text);
        return new(
            id,
            [new("d", 0, tokens[..10], 2, ChunkRole.Relevant), new("d", 1, tokens[10..], 0, ChunkRole.Irrelevant)],
            "What colour is the second?",
            "White.",
            ["Green.", "Red."],
            Seen(2));
    }

    static SampleProvenance Seen(int rejected) => new(["d"], 1, 0, new([0], [.. Enumerable.Range(0, rejected).Select(_ => (int[])[1])]));

    static string WithoutId(string line) => System.Text.RegularExpressions.Regex.Replace(line, "^\\{\"id\":\"[^\"]*\",", "{");

    string LastLine(string dataset, string output, ExchangeFormat format)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(output))!);
        PreferenceExport.Write(At(dataset), At(output), format, null);
        return File.ReadLines(At(output)).Last();
    }

    string At(string name) => Path.Combine(_folder, name);

    void Write(string name, params string[] lines) => File.WriteAllLines(At(name), lines);
}
