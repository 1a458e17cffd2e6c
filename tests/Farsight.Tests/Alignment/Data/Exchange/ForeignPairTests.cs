using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Templates;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Which lines of other programs become samples.</summary>
public sealed class ForeignPairTests : ForeignLines
{
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
    [InlineData(
        """{"conversations":[{"from":"human","value":"Which colour is the lamp?"}],"chosen":{"from":"gpt","value":"Blue."},"""
        + """ "rejected":{"from":"gpt","value":"Red."},"system":""}""")]
    [InlineData($$"""{"conversations":[{{User}}],"chosen":{{Good}},"rejected":{{Bad}}}""")]
    [InlineData("""{"instruction":"Which colour is the lamp?","input":"","chosen":"Blue.","rejected":"Red.","history":[]}""")]
    [InlineData($$"""{"messages":[{{User}},{{Good}}],"rejected_response":"Red."}""")]
    [InlineData($$"""{"messages":[{{User}},{{Good}}],"rejected_messages":[{{User}},{{Bad}}]}""")]
    public void One_question_with_two_answers_becomes_a_sample(string line)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(line);

        Assert.Equal((1, 1), (counts.Lines, counts.WithoutDocument));
        Assert.Empty(counts.Dropped);
        Assert.Equal(
            ("Which colour is the lamp?", "Blue.", "Red."), (samples[0].Question, samples[0].Chosen, Assert.Single(samples[0].Rejected)));
    }

    [Theory]
    [InlineData("""{"prompt":"Which colour is the lamp?","completion":"Blue."}""")]
    [InlineData("""{"prompt":"Which colour is the lamp?","completion":"Blue.","label":true}""")]
    [InlineData("""{"prompt":"Which colour is the lamp?","chosen":"Blue."}""")]
    [InlineData($$"""{"prompt":[{{User}}],"completion":[{{Good}}]}""")]
    [InlineData($$"""{"messages":[{{User}},{{Good}}]}""")]
    [InlineData("""{"conversations":[{"from":"human","value":"Which colour is the lamp?"},{"from":"gpt","value":"Blue."}]}""")]
    [InlineData("""{"instruction":"Which colour is the lamp?","output":"Blue."}""")]
    [InlineData($$"""{"chosen":[{{User}},{{Good}}]}""")]
    [InlineData("""{"chosen":"\n\nHuman: Which colour is the lamp?\n\nAssistant: Blue."}""")]
    public void One_question_with_one_answer_becomes_a_sample_without_rejected_responses(string line)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(line);

        Assert.Empty(counts.Dropped);
        Assert.Empty(counts.Unused);
        PreferenceSample sample = Assert.Single(samples);
        Assert.Equal(("Which colour is the lamp?", "Blue.", 0), (sample.Question, sample.Chosen, sample.Rejected.Count));
    }

    [Fact]
    public void The_last_answer_of_a_supervised_conversation_is_the_chosen_response()
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            $$"""{"prompt":"Which colour is the lamp?","messages":[{{Be}},{{User}},{{Good}},{{Next}},{{Bad}}]}""");

        Assert.Empty(counts.Dropped);
        Assert.Equal(
            [new("system", "Be brief."), new("user", "Which colour is the lamp?"), new("assistant", "Blue.")], samples[0].History!);
        Assert.Equal(("Why?", "Red."), (samples[0].Question, samples[0].Chosen));
    }

    [Fact]
    public void The_input_and_the_history_of_an_alpaca_line_are_parts_of_its_prompt()
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            """{"instruction":"Say why.","input":"The lamp is blue.","chosen":"Paint.","rejected":"Snow.","system":"Be brief.","""
                + """ "history":[["Which colour is the lamp?","Blue."]]}""");

        Assert.Empty(counts.Dropped);
        Assert.Empty(counts.Unused);
        PreferenceSample sample = Assert.Single(samples);
        Assert.Equal(
            [new("system", "Be brief."), new("user", "Which colour is the lamp?"), new("assistant", "Blue.")], sample.History!);
        Assert.Equal(
            ("Say why.\nThe lamp is blue.", "Paint.", "Snow."), (sample.Question, sample.Chosen, Assert.Single(sample.Rejected)));
    }

    [Fact]
    public void A_pair_in_a_file_of_answers_is_dropped()
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            """{"prompt":"a","completion":"b"}""", """{"prompt":"c","chosen":"d","rejected":"e"}""", """{"prompt":"a","completion":"b"}""");

        Assert.Single(samples);
        Assert.Equal(["duplicate", "other_kind"], counts.Dropped.Keys);
    }

    [Theory]
    [InlineData($$"""{"chosen":[{{User}},{{Good}},{{Next}},{{Good}}],"rejected":[{{User}},{{Good}},{{Next}},{{Bad}}]}""", "u a")]
    [InlineData($$"""{"prompt":[{{User}},{{Good}},{{Next}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""", "u a")]
    [InlineData($$"""{"prompt":[{{Be}},{{Next}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""", "s")]
    [InlineData($$"""{"prompt":[{{Be}},{{User}},{{Good}},{{Next}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""", "s u a")]
    [InlineData("""{"system":"Be brief.","prompt":"Why?","chosen":"Blue.","rejected":"Red."}""", "s")]
    [InlineData(
        $$"""{"input":{"messages":[{"role":"developer","content":"Be brief."},{{Next}}]},"preferred_output":[{{Good}}],"""
        + "\"non_preferred_output\":" + $$"""[{{Bad}}]}""",
        "s")]
    [InlineData(
        """{"prompt":"\n\nHuman: Which colour is the lamp?\n\nAssistant: Blue.\n\nHuman: Why?\n\nAssistant:","chosen":"Blue.","""
        + """ "rejected":"Red."}""",
        "u a")]
    [InlineData($$"""{"prompt":[{"role":"system","content":" "},{{Next}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""", "")]
    public void A_system_message_and_earlier_turns_stay_messages_before_the_question(string line, string history)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(line);

        Assert.Empty(counts.Dropped);
        PreferenceSample sample = Assert.Single(samples);
        Dictionary<string, ChatTurn> turns = new()
        {
            ["s"] = new("system", "Be brief."),
            ["u"] = new("user", "Which colour is the lamp?"),
            ["a"] = new("assistant", "Blue."),
        };
        ChatTurn[] expected = [.. history.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => turns[t])];
        Assert.Equal(expected, sample.History ?? []);
        Assert.Equal(("Why?", "Blue.", "Red."), (sample.Question, sample.Chosen, Assert.Single(sample.Rejected)));
        Assert.Equal(
            Format.Conversation([.. expected, new("user", "Why?")]),
            SampleTokens.Of(sample, Format, Format.Tokenizer.VocabSize).Prompt);
    }

    [Fact]
    public void A_conversation_that_the_template_refuses_or_omits_is_dropped()
    {
        string system = $$"""{"prompt":[{{Be}},{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""";
        string bare = $$"""{"prompt":[{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""";
        const string Messages =
            "{% for m in messages %}{% if m['role'] == 'user' %}<|user|>{{ m['content'] }}{% elif m['role'] == 'assistant' %}"
            + "<|assistant|>{{ m['content'] }}<|end_of_text|>{% else %}REST{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}<|assistant|>{% endif %}";
        foreach (string rest in new[] { "{{ raise_exception('no system messages') }}", "" })
        {
            ChatFormat format = ChatFormat.Of(
                Format.Tokenizer,
                ChatTemplate.Parse(Messages.Replace("REST", rest, StringComparison.Ordinal), "t"), "<|begin_of_text|>", "<|end_of_text|>");
            File.WriteAllLines(Input, [bare, system]);
            File.Delete(Output);

            ImportCounts counts = PreferenceImport.Write(Input, Output, format, 64);

            Assert.Equal(("template", 2), (Assert.Single(counts.Dropped).Key, counts.Dropped["template"].First[0]));
        }
    }

    [Fact]
    public void Every_field_that_a_sample_does_not_keep_is_counted()
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            """{"prompt":"a","chosen":"b","rejected":"c","score":1.5,"source":"x","tags":[],"context":" a "}""",
            """{"prompt":"d","chosen":"e","rejected":"f","score":2,"is_good":false,"note":null}""",
            $$"""{"prompt":[{"role":"user","name":"ada","content":"g"}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""",
            """{"input":{"messages":[{"role":"user","content":"h","name":"ada"}],"parallel_tool_calls":true},"preferred_output":"""
                + $$"""[{{Good}}],"non_preferred_output":[{{Bad}}]}""");

        Assert.Equal(4, samples.Length);
        Assert.Equal(
            [
                ("context", 1), ("input.messages.name", 1), ("input.parallel_tool_calls", 1), ("is_good", 1), ("prompt.name", 1),
                ("score", 2), ("source", 1),
            ],
            counts.Unused.Select(u => (u.Key, u.Value)));
    }

    [Fact]
    public void A_number_is_an_id_and_a_line_that_repeats_another_is_counted()
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            """{"id":17,"prompt":"x","chosen":"y","rejected":"z"}""",
            """{"id":17,"prompt":"x","chosen":"y","rejected":" z"}""",
            """{"id":17,"prompt":"x","chosen":"y","rejected":"w"}""");

        PreferenceSample sample = Assert.Single(samples);
        Assert.Equal(("17", 2), (sample.Id, sample.Rejected.Count));
        Assert.Equal(["z", "w"], sample.Rejected);
        (string reason, DroppedLines dropped) = Assert.Single(counts.Dropped);
        Assert.Equal(("duplicate", 1, 2), (reason, dropped.Lines, dropped.First[0]));
    }

    [Fact]
    public void Equal_ids_of_different_lines_give_a_dataset_that_can_be_read()
    {
        (_, PreferenceSample[] samples) = Import(
            """{"id":"x","prompt":"a","chosen":"b","rejected":"c"}""", """{"id":"x","prompt":"d","chosen":"e","rejected":"f"}""");
        Assert.Equal(["x", "in.jsonl#2"], samples.Select(s => s.Id));
    }

    [Fact]
    public void The_name_of_a_line_that_is_already_an_id_stays_unique()
    {
        (_, PreferenceSample[] samples) = Import(
            """{"id":"in.jsonl#2","prompt":"a","chosen":"b","rejected":"c"}""", """{"prompt":"d","chosen":"e","rejected":"f"}""",
            """{"id":"in.jsonl#2/1","prompt":"g","chosen":"h","rejected":"i"}""",
            """{"id":"in.jsonl#5","prompt":"j","chosen":"k","rejected":"l"}""", """{"prompt":"m","chosen":"n","rejected":"o"}""");

        Assert.Equal(["in.jsonl#2", "in.jsonl#2/2", "in.jsonl#2/1", "in.jsonl#5", "in.jsonl#5/2"], samples.Select(s => s.Id));
    }

    [Fact]
    public void Lines_that_repeat_or_contradict_an_earlier_line_are_counted_wherever_they_are()
    {
        const string Line = """{"prompt":"a","chosen":"b","rejected":"c"}""";
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            Line, """{"id":"x","prompt":"d","chosen":"e","rejected":"f"}""", Line, """{"prompt":"a","chosen":"c","rejected":"b"}""",
            """{"id":"y","prompt":"d","chosen":"e","rejected":"f"}""");

        Assert.Equal(["b", "e"], samples.Select(s => s.Chosen));
        Assert.All(samples, s => Assert.Single(s.Rejected));
        Assert.Equal(["contradiction 1: 4", "duplicate 2: 3, 5"], counts.Dropped.Select(d =>
            $"{d.Key} {d.Value.Lines}: {string.Join(", ", d.Value.First)}"));
    }

    [Theory]
    [InlineData("""{"prompt":"P","context":" The doc. ","chosen":"b","rejected":"c"}""", "The doc.")]
    [InlineData("""{"prompt":[{"role":"user","content":"P"}],"document":"The doc.","chosen":"b","rejected":"c"}""", "The doc.")]
    [InlineData("""{"prompt":"P","documents":["The doc.","Another."],"chosen":"b","rejected":"c"}""", "The doc.\n\nAnother.")]
    public void A_document_in_a_field_beside_the_prompt_is_the_context_of_the_whole_prompt(string line, string document)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(line.Replace("P", "One.\\n\\nTwo?", StringComparison.Ordinal));

        Assert.Equal((0, 0, 0), (counts.WithoutDocument, counts.Dropped.Count, counts.Unused.Count));
        PreferenceSample sample = Assert.Single(samples);
        Assert.Equal(("One.\n\nTwo?", $"{document}\n\nOne.\n\nTwo?"), (sample.Question, sample.Prompt));
        Assert.Equal(Format.Context(document), sample.Context.SelectMany(c => c.Tokens));
    }

    [Theory]
    [InlineData("\\n\\n")]
    [InlineData("\\r\\n\\r\\n")]
    [InlineData("\\r\\r")]
    [InlineData("\\n \\t\\n")]
    public void An_empty_line_separates_context_and_question_whatever_ends_the_lines(string gap)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import(
            $$"""{"prompt":" The doc.{{gap}}The\r\nquestion?","chosen":"b","rejected":"c"}""");

        PreferenceSample sample = Assert.Single(samples);
        Assert.Equal((0, "The\nquestion?"), (counts.WithoutDocument, sample.Question));
        Assert.Equal(Format.Context("The doc."), sample.Context.SelectMany(c => c.Tokens));
        Assert.DoesNotContain('\r', sample.Prompt!);
    }

    [Fact]
    public void A_dialogue_with_other_line_ends_is_split_into_the_same_messages()
    {
        (_, PreferenceSample[] samples) = Import(
            """{"prompt":"\r\n\r\nHuman: q\r\n\r\nAssistant: a\r\n\r\nHuman: Why?\r\n\r\nAssistant:","chosen":"b","rejected":"c"}""",
            """{"prompt":"\n\nHuman: Where?","chosen":"b","rejected":"c"}""");

        Assert.Equal([new("user", "q"), new("assistant", "a")], samples[0].History!);
        Assert.Equal(["Why?", "Where?"], samples.Select(s => s.Question));
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
            File.WriteAllBytes(Input, variant);
            File.Delete(Output);
            try
            {
                PreferenceImport.Write(Input, Output, Format, 64);
                Assert.NotEmpty(PreferenceDataset.Read(Output).Samples);
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
                string good = sample.Chosen == "Blue." ? Good : Bad, bad = good == Good ? Bad : Good;
                string asked = string.Join(',', (sample.History ?? []).Append(new("user", sample.Question)).Select(Written));
                foreach ((string side, string answer) in new[] { ("chosen", good), ("rejected", bad) })
                {
                    bool isWhole = line.Contains($"\"{side}\":[{asked},{answer}]", StringComparison.Ordinal);
                    bool isSplit = line.Contains($"\"prompt\":[{asked}]", StringComparison.Ordinal)
                        && line.Contains($"\"{side}\":[{answer}]", StringComparison.Ordinal);
                    Assert.True(isWhole || isSplit, $"seed {seed}: {line}");
                }
            }
        }
    }

    static string Written(ChatTurn turn) => $$"""{"role":"{{turn.Role}}","content":"{{turn.Content}}"}""";
}
