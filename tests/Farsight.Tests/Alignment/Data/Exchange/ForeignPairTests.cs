using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Which lines of other programs become samples, and for which reason the others do not.</summary>
public sealed class ForeignPairTests : IDisposable
{
    const string User = """{"role":"user","content":"Which colour is the lamp?"}""", Good = """{"role":"assistant","content":"Blue."}""",
        Bad = """{"role":"assistant","content":"Red."}""", Next = """{"role":"user","content":"Why?"}""";

    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");
    static readonly Lazy<ChatFormat> s_format = new(() => ChatFormat.Load(s_model, Tokenizer.Load(s_model)));

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData($$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Bad}}]}""")]
    [InlineData($$"""{"prompt":[{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData($$"""{"prompt":[{{User}}],"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Bad}}]}""")]
    [InlineData($$"""{"prompt":"Which colour is the lamp?","chosen":[{{User}},{{Good}}],"rejected":[{{Bad}}],"tools":[],"system":""}""")]
    [InlineData("""{"prompt":"Which colour is the lamp?","chosen":"Blue.","rejected":"Red."}""")]
    [InlineData("""{"prompt":"\n\nHuman: Which colour is the lamp?\n\nAssistant:","chosen":"Blue.","rejected":"Red."}""")]
    [InlineData(
        """{"chosen":"\n\nHuman: Which colour is the lamp?\n\nAssistant: Blue.","rejected":"\n\nHuman: Which colour is the lamp?"""
        + """\n\nAssistant: Red."}""")]
    [InlineData(
        """{"prompt":[{"role":"user","content":[{"type":"text","text":"Which colour is the lamp?"}]}],"chosen":"Blue.","""
        + """ "rejected":"Red."}""")]
    public void One_question_with_two_answers_becomes_a_sample(string line)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(line);

        Assert.Equal((1, 1), (counts.Lines, counts.WithoutDocument));
        Assert.Empty(counts.Dropped);
        Assert.Equal(
            ("Which colour is the lamp?", "Blue.", "Red."), (samples[0].Question, samples[0].Chosen, Assert.Single(samples[0].Rejected)));
    }

    [Theory]
    [InlineData("different_prompts", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{Next}},{{Bad}}]}""")]
    [InlineData("different_prompts", $$"""{"prompt":[{{User}}],"chosen":[{{Next}},{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("longer_conversation", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Bad}},{{Next}},{{Bad}}]}""")]
    [InlineData("longer_conversation", $$"""{"prompt":[{{User}}],"chosen":[{{Good}},{{Next}},{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("longer_conversation", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Good}},{{Next}},{{Bad}}]}""")]
    [InlineData("several_turns", $$"""{"chosen":[{{User}},{{Good}},{{Next}},{{Good}}],"rejected":[{{User}},{{Good}},{{Next}},{{Bad}}]}""")]
    [InlineData("several_turns", """{"prompt":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:","chosen":"d","rejected":"e"}""")]
    [InlineData("several_turns", """{"prompt":"a","chosen":"b","rejected":"c","history":[["d","e"]]}""")]
    [InlineData(
        "system_prompt", $$"""{"prompt":[{"role":"system","content":"Be brief."},{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("system_prompt", """{"system":"Be brief.","prompt":"a","chosen":"b","rejected":"c"}""")]
    [InlineData(
        "system_prompt",
        $$"""{"input":{"messages":[{"role":"developer","content":"x"},{{User}}]},"preferred_output":[{{Good}}],"non_preferred_output":"""
        + $$"""[{{Bad}}]}""")]
    [InlineData(
        "tool_calls",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":null,"tool_calls":[{}]}],"rejected":[{{Bad}}]}""")]
    [InlineData("tool_calls", $$"""{"prompt":[{{User}},{"role":"tool","content":"x"}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("tool_calls", """{"prompt":"a","chosen":"b","rejected":"c","tools":[{"name":"f"}]}""")]
    [InlineData(
        "reasoning_content",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":"x","reasoning_content":"y"}],"rejected":[{{Bad}}]}""")]
    [InlineData("not_text", $$"""{"prompt":[{"role":"user","content":[{"type":"image"}]}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("unknown_role", $$"""{"prompt":[{"role":"critic","content":"x"}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("no_answer", $$"""{"prompt":[{{User}}],"chosen":[],"rejected":[{{Bad}}]}""")]
    [InlineData("identical", """{"prompt":"a","chosen":"b","rejected":" b"}""")]
    [InlineData("identical", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Good}}]}""")]
    [InlineData("empty", """{"prompt":"a","chosen":"b","rejected":null}""")]
    [InlineData("templated", """{"prompt":"<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"[INST] a [/INST]","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"### Instruction:\na\n\n### Response:\n","chosen":"b","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b</s>","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b","rejected":"c<|end_of_text|>\n"}""")]
    [InlineData("malformed", """{"prompt":"a","chosen":"b"}""")]
    [InlineData("malformed", """{"chosen":"a b","rejected":"a c"}""")]
    [InlineData("malformed", """{"prompt":"a","chosen":7,"rejected":8}""")]
    public void A_line_that_a_sample_cannot_hold_is_dropped_with_its_number_and_reason(string reason, string line)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import("""{"prompt":"p","chosen":"good","rejected":"bad"}""", line, line);

        Assert.Equal("p", Assert.Single(samples).Question);
        (string name, DroppedLines dropped) = Assert.Single(counts.Dropped);
        Assert.Equal((reason, 2), (name, dropped.Lines));
        Assert.Equal([2, 3], dropped.First);
    }

    [Theory]
    [InlineData("""{"prompt":"a","chosen":"<s>old</s>","rejected":"c"}""")]
    [InlineData("""{"prompt":"What does <|im_end|> mean?","chosen":"It ends a turn.","rejected":"c"}""")]
    public void A_text_about_markup_is_kept(string line) => Assert.Single(Import(line).Samples);

    [Fact]
    public void Equal_ids_of_different_lines_give_a_dataset_that_can_be_read()
    {
        (_, PreferenceSample[] samples) = Import(
            """{"id":"x","prompt":"a","chosen":"b","rejected":"c"}""", """{"id":"x","prompt":"d","chosen":"e","rejected":"f"}""");
        Assert.Equal(["x", "in.jsonl#2"], samples.Select(s => s.Id));
    }

    [Fact]
    public void A_number_that_is_not_JSON_is_named() =>
        Assert.Contains(
            "): NaN is not a JSON number; write null instead.",
            Assert.Throws<InputException>(() => Import("""{"prompt":"a","chosen":"b","rejected":"c","s":NaN}""")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Damaged_pairs_end_in_a_dataset_or_one_sentence()
    {
        string[] sound =
        [
            $$"""{"id":"a","prompt":[{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}],"tools":null}""",
            $$"""{"input":{"messages":[{{User}}]},"preferred_output":[{{Good}}],"non_preferred_output":[{{Bad}}]}""",
            """{"chosen":"\n\nHuman: a?\n\nAssistant: b","rejected":"\n\nHuman: a?\n\nAssistant: c","score":1.5}""",
        ];
        int read = 0, refused = 0;
        foreach (byte[] variant in sound.SelectMany(s => Mutations.OfJson(System.Text.Encoding.UTF8.GetBytes(s), 150)))
        {
            File.WriteAllBytes(_folder["in.jsonl"], variant);
            try
            {
                PreferenceImport.Write(_folder["in.jsonl"], _folder["out.jsonl"], s_format.Value, 64);
                Assert.NotEmpty(PreferenceDataset.Read(_folder["out.jsonl"]).Samples);
                read++;
            }
            catch (InputException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }
        Assert.True(read > 50 && refused > 50, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Conversations_of_random_messages_never_give_an_answer_to_another_question()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            SeededRandom random = SeededRandom.For(seed, "pairs", 0);
            string[] all = [User, Next, Good, Bad, """{"role":"system","content":"s"}"""];
            string Some(ref SeededRandom draw)
            {
                List<string> messages = [];
                for (int i = draw.Next(4); i > 0; i--)
                {
                    messages.Add(draw.Pick(all));
                }
                return $"[{string.Join(',', messages)}]";
            }
            string prompt = random.Next(2) == 0 ? $"\"prompt\":{Some(ref random)}," : "";
            string line = $$"""{{{prompt}}"chosen":{{Some(ref random)}},"rejected":{{Some(ref random)}}}""";

            (_, PreferenceSample[] samples) = Import("""{"prompt":"p","chosen":"good","rejected":"bad"}""", line);

            foreach (PreferenceSample sample in samples.Skip(1))
            {
                string question = sample.Question == "Why?" ? Next : User, good = sample.Chosen == "Blue." ? Good : Bad;
                string bad = good == Good ? Bad : Good;
                string Side(string answer) => line.Contains($"[{answer}]", StringComparison.Ordinal) ? answer : $"{question},{answer}";
                Assert.True(
                    line.Contains(Side(good), StringComparison.Ordinal) && line.Contains(Side(bad), StringComparison.Ordinal),
                    $"seed {seed}: {line}");
                Assert.DoesNotContain("system", line, StringComparison.Ordinal);
            }
        }
    }

    (ImportCounts Counts, PreferenceSample[] Samples) Import(params string[] lines)
    {
        File.WriteAllLines(_folder["in.jsonl"], lines);
        ImportCounts counts = PreferenceImport.Write(_folder["in.jsonl"], _folder["out.jsonl"], s_format.Value, 64);
        return (counts, [.. PreferenceDataset.Read(_folder["out.jsonl"]).Samples]);
    }
}
