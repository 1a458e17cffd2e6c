using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Evaluation.Benchmarks.BabiLong;

public sealed class BabiLongTasksTests
{
    [SharedTheory("evaldata/babilong/prompts.json")]
    [InlineData(1024)]
    [InlineData(4096)]
    public void Prompt_and_answer_are_never_longer_than_asked_for(int length)
    {
        TokenizerText tokens = new(Tokenizer.Load(Path.Combine(Repository.Root, "models/tiny")));
        EvalSetting setting = new(length, 1) { Samples = 10, Data = new(SharedMaterial.PathOf("evaldata")), Tokens = tokens };

        EvalExample[] examples = [.. EvalTaskCatalog.Get("babilong_qa1").Examples(setting)];

        Assert.Equal(10, examples.Length);
        Assert.All(examples, e => Assert.InRange(
            tokens.EncodeStart(((EvalPrompt.Messages)e.Prompt).Turns[0].Content).Length + e.MaxNewTokens, length - 300, length));
    }
}
