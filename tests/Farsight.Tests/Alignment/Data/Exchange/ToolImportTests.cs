using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Templates;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Conversations with a system prompt, several turns and tools, from the line of another program to the trained tokens.</summary>
public sealed class ToolImportTests : ForeignLines
{
    const string Template =
        "{{ bos_token }}{% if tools %}Tools:{% for t in tools %} {{ t | tojson }}{% endfor %}{{ '\\n' }}{% endif %}"
        + "{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}"
        + "{% elif m.role == 'assistant' %}<|assistant|> {{ m.content }}"
        + "{% for c in m.tool_calls or [] %}[call {{ c.function.name }} {{ c.function.arguments | tojson }}]{% endfor %}{{ eos_token }}"
        + "{% elif m.role == 'tool' %}Result: {{ m.content | tojson }}{{ '\\n' }}{% else %}System: {{ m.content }}{{ '\\n' }}{% endif %}"
        + "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    const string Tools =
        """[{"type":"function","function":{"name":"weather","description":"Tells it.","parameters":{"type":"object"}}}]""";

    const string Call =
        """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":"""
        + """{"name":"weather","arguments":"{\"city\": \"Lindau\"}"}}]}""";

    const string Result = """{"role":"tool","tool_call_id":"c1","name":"weather","content":"{\"sky\": \"clear\"}"}""",
        Ask = """{"role":"user","content":"How is it in Lindau?"}""", Clear = """{"role":"assistant","content":"It is clear."}""";

    static readonly ChatFormat s_tools = ChatFormat.Of(
        Format.Tokenizer, ChatTemplate.Parse(Template, "a template with tools"), "<|begin_of_text|>", "<|end_of_text|>");

    [Fact]
    public void Only_the_tokens_of_the_last_answer_are_learned()
    {
        PreferenceSample sample = Import(
            s_tools, $$"""{"messages":[{{Be}},{{User}},{{Good}},{{Ask}},{{Call}},{{Result}},{{Clear}}],"tools":{{Tools}}}""");

        Assert.Equal(["system", "user", "assistant"], sample.History!.Select(t => t.Role));
        Assert.Equal(("How is it in Lindau?", "It is clear."), (sample.Question, sample.Chosen));
        Assert.Equal(["assistant", "tool"], sample.ToolTurns!.Select(t => t.Role));
        string prompt =
            "<|begin_of_text|>Tools: {\"type\": \"function\", \"function\": {\"name\": \"weather\", \"description\": \"Tells it.\", "
            + "\"parameters\": {\"type\": \"object\"}}}\nSystem: Be brief.\n<|user|>Which colour is the lamp?<|assistant|> Blue."
            + "<|end_of_text|><|user|>How is it in Lindau?<|assistant|> [call weather {\"city\": \"Lindau\"}]<|end_of_text|>"
            + "Result: \"{\\\"sky\\\": \\\"clear\\\"}\"\n<|assistant|>";
        Learns(sample, prompt, " It is clear.<|end_of_text|>");
    }

    [Fact]
    public void A_call_at_the_end_is_learned_with_its_arguments()
    {
        PreferenceSample sample = Import(s_tools, $$"""{"messages":[{{Be}},{{Ask}},{{Call}}],"tools":{{Tools}}}""");

        Assert.Equal(("", "weather"), (sample.Chosen, (string)sample.ChosenCalls![0]!["function"]!["name"]!));
        string prompt =
            "<|begin_of_text|>Tools: {\"type\": \"function\", \"function\": {\"name\": \"weather\", \"description\": \"Tells it.\", "
            + "\"parameters\": {\"type\": \"object\"}}}\nSystem: Be brief.\n<|user|>How is it in Lindau?<|assistant|>";
        Learns(sample, prompt, " [call weather {\"city\": \"Lindau\"}]<|end_of_text|>");
    }

