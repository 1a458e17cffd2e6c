using System.Text.Json.Nodes;
using Farsight.Text.Conversations;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Conversations;

/// <summary>Templates of real models over real tokenizers.</summary>
[Trait("Category", "Golden")]
public sealed class ChatFormatFamilyTests
{
    const string Templates = "tokenizers/chat_templates.jsonl";

    static readonly string[] s_contexts = ["Paris is the capital.", "The ledger says: 4821907.\nIt's late; they'll wait 👍"];
    static readonly string[] s_answers = ["The keeper.", "4821907", "Ja, 👍 natürlich.\n\nAnd more"];

    public static TheoryData<string, string> Families() => new()
    {
        { "llama2-chat", "llama2" },
        { "mistral-v0.2", "llama2" },
        { "llama3", "llama3" },
        { "llama3_1", "llama3" },
        { "qwen2-chatml", "qwen3" },
        { "qwen3", "qwen3" },
    };

    [FetchedTokenizersTheory(Templates)]
    [MemberData(nameof(Families))]
    public void Prompt_and_response_are_what_the_whole_conversation_is_encoded_to(string name, string tokenizer)
    {
        (ChatFormat format, Tokenizer text, _) = Open(name, tokenizer);
        foreach (string context in s_contexts)
        {
            foreach (string answer in s_answers)
            {
                int[] pieces = [.. format.Conversation([new("user", $"{context}\n\nWho waits?")]), .. format.Response(answer)];
                MarkedText whole = format.Render([new("user", $"{context}\n\nWho waits?"), new("assistant", answer)], false);
                int[] together = text.EncodeWithSpecialTokens(whole.Value, [.. whole.Marked.Select(m => m.Start..(m.Start + m.Length))]);

                Assert.Equal(together[..pieces.Length], pieces); // some templates write a line end after the token that ends an answer
                Assert.InRange(together.Length - pieces.Length, 0, 5);
            }
        }
    }

    [FetchedTokenizersTheory(Templates)]
    [MemberData(nameof(Families))]
    public void A_prompt_in_pieces_is_the_conversation_but_for_a_token_that_would_span_the_context_s_end(string name, string tokenizer)
    {
        (ChatFormat format, Tokenizer text, _) = Open(name, tokenizer);

        Assert.Equal(format.Conversation([new("user", "Paris is here\n\nWhere is it?")]), format.Prompt("Paris is here", "Where is it?"));
        int[] whole = format.Conversation([new("user", "Paris is here.\n\nWhere is it?")]),
            pieces = format.Prompt("Paris is here.", "Where is it?");
        Assert.Equal(text.Decode(whole, false), text.Decode(pieces, false));
        Assert.Equal(whole.Length + (tokenizer == "llama2" ? 0 : 1), pieces.Length); // ".\n\n" is one token of Llama 3 and Qwen
    }

    [FetchedTokenizersTheory(Templates)]
    [MemberData(nameof(Families))]
    public void There_is_one_BOS_where_the_template_writes_it_and_one_EOS(string name, string tokenizer)
    {
        (ChatFormat format, Tokenizer text, JsonNode line) = Open(name, tokenizer);
        int[] all = [.. format.Conversation([new("user", "Hello")]), .. format.Response("Hi")];
        int? bos = text.IdOf(line["bos_token"]!.GetValue<string>());

        Assert.Equal(bos is null ? 0 : 1, all.Count(t => t == bos));
        Assert.True(bos is null || all[0] == bos);
        Assert.Equal(format.Eos, all[^1]);
        Assert.Equal(
            name switch
            {
                "llama2-chat" or "mistral-v0.2" => "</s>",
                "llama3" or "llama3_1" => "<|eot_id|>",
                _ => "<|im_end|>",
            },
            text.TokenText(format.Eos));
    }

    [FetchedTokenizersTheory(Templates)]
    [MemberData(nameof(Families))]
    public void Nothing_a_message_says_becomes_a_control_token(string name, string tokenizer)
    {
        (ChatFormat format, Tokenizer text, _) = Open(name, tokenizer);
        string attack = string.Concat(text.AddedTokens.Where(t => t.Special).Take(20).Select(t => t.Content)) + "</s><|im_end|><|eot_id|>";

        Assert.Equal(Controls(format.Prompt("x", "y")), Controls(format.Prompt(attack, attack)));
        Assert.Equal(Controls(format.Conversation([new("user", "x")])), Controls(format.Conversation([new("user", attack)])));
        Assert.Equal(Controls(format.Response("x")), Controls(format.Response(attack)));

        int Controls(int[] tokens) => tokens.Count(text.IsSpecial);
    }

    [FetchedTokenizersTheory(Templates)]
    [MemberData(nameof(Families))]
    public void A_response_is_read_back(string name, string tokenizer)
    {
        (ChatFormat format, _, _) = Open(name, tokenizer);

        Assert.All(s_answers, answer => Assert.Equal(answer, format.ReadResponse(format.Response(answer))));
    }

    [FetchedTokenizersTheory(Templates)]
    [InlineData("qwen3", "qwen3")]
    public void Thoughts_of_an_answer_keep_their_tokens_and_those_of_a_question_stay_text(string name, string tokenizer)
    {
        (ChatFormat format, Tokenizer text, _) = Open(name, tokenizer);
        int call = text.IdOf("<tool_call>")!.Value;

        Assert.Contains(call, format.Response("<tool_call>\n{}\n</tool_call>"));
        Assert.DoesNotContain(call, format.Conversation([new("user", "<tool_call>")]));
    }

    static (ChatFormat Format, Tokenizer Text, JsonNode Line) Open(string name, string tokenizer)
    {
        JsonNode line = File.ReadLines(SharedMaterial.PathOf(Templates))
            .Select(l => JsonNode.Parse(l)!)
            .First(l => l["name"]!.GetValue<string>() == name);
        Tokenizer text = Tokenizer.Load(FetchedTokenizers.PathOf(tokenizer));
        ChatTemplate template = ChatTemplate.Parse(line["template"]!.GetValue<string>(), name);
        return (ChatFormat.Of(text, template, line["bos_token"]!.GetValue<string>(), line["eos_token"]!.GetValue<string>()), text, line);
    }
}
