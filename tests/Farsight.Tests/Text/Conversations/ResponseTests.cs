using Farsight.Engine;
using Farsight.Tests.Text.Tokenizers;
using Farsight.Text.Conversations;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Conversations;

/// <summary>Answers under templates that rewrite them.</summary>
public sealed class ResponseTests
{
    const string Thinking = "<think>\nThe ledger lists the lamp twice.\n</think>\n\nSeven lamps.";

    /// <summary>Writes every answer with a thought; the prompt ends with an empty one, as Qwen3's does without thinking.</summary>
    const string EmptyThought =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}{% else %}"
        + "{% set said = m.content %}{% set thought = '' %}{% if '</think>' in said %}"
        + "{% set thought = said.split('</think>')[0].split('<think>')[-1].strip('\n') %}"
        + "{% set said = said.split('</think>')[-1].lstrip('\n') %}{% endif %}"
        + "<|assistant|><think>\n{{ thought }}\n</think>\n\n{{ said }}{{ eos_token }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>PROMPT{% endif %}";

    /// <summary>Deletes thoughts, as DeepSeek-R1's does.</summary>
    const string NoThought =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}{% else %}"
        + "<|assistant|>{{ m.content.split('</think>')[-1].lstrip('\n') }}{{ eos_token }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>PROMPT{% endif %}";

    const string Shortening =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}{% else %}"
        + "<|assistant|> {{ m.content[:4] }}~{{ m.content.split(' ')[-1] }}{{ eos_token }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

    [Theory]
    [InlineData(EmptyThought, "<think>\n\n</think>\n\n", Thinking, Thinking)]
    [InlineData(EmptyThought, "<think>\n\n</think>\n\n", "Nine lamps.", "Nine lamps.")]
    [InlineData(EmptyThought, "<think>\n", Thinking, "The ledger lists the lamp twice.\n</think>\n\nSeven lamps.")]
    [InlineData(EmptyThought, "<think>\n", "Nine lamps.", "\n</think>\n\nNine lamps.")]
    [InlineData(EmptyThought, "", Thinking, Thinking)]
    [InlineData(NoThought, "", Thinking, Thinking)]
    [InlineData(NoThought, "<think>\n", Thinking, "The ledger lists the lamp twice.\n</think>\n\nSeven lamps.")]
    [InlineData(Shortening, "", "Seven brass lamps", " Seven brass lamps")]
    public void An_answer_is_trained_as_written_after_the_prompt(string template, string prompt, string answer, string expected)
    {
        ChatFormat format = Format(template.Replace("PROMPT", prompt, StringComparison.Ordinal));
        Assert.Equal(expected + "<|end_of_text|>", format.Tokenizer.Decode(format.Response(answer), skipSpecialTokens: false));
        Assert.Equal(1, format.Response(answer).Count(format.Tokenizer.IsSpecial));
    }

    [Theory]
    [InlineData(NoThought, Thinking)]
    [InlineData(Shortening, "Seven brass lamps")]
    public void A_template_that_rewrites_an_earlier_answer_is_refused_for_further_turns(string template, string answer)
    {
        ChatFormat format = Format(template.Replace("PROMPT", "", StringComparison.Ordinal));
        Assert.Contains(
            "rewrites the answer of an earlier turn",
            Assert.Throws<InputException>(() => format.NextTurn(answer, "Why?")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_keeps_an_earlier_answer_is_accepted_for_further_turns()
    {
        ChatFormat format = Format(NoThought.Replace("PROMPT", "", StringComparison.Ordinal));
        Assert.Equal(
            "<|user|>Why?<|assistant|>", format.Tokenizer.Decode(format.NextTurn("Nine lamps.", "Why?"), skipSpecialTokens: false));
    }

    static ChatFormat Format(string template) => ChatFormat.Of(
        SmallTokenizer.Value, ChatTemplate.Parse(template, "the test's template"), "<|begin_of_text|>", "<|end_of_text|>");
}
