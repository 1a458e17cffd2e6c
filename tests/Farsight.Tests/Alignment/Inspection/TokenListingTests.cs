using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Inspection;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Inspection;

public sealed class TokenListingTests : IDisposable
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    readonly ChatFormat _format = ChatFormat.Load(s_model, Tokenizer.Load(s_model));
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_question_alone_is_template_and_prompt_and_its_responses_are_scored_from_one_position_on()
    {
        IReadOnlyList<SampleToken> tokens = List("");

        Assert.Equal([2043, 2045, 1666, 934, 1662, 63, 2046], tokens.Where(t => t.Part == "prompt").Select(t => t.Id));
        Assert.Equal(
            ["template", "template", "prompt", "prompt", "prompt", "prompt", "template"],
            tokens.Where(t => t.Part == "prompt").Select(t => t.Role));
        foreach (string part in new[] { "chosen", "rejected" })
        {
            SampleToken[] response = [.. tokens.Where(t => t.Part == part)];
            Assert.All(response, t => Assert.Equal("scored", t.Role));
            Assert.Equal(Enumerable.Range(7, response.Length), response.Select(t => t.Position));
            Assert.Equal("<|end_of_text|>", response[^1].Text);
        }
    }

    [Fact]
    public void A_context_is_prompt_between_template()
    {
        SampleToken[] prompt = [.. List("The ledger names lamps.").Where(t => t.Part == "prompt")];
        Assert.Equal(Enumerable.Range(0, prompt.Length), prompt.Select(t => t.Position));
        Assert.Equal(
            ["<|begin_of_text|>", "<|context|>", "<|user|>", "<|assistant|>"],
            prompt.Where(t => t.Role == "template").Select(t => t.Text));
        Assert.Equal(
            " The ledger names lamps.How many lamps?", string.Concat(prompt.Where(t => t.Role == "prompt").Select(t => t.Text)));
    }

    [Fact]
    public void Questions_that_are_asked_alone_begin_at_one_position_after_what_they_share()
    {
        PreferenceSample sample = Sample("The ledger names lamps.") with
        {
            Questions = [new("How many keys?", "Two keys.", ["No keys.", "One."], new([0], [[0], [0]]))],
        };
        IReadOnlyList<SampleToken> tokens = TokenListing.Of(sample, _format);
        string Text(string part) => string.Concat(tokens.Where(t => t.Part == part).Select(t => t.Text));
        int Start(string part) => tokens.First(t => t.Part == part).Position;

        Assert.Equal("<|begin_of_text|><|context|> The ledger names lamps.<|user|>How many", Text("prompt"));
        Assert.Equal(" lamps?<|assistant|>", Text("prompt of question 1"));
        Assert.Equal(" keys?<|assistant|>", Text("prompt of question 2"));
        Assert.Equal(" Two keys.<|end_of_text|>", Text("chosen of question 2"));
        Assert.Equal(tokens.Count(t => t.Part == "prompt"), Start("prompt of question 1"));
        Assert.Equal(Start("prompt of question 1"), Start("prompt of question 2"));
        foreach (int k in new[] { 1, 2 })
        {
            string name = $"prompt of question {k}";
            Assert.Equal(Start(name) + tokens.Count(t => t.Part == name), Start($"chosen of question {k}"));
            Assert.Equal("template", tokens.Last(t => t.Part == name).Role);
            Assert.Equal("prompt", tokens.First(t => t.Part == name).Role);
        }
        Assert.Equal(Start("chosen of question 2"), Start("rejected 2 of question 2"));
    }

    [Fact]
    public async Task The_command_prints_every_token_and_refuses_an_unknown_sample()
    {
        File.WriteAllText(_folder["d.jsonl"], PreferenceLine.Format(Sample("")) + "\n");

        (int code, string output, _) = await CommandLine.Run("inspect", _folder["d.jsonl"], "--tokens", "s", "--tokenizer", s_model);
        Assert.Equal(0, code);
        Assert.Contains("        0  template     2043  \"<|begin_of_text|>\"", output, StringComparison.Ordinal);

        (code, output, _) = await CommandLine.Run("inspect", _folder["d.jsonl"], "--tokens", "s", "--tokenizer", s_model, "--json");
        Assert.Equal((0, 2043), (code, (int)JsonNode.Parse(output)!.AsArray().First(t => (string?)t!["part"] == "prompt")!["id"]!));

        (code, _, string error) = await CommandLine.Run("inspect", _folder["d.jsonl"], "--tokens", "t", "--tokenizer", s_model);
        Assert.Equal((2, $"{_folder["d.jsonl"]} has no sample 't'. Its ids are, for example, 's'."), (code, error.Trim()));
    }

    IReadOnlyList<SampleToken> List(string document) => TokenListing.Of(Sample(document), _format);

    PreferenceSample Sample(string document) =>
        PreferenceSample.Create("s", document, "How many lamps?", "Seven lamps.", ["Nine lamps."], _format);
}