    [Fact]
    public void A_document_stays_the_context_between_tools_and_calls()
    {
        PreferenceSample sample = Import(
            s_tools,
            $$"""{"context":"Lindau lies on an island.","prompt":[{{Ask}},{{Call}},{{Result}}],"completion":[{{Clear}}],"""
                + $$""" "tools":{{Tools}}}""");

        Assert.Equal("Lindau lies on an island.", Format.Tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]).Trim());
        Learns(
            sample,
            "<|begin_of_text|>Tools: {\"type\": \"function\", \"function\": {\"name\": \"weather\", \"description\": \"Tells it.\", "
                + "\"parameters\": {\"type\": \"object\"}}}\n<|user|>Lindau lies on an island.\n\nHow is it in Lindau?<|assistant|> "
                + "[call weather {\"city\": \"Lindau\"}]<|end_of_text|>Result: \"{\\\"sky\\\": \\\"clear\\\"}\"\n<|assistant|>",
            " It is clear.<|end_of_text|>");
    }

    [Fact]
    public void Pairs_with_tools_and_their_export_are_the_same_samples()
    {
        PreferenceSample sample = Import(
            s_tools, $$"""{"id":"a","prompt":[{{Ask}},{{Call}},{{Result}}],"chosen":[{{Clear}}],"rejected":[{{Bad}}],"tools":{{Tools}}}""");

        PreferenceExport.Write(Output, Input + "l", ExchangeFormat.Trl, ids => Format.Tokenizer.Decode(ids));
        PreferenceSample again = Import(s_tools, File.ReadAllText(Input + "l"));

        Assert.Equal("Red.", Assert.Single(sample.Rejected));
        Assert.Equal(PreferenceLine.Format(sample), PreferenceLine.Format(again));
    }

    [Theory]
    [InlineData($$"""{"messages":[{{Ask}},{{Call}},{{Clear}}],"tools":{{Tools}}}""")] // no result of the call
    [InlineData($$"""{"messages":[{{Ask}},{{Result}},{{Clear}}],"tools":{{Tools}}}""")] // a result without its call
    [InlineData($$"""{"prompt":[{{Ask}}],"chosen":[{{Clear}}],"rejected":[{{Call}}],"tools":{{Tools}}}""")]
    [InlineData($$"""{"messages":[{{Ask}},{{Clear}}],"tools":[{"type":"function"}]}""")]
    [InlineData($$$"""{"messages":[{{{Ask}}},{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"no JSON"}}]}]}""")]
    public void Calls_that_a_sample_cannot_hold_are_dropped_as_tool_calls(string line)
    {
        File.WriteAllLines(Input, [line, $$"""{"messages":[{{User}},{{Good}}]}"""]);

        ImportCounts counts = PreferenceImport.Write(Input, Output, s_tools, 64);

        Assert.Equal(["tool_calls"], counts.Dropped.Keys);
    }

    [Fact]
    public void A_template_that_does_not_write_tools_drops_the_line()
    {
        (ImportCounts counts, _) = Import(
            $$"""{"messages":[{{Ask}},{{Clear}}],"tools":{{Tools}}}""", $$"""{"messages":[{{User}},{{Good}}]}""");

        Assert.Equal(["tool_calls"], counts.Dropped.Keys);
    }

    /// <summary>Checks the tokens of the sample in a tree of supervised training, and which of them are scored.</summary>
    static void Learns(PreferenceSample sample, string prompt, string response)
    {
        SampleTokens tokens = SampleTokens.Of(sample, s_tools, 2048);
        PreferenceTraining work = new(
            new([tokens], [], new Dictionary<string, PreferenceLogProbs>()), new SftPartial(), new Plain(), new(1, 10_000, 1));

        TokenTree tree = work.MicroSteps(1).Single().Tree;

        int learned = Assert.Single(tree.Nodes.Index(), n => n.Item.ScoredCount > 0).Index;
        int[] own = [.. tree.Tokens.ToArray().Take(tree.Nodes[0].Count)];
        Assert.Equal((2, 1), (tree.Nodes.Count, learned));
        Assert.Equal(prompt, s_tools.Tokenizer.Decode(own, skipSpecialTokens: false));
        int[] answer = [.. tree.Scored.Select(s => s.Target)];
        Assert.Equal(tokens.Chosen, answer);
        Assert.Equal(response, s_tools.Tokenizer.Decode(answer, skipSpecialTokens: false));
        Assert.Equal(s_tools.Eos, answer[^1]);
    }

    PreferenceSample Import(ChatFormat format, string line)
    {
        File.WriteAllText(Input, line + "\n");
        File.Delete(Output);
        ImportCounts counts = PreferenceImport.Write(Input, Output, format, 64);
        Assert.Empty(counts.Dropped);
        return Assert.Single(PreferenceDataset.Read(Output).Samples);
    }
}
