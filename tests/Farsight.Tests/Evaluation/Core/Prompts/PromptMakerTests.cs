using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Tests.Evaluation.Core.Prompts;

public sealed class PromptMakerTests
{
    static readonly CharacterText s_text = new();

    [Fact]
    public void Chat_prompts_have_the_template_around_them_and_the_answer_prefix_after_the_header()
    {
        RenderedPrompt made = Maker().Make(new EvalPrompt.Messages([new("user", "Where?")]) { AnswerPrefix = " In" }, 10);

        Assert.Equal("<0><2>Where?<3> In", s_text.Decode([.. made.Tokens]));
        Assert.Equal(("chat", 1, null, 0), (made.Template, made.BosCount, made.Cut, made.CutTokens));
    }

    [Fact]
    public void Raw_prompts_are_the_texts_alone_with_BOS()
    {
        EvalPrompt prompt = new EvalPrompt.Messages([new("system", "Be short."), new("user", "Where?")])
        {
            AnswerPrefix = " In",
            UseChatTemplate = false,
        };

        RenderedPrompt made = Maker().Make(prompt, 10);

        Assert.Equal("<0>Be short.\n\nWhere? In", s_text.Decode([.. made.Tokens]));
        Assert.Equal("raw", made.Template);
    }

    [Theory]
    [
        InlineData(TemplateUse.Task, true, "chat"),
        InlineData(TemplateUse.Task, false, "raw"),
        InlineData(TemplateUse.Chat, false, "chat"),
        InlineData(TemplateUse.Raw, true, "raw")
    ]
    public void The_user_decides_over_the_task(TemplateUse use, bool taskUses, string template) =>
        Assert.Equal(
            template,
            new PromptMaker(s_text, s_text, new(use, 100))
                .Make(new EvalPrompt.Messages([new("user", "x")]) { UseChatTemplate = taskUses }, 1)
                .Template);

    [Fact]
    public void A_model_without_a_template_gets_raw_prompts_and_the_record_says_why() =>
        Assert.Equal("raw: no chat template", new PromptMaker(s_text, null, new()).Make(EvalPrompt.Of("x"), 1).Template);

    [Fact]
    public void What_no_benchmark_cuts_is_an_error_when_it_does_not_fit()
    {
        InputException e = Assert.Throws<InputException>(() => Maker(window: 20).Make(EvalPrompt.Of("0123456789"), 8));

        Assert.StartsWith("The prompt has 13 tokens and its completion room for 8, together more than the window of 20;", e.Message);
        // The user asked for more than the window.
        Assert.Equal(13, Maker(window: 20).Make(EvalPrompt.Of("0123456789"), 8, length: 21).Tokens.Count);
        Assert.Throws<InputException>(() => Maker(window: 20).Make(EvalPrompt.Of("0123456789"), 8, length: 20));
    }

    [Fact]
    public void A_cut_prompt_fills_the_window_with_template_prefix_and_completion()
    {
        string text = new([.. Enumerable.Range(0, 100).Select(i => (char)('A' + i % 26))]);
        EvalPrompt prompt = new EvalPrompt.Messages([new("user", text)]) { AnswerPrefix = "..", Cut = PromptCuts.LongBenchMiddle };

        RenderedPrompt made = Maker(window: 40).Make(prompt, 5);

        Assert.Equal("middle, halves decoded apart", made.Cut);
        Assert.InRange(made.Tokens.Count + 5, 38, 40);
        // BOS of the cut's counting is one more
        Assert.Equal(2 + 100 + 1 + 1 + 2, made.CutTokens + made.Tokens.Count + (made.CutTokens + made.Tokens.Count == 106 ? 0 : 1));
        Assert.StartsWith("<0><2>ABC", s_text.Decode([.. made.Tokens]));
        Assert.EndsWith("TUV<3>..", s_text.Decode([.. made.Tokens]));
    }

    [Fact]
    public void A_limit_of_the_user_counts_the_text_before_the_template()
    {
        EvalPrompt prompt = new EvalPrompt.Messages([new("user", "0123456789")]) { Cut = PromptCuts.LongBenchMiddle };

        RenderedPrompt made = new PromptMaker(s_text, s_text, new(MaxPrompt: 6)).Make(prompt, 5);

        Assert.Equal("<0><2>01789<3>", s_text.Decode([.. made.Tokens])); // BOS counts among the first three, and is not decoded
        Assert.Equal(5, made.CutTokens);
    }

