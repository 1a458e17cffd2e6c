using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class PromptFilesTests : IDisposable
{
    static readonly string s_hash = $"{new string('0', 63)}f";

    readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_prompt_is_written_once_and_read_as_it_is()
    {
        PromptFiles.Write(_folder.Path, s_hash, () => "Zoë asks:\n日本 <|user|>");
        PromptFiles.Write(_folder.Path, s_hash, () => throw new InvalidOperationException("It is there."));

        Assert.Equal("Zoë asks:\n日本 <|user|>", PromptFiles.Read(_folder[$"prompts/{s_hash}.txt.gz"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF")]
    public void Only_a_hash_names_a_prompt(string hash) => Assert.Null(PromptFiles.NameOf(hash));

    [Fact]
    public void A_damaged_file_is_reported()
    {
        File.WriteAllText(_folder["damaged.txt.gz"], "no compressed text");

        Assert.Throws<InvalidDataException>(() => PromptFiles.Read(_folder["damaged.txt.gz"]));
    }

    [Fact]
    public void An_evaluation_keeps_every_prompt_with_its_control_tokens()
    {
        using Farsight.Alignment.Answering.LoadedModel model =
            Farsight.Alignment.Answering.LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
        EvalRequest request = new(["needle"], [256], 1, 2, 7, null);

        EvalResults results = request.Run(model, _folder["out"], null, CancellationToken.None);
        File.Delete(_folder[$"out/prompts/{results.Examples[0].PromptSha256}.txt.gz"]);
        request.Run(model, _folder["out"], null, CancellationToken.None); // resumed; adds what is missing

        Assert.Equal(2, results.Examples.Count);
        foreach (EvalRecord record in results.Examples)
        {
            string prompt = PromptFiles.Read(_folder[$"out/{PromptFiles.NameOf(record.PromptSha256)}"]);
            Assert.Contains(record.Question, prompt, StringComparison.Ordinal);
            Assert.Contains("<|assistant|>", prompt, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_prompt_of_messages_has_their_roles()
    {
        ExampleRun run = new(new EvalExample("1", EvalPrompt.Of("unused"), [], 1))
        {
            Prompt = new("messages", s_hash, new Farsight.Alignment.Answering.Prompt.Chat([new("system", "Be short."), new("user", "Hi")])),
        };

        Assert.Equal("[system]\nBe short.\n\n[user]\nHi", run.PromptText(null));
    }

    public void Dispose() => _folder.Dispose();
}
