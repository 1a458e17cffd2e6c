using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

public sealed class TokenizerFitTests
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    [Fact]
    public void A_tokenizer_with_more_tokens_than_the_model_is_refused()
    {
        int tokens = Tokenizer.Load(s_model).VocabSize;

        InputException e = Assert.Throws<InputException>(() => Tokenizer.LoadFor(s_model, tokens - 1));

        Assert.Contains($"vocab_size {tokens - 1}", e.Message);
        Assert.Equal(tokens, Tokenizer.LoadFor(s_model, tokens + 100).VocabSize);
    }
}
