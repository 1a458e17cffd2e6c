using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Conversations;

/// <summary>
/// Prompts of synthesis, training, evaluation and chat are the same tokens, for the template of the small model and all shared templates.
/// </summary>
[Trait("Category", "Golden")]
public sealed partial class PromptEqualityTests
{
    const string Templates = "tokenizers/chat_templates.jsonl";
    const int Cases = 20;

    static readonly Lazy<Dictionary<string, ChatFormat>> s_formats = new(() =>
    {
        Dictionary<string, ChatFormat> formats = new(StringComparer.Ordinal)
        {
            ["small"] = Format("small", ChatFormat.TemplateText, "<|begin_of_text|>", "<|end_of_text|>"),
        };
        foreach (JsonNode line in File.ReadLines(SharedMaterial.PathOf(Templates)).Select(l => JsonNode.Parse(l)!))
        {
            string name = line["name"]!.GetValue<string>();
            if (!formats.ContainsKey(name))
            {
                string bos = line["bos_token"]!.GetValue<string>();
                formats[name] = Format(
                    name, line["template"]!.GetValue<string>(), bos.Length == 0 ? null : bos, line["eos_token"]!.GetValue<string>());
            }
        }
        return formats;
    });

    [SharedFact(Templates)]
    public void A_question_without_a_context_has_the_prompt_of_chat_in_training_synthesis_and_evaluation()
    {
        ForEach((format, text) =>
        {
            (string question, string answer) = (text("q"), text("a"));
            int[] chat = format.Conversation([new("user", question)]);

            Assert.Equal(chat, format.Prompt("", question));
            Assert.Equal(chat, format.Prompt([], question));
            PreferenceSample sample = PreferenceSample.Create("s", "", question, answer, [answer + "!"], format);
            Assert.Equal(chat, SampleTokens.Of(sample, format, int.MaxValue).Prompt);
            Assert.Equal(chat, Assert.Single(SampleTokens.ShortTurns(sample, format, int.MaxValue)).Prompt);
        });
    }

    [SharedFact(Templates)]
    public void A_question_about_a_context_has_the_same_prompt_in_training_synthesis_and_evaluation_and_the_text_of_chat()
    {
        ForEach((format, text) =>
        {
            (string context, string question) = (text("c"), text("q"));
            PreferenceSample sample = PreferenceSample.Create("s", context, question, "x", ["y"], format);
            int[] prompt = format.Prompt([.. sample.Context.SelectMany(c => c.Tokens)], question);
            PromptFrame frame = new ChatPromptText(format.Tokenizer, format).Frame(question);

            Assert.Equal(prompt, SampleTokens.Of(sample, format, int.MaxValue).Prompt);
            int[] pieces = [.. frame.Before, .. format.Context(context), .. frame.After];
            Assert.Equal(prompt, pieces);
            if (!prompt.Contains(format.Tokenizer.IdOf("<|context|>") ?? -1))
            {
                string whole = format.Tokenizer.Decode(format.Conversation([new("user", $"{context}\n\n{question}")]), false);
                Assert.Equal(whole, format.Tokenizer.Decode(prompt, skipSpecialTokens: false));
            }
        });
    }

