using System.Text.Json.Nodes;
using Farsight.Text.Templates;

namespace Farsight.Tests.Text.Templates;

/// <summary>Real models' templates, as another implementation evaluates them.</summary>
[Trait("Category", "Golden")]
public sealed class ChatTemplateGoldenTests
{
    const string File = "tokenizers/chat_templates.jsonl";

    [SharedFact(File)]
    public void Every_line_gives_the_expected_text_or_the_expected_refusal()
    {
        List<string> wrong = [];
        int refusals = 0, texts = 0;
        foreach (JsonNode line in Lines())
        {
            string? error = line["error"]?.GetValue<string>(), expected = line["expected"]?.GetValue<string>();
            (string? text, string? refusal) = Render(line);
            _ = error is null ? texts++ : refusals++;
            if (text != expected || refusal != error)
            {
                wrong.Add($"{line["name"]}: {text ?? refusal}\nexpected {expected ?? error}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.True(texts >= 50 && refusals >= 4, $"{texts} texts, {refusals} refusals");
    }

    [SharedFact(File)]
    public void What_messages_say_is_marked_and_nothing_else()
    {
        foreach (JsonNode line in Lines().Where(l => l["error"] is null))
        {
            MarkedText text = ChatTemplate
                .Parse(line["template"]!.GetValue<string>(), "test")
                .Render(
                    line["messages"]!.AsArray(),
                    line["add_generation_prompt"]!.GetValue<bool>(),
                    Markup(line),
                    default,
                    line["variables"]!.AsObject());
            string marked = string.Concat(text.Marked.Select(m => text.Value.Substring(m.Start, m.Length)));
            string said = string.Concat(line["messages"]!.AsArray().Select(m => m!["content"]!.GetValue<string>()));
            Assert.Equal(WithoutSpace(said), WithoutSpace(marked)); // templates strip
        }
    }

    static (string? Text, string? Refusal) Render(JsonNode line)
    {
        try
        {
            ChatTemplate template = ChatTemplate.Parse(line["template"]!.GetValue<string>(), "test");
            return (
                template
                    .Render(
                        line["messages"]!.AsArray(),
                        line["add_generation_prompt"]!.GetValue<bool>(),
                        Markup(line),
                        default,
                        line["variables"]!.AsObject())
                    .Value,
                null);
        }
        catch (TemplateException e)
        {
            return (null, e.Refusal ?? e.Message);
        }
    }

    static Dictionary<string, string> Markup(JsonNode line) => new()
    {
        ["bos_token"] = line["bos_token"]!.GetValue<string>(),
        ["eos_token"] = line["eos_token"]!.GetValue<string>(),
    };

    static IEnumerable<JsonNode> Lines() => System.IO.File.ReadLines(SharedMaterial.PathOf(File)).Select(l => JsonNode.Parse(l)!);

    static string WithoutSpace(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
