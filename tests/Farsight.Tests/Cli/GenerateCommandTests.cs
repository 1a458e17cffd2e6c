using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;

namespace Farsight.Tests.Cli;

public sealed class GenerateCommandTests
{
    const string Model = "models/tiny";

    [Fact]
    public async Task Json_holds_the_prompt_the_new_tokens_without_EOS_and_their_text()
    {
        (int code, string output, _) = await CommandLine.Run(
            "generate",
            "--model",
            Model,
            "--prompt",
            "The lamp is",
            "--raw",
            "--max-new-tokens",
            "6",
            "--json");

        JsonNode answer = JsonNode.Parse(output)!;
        using LoadedModel model = LoadedModel.Open(Path.Combine(Repository.Root, Model));
        int[] tokens = answer["tokens"]!.AsArray().GetValues<int>().ToArray(),
            prompt = [.. answer["prompt_tokens"]!.AsArray().GetValues<int>()];
        Assert.Equal(0, code);
        Assert.Equal(model.LanguageModel.Encode(new Prompt.RawText("The lamp is")), prompt);
        Assert.Equal(model.Tokenizer.Bos, prompt[0]); // the tokenizer says so
        Assert.Equal(6, tokens.Length);
        Assert.Equal(model.Tokenizer.Decode(tokens), answer["text"]!.GetValue<string>());
        Assert.Equal("length", answer["finish_reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task With_the_template_a_prompt_is_a_user_message()
    {
        (_, string output, _) = await CommandLine.Run(
            "generate",
            "--model",
            Model,
            "--prompt",
            "What is it?",
            "--max-new-tokens",
            "1",
            "--json");

        using LoadedModel model = LoadedModel.Open(Path.Combine(Repository.Root, Model));
        int[] prompt = [.. JsonNode.Parse(output)!["prompt_tokens"]!.AsArray().GetValues<int>()];
        Assert.Equal("<|begin_of_text|><|user|>What is it?<|assistant|>", model.Tokenizer.Decode(prompt, skipSpecialTokens: false));
    }

    [Fact]
    public async Task A_prompt_comes_from_a_file_and_plain_output_is_the_text()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["prompt.txt"], "The lamp is");
        string[] rest = ["--raw", "--max-new-tokens", "6"];

        (_, string fromFile, _) = await CommandLine.Run(["generate", "--model", Model, "--prompt", "@" + folder["prompt.txt"], .. rest]);
        (_, string json, _) = await CommandLine.Run(["generate", "--model", Model, "--prompt", "The lamp is", "--json", .. rest]);

        Assert.Equal(JsonNode.Parse(json)!["text"]!.GetValue<string>() + Environment.NewLine, fromFile);
    }

    [Fact]
    public async Task Several_prompts_give_what_each_gives_alone()
    {
        string[] prompts =
        [
            "The keeper of the lighthouse of Ardmore wrote the number into the ledger, and then",
            "The keeper of the lighthouse of Ardmore wrote the number into the ledger. One",
        ];
        string[] rest = ["--raw", "--max-new-tokens", "8", "--json"];
        List<string> alone = [];
        foreach (string prompt in prompts)
        {
            alone.Add(
                JsonNode.Parse((await CommandLine.Run(["generate", "--model", Model, "--prompt", prompt, .. rest])).Out)![
                    "text"
                ]!.GetValue<string>());
        }

        (_, string together, _) = await CommandLine.Run([
            "generate",
            "--model",
            Model,
            "--prompt",
            prompts[0],
            "--prompt",
            prompts[1],
            .. rest,
        ]);

        Assert.Equal(alone, JsonNode.Parse(together)!.AsArray().Select(a => a!["text"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_full_window_is_said()
    {
        string prompt = string.Concat(Enumerable.Repeat("the ", 500));

        (int code, _, string error) = await CommandLine.Run(
            "generate",
            "--model",
            Model,
            "--prompt",
            prompt,
            "--raw",
            "--max-new-tokens",
            "400");
        (int tooLong, _, string message) = await CommandLine.Run("generate", "--model", Model, "--prompt", prompt + prompt, "--raw");

        Assert.Equal((0, 2), (code, tooLong));
        Assert.Contains("The context window of 512 tokens is full", error, StringComparison.Ordinal);
        Assert.Contains("and the context window 512", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--temperature", "-1")]
    [InlineData("--top-p", "0")]
    [InlineData("--min-p", "1")]
    [InlineData("--top-k", "-1")]
    [InlineData("--repetition-penalty", "0")]
    [InlineData("--max-new-tokens", "0")]
    [InlineData("--stop", "")]
    [InlineData("--prompt", "@no-such-file")]
    public async Task What_cannot_be_used_is_named(string option, string value)
    {
        string[] rest = option == "--prompt" ? [] : ["--prompt", "x"];
        (int code, _, string error) = await CommandLine.Run(["generate", "--model", Model, option, value, .. rest]);

        Assert.Equal(2, code);
        Assert.Contains(value.StartsWith('@') ? "no-such-file" : option, error, StringComparison.Ordinal);
    }
}
