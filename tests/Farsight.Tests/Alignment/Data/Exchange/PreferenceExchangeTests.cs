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
public sealed class PreferenceExchangeTests : ExchangeFiles
{
    static readonly JsonSerializerOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    static PreferenceSample Conversation(string id) => Sample(id) with
    {
        History = [new("system", "Be brief.")],
        Turns = [new("And the first?", "Unknown.", ["Blue."], new([0], [[1]]))],
    };

    static string WithoutId(string line) => System.Text.RegularExpressions.Regex.Replace(line, "^\\{\"id\":\"[^\"]*\",", "{");

    string LastLine(string dataset, string output, ExchangeFormat format)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(output))!);
        PreferenceExport.Write(At(dataset), At(output), format, null);
        return File.ReadLines(At(output)).Last();
    }
}