    [SharedFact(Templates)]
    public void A_question_after_a_system_message_and_earlier_turns_has_the_prompt_of_chat_in_training()
    {
        int refused = 0, equal = 0;
        ForEach((format, text) =>
        {
            ChatTurn[][] histories =
            [
                [new("user", text("u")), new("assistant", text("v"))],
                [new("system", text("s"))],
                [new("system", text("s")), new("user", text("u")), new("assistant", text("v"))],
            ];
            foreach (ChatTurn[] history in histories)
            {
                PreferenceSample bare = PreferenceSample.Create("s", "", text("q"), "x", ["y"], format) with { History = history };
                PreferenceSample about = PreferenceSample.Create("s", text("c"), text("q"), "x", ["y"], format) with { History = history };
                try
                {
                    int[] trained = SampleTokens.Of(bare, format, int.MaxValue).Prompt;
                    Assert.Equal(format.Conversation([.. history, new("user", text("q"))]), trained);
                    about = about with { Context = [about.Context[0] with { Tokens = format.Context(text("c"), history) }] };
                    int[] prompt = SampleTokens.Of(about, format, int.MaxValue).Prompt;
                    equal++;
                    if (!prompt.Contains(format.Tokenizer.IdOf("<|context|>") ?? -1))
                    {
                        ChatTurn[] all = [.. history, new("user", $"{text("c")}\n\n{text("q")}")];
                        Assert.Equal(
                            format.Tokenizer.Decode(format.Conversation(all), skipSpecialTokens: false),
                            format.Tokenizer.Decode(prompt, skipSpecialTokens: false));
                    }
                }
                catch (InputException e) when (e.Message.StartsWith("Sample s: ", StringComparison.Ordinal))
                {
                    refused++; // some templates have no system messages
                }
            }
        });
        Assert.True(equal > 2 * refused, $"{equal} equal, {refused} refused");
    }

    [SharedFact(Templates)]
    public void A_response_follows_the_prompt_as_the_template_renders_the_conversation()
    {
        ForEach((format, text) =>
        {
            (string question, string answer) = (text("q"), text("a"));
            string pieces = format.Tokenizer.Decode(
                [.. format.Conversation([new("user", question)]), .. format.Response(answer)], skipSpecialTokens: false);

            string whole = format.Render([new("user", question), new("assistant", answer)], false).Value;
            Assert.StartsWith(pieces, whole, StringComparison.Ordinal);
            Assert.Equal(answer, format.ReadResponse(format.Response(answer)));
        });
    }

    [SharedFact(Templates)]
    public void A_response_with_a_thought_is_trained_whole()
    {
        ForEach((format, text) =>
        {
            string answer = $"<think>\n{text("t")}\n</think>\n\n{text("a")}";
            Assert.StartsWith(
                answer, format.Tokenizer.Decode(format.Response(answer), skipSpecialTokens: false).TrimStart(), StringComparison.Ordinal);
        });
    }

    static void ForEach(Action<ChatFormat, Func<string, string>> check)
    {
        Assert.InRange(s_formats.Value.Count, 8, 100);
        foreach ((string name, ChatFormat format) in s_formats.Value)
        {
            for (int seed = 0; seed < Cases; seed++)
            {
                int number = seed;
                try
                {
                    check(format, part => Text(part, number));
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"template {name}, seed {seed}: {e.Message}", e);
                }
            }
        }
    }

    /// <summary>Words without white space around them, which most templates strip.</summary>
    static string Text(string part, int seed)
    {
        SeededRandom random = SeededRandom.For(seed, $"prompt/{part}", 0);
        string[] words = ["the", "lamp", "Ünder", "4821907", "it's", "👍", "a,b", "x\ny", "?", "{{ x }}", "<b>", "[INST", "end."];
        List<string> chosen = [];
        for (int i = 1 + random.Next(12); i > 0; i--)
        {
            chosen.Add(random.Pick(words));
        }
        return string.Join(' ', chosen);
    }

    static ChatFormat Format(string name, string template, string? bos, string eos)
    {
        IEnumerable<string> markers = Marker().Matches(template).Select(m => m.Value).Append(bos ?? eos).Append(eos);
        string[] special = [.. markers.Distinct(StringComparer.Ordinal)];
        return ChatFormat.Of(BpeTrainer.Train([], 256 + special.Length, special), ChatTemplate.Parse(template, name), bos, eos);
    }

    [GeneratedRegex(@"<[|｜][^<>]*?[|｜]>|</?s>|<(start|end)_of_turn>|\[/?INST\]")]
    private static partial Regex Marker();
}