    [Theory]
    [
        InlineData("LongBenchMiddle", 6, "01789", 5),
        InlineData("LongBenchMiddle", 7, "01789", 5),
        InlineData("LongBenchV2Middle", 7, "016789", 4)
    ]
    [
        InlineData("InfiniteBenchMiddle", 7, "01789", 5),
        InlineData("Right", 4, "012", 7),
        InlineData("Left", 4, "6789", 7),
        InlineData("LongBenchMiddle", 11, "0123456789", 0)
    ]
    public void Each_benchmark_cuts_its_own_way(string name, int limit, string expected, int removed)
    {
        IPromptCut cut = (IPromptCut)typeof(PromptCuts).GetProperty(name)!.GetValue(null)!;

        Assert.Equal(expected, cut.Apply("0123456789", limit, s_text, out int gone)); // eleven tokens with BOS
        Assert.Equal(removed, gone);
    }

    [Fact]
    public void An_endpoint_gets_messages_with_the_prefix_at_the_end()
    {
        RenderedPrompt made = new EndpointPrompts(null, new()).Make(
            new EvalPrompt.Messages([new("system", "s"), new("user", "Where?")]) { AnswerPrefix = " In", Cut = PromptCuts.Right },
            10);

        Assert.Equal([("system", "s"), ("user", "Where? In")], made.Messages.Select(m => (m.Role, m.Content)));
        Assert.Equal(("messages", null, 0), (made.Template, made.BosCount, made.Tokens.Count));
    }

    [Fact]
    public void An_endpoints_prompt_is_cut_where_tokenizer_and_limit_are_known() =>
        Assert.Equal(
            "012!",
            new EndpointPrompts(s_text, new(MaxPrompt: 4))
                .Make(new EvalPrompt.Messages([new("user", "0123456789")]) { AnswerPrefix = "!", Cut = PromptCuts.Right }, 10)
                .Messages[0]
                .Content);

    [Fact]
    public void An_endpoints_prompt_that_does_not_fit_the_window_is_refused_with_all_its_messages_counted()
    {
        EndpointPrompts prompts = new(s_text, new(Window: 100));
        EvalPrompt.Messages Prompt(int system, int user) =>
            new([new("system", new string('s', system)), new("user", new string('u', user))]);

        Assert.Equal(2, prompts.Make(Prompt(40, 50), 10).Messages.Count);
        Assert.StartsWith(
            "The prompt has 91 tokens and its completion room for 10, together more than the window of 100;",
            Assert.Throws<InputException>(() => prompts.Make(Prompt(41, 50), 10)).Message);
        Assert.Equal(2, prompts.Make(Prompt(90, 50), 10, length: 200).Messages.Count); // a length beyond the window is intended
        Assert.Equal(2, new EndpointPrompts(null, new(Window: 100)).Make(Prompt(90, 50), 10).Messages.Count);
    }

    [Fact]
    public void An_endpoints_prompt_is_cut_so_that_all_its_messages_fit_the_window()
    {
        RenderedPrompt made = new EndpointPrompts(s_text, new(Window: 200)).Make(
            new EvalPrompt.Messages([new("system", new string('s', 60)), new("user", new string('u', 500))])
            {
                AnswerPrefix = "!",
                Cut = PromptCuts.Right,
            },
            10);

        int count = made.Messages.Sum(m => m.Content.Length);
        Assert.InRange(count, 1, 200 - 10 - EndpointPrompts.TemplateRoom);
        Assert.EndsWith("u!", made.Messages[1].Content);
        Assert.Equal(PromptCuts.Right.Name, made.Cut);
    }

    [Fact]
    public void Exact_tokens_cannot_be_said_to_an_endpoint_unless_they_have_words()
    {
        EndpointPrompts prompts = new(null, new());

        Assert.Throws<InputException>(() => prompts.Make(new EvalPrompt.Tokens([1, 2]), 1));
        Assert.Equal("words", prompts.Make(new EvalPrompt.Tokens([1, 2]) { Spoken = new([new("user", "words")]) }, 1).Messages[0].Content);
    }

    static PromptMaker Maker(int window = 1000) => new(s_text, s_text, new(Window: window));
}
