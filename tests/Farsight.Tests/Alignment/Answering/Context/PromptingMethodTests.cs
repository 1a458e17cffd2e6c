using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Engine;
using Farsight.Engine.Inference.Context;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Alignment.Answering.Context;

/// <summary>Methods that write several prompts, over a scripted model.</summary>
public sealed class PromptingMethodTests
{
    const string Question = "What is the code of the red door?";

    static string Context(int sentences) =>
        string.Join(' ', Enumerable.Range(1, sentences).Select(i => $"Sentence number {i} has exactly seven words."));

    [Fact]
    public async Task Chain_of_agents_passes_the_notes_from_part_to_part_and_answers_from_the_last()
    {
        int worker = 0;
        ScriptedChatModel model = new(p => p.Contains("Part ", StringComparison.Ordinal) ? $"note {++worker}" : "the answer");

        Completion answer = await Ask(model, "chain-of-agents:chunk=20,note=5", $"{Context(6)}\n\n{Question}");

        Assert.Equal("the answer", answer.Text);
        Assert.Equal(4, model.Requests.Count); // 42 words in parts of two sentences
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains($"Part {i + 1} of 3", model.Prompts[i], StringComparison.Ordinal);
            Assert.Contains(i == 0 ? "Notes so far: none" : $"Notes so far: note {i}", model.Prompts[i], StringComparison.Ordinal);
            Assert.Contains(Question, model.Prompts[i], StringComparison.Ordinal);
            Assert.Contains($"number {2 * i + 1} ", model.Prompts[i], StringComparison.Ordinal);
            Assert.Contains($"number {2 * i + 2} ", model.Prompts[i], StringComparison.Ordinal);
            Assert.Equal((5, 0.0), (model.Requests[i].Options.MaxNewTokens, model.Requests[i].Options.Temperature));
        }
        Assert.Contains("note 3", model.Prompts[3], StringComparison.Ordinal);
        Assert.DoesNotContain("Sentence number", model.Prompts[3], StringComparison.Ordinal);
        Assert.EndsWith(Question, model.Prompts[3], StringComparison.Ordinal);
        Assert.Equal(["worker 1 of 3", "worker 2 of 3", "worker 3 of 3"], answer.Steps.Select(s => s.Name));
        Assert.Equal(model.Prompts.Sum(ScriptedChatModel.Words), answer.InputTokens);
        Assert.Equal(3 * 2 + 2, answer.OutputTokens);
    }

    [Fact]
    public async Task Chain_of_agents_collects_several_needles_beyond_the_window()
    {
        Regex needle = new(@"The code of (\w+) is (\d+)\.");
        ScriptedChatModel model = new(p => string.Join(' ', needle.Matches(p).Select(m => m.Value).Distinct()), window: 250);
        string[] needles = ["The code of Arden is 4711.", "The code of Bexley is 38.", "The code of Corwen is 902."];
        string context = string.Join(' ', needles.SelectMany((n, i) => new[] { Context(40 + 10 * i), n, Context(30) }));

        Completion answer = await Ask(model, "chain-of-agents:note=30", $"{context}\n\nWhich codes does the text name?");

        Assert.True(ScriptedChatModel.Words(context) > 4 * 250);
        Assert.All(model.Prompts, p => Assert.InRange(ScriptedChatModel.Words(p), 1, 250));
        Assert.Equal(string.Join(' ', needles), answer.Text);
        Assert.DoesNotContain("Sentence number", model.Prompts[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chain_of_agents_reads_no_prompt_that_exceeds_the_window()
    {
        ScriptedChatModel model = new(_ => string.Join(' ', Enumerable.Repeat("note", 10)), window: 250);

        await Ask(model, "chain-of-agents:note=10", $"{Context(100)}\n\n{Question}");

        Assert.True(model.Requests.Count > 4);
        Assert.All(model.Prompts, p => Assert.InRange(ScriptedChatModel.Words(p), 1, 240));
    }

    [Fact]
    public async Task Chain_of_agents_asks_for_the_part_size_where_the_window_is_not_known()
    {
        InputException e = await Assert.ThrowsAsync<InputException>(() =>
            Ask(new(_ => ""), "chain-of-agents", $"{Context(3)}\n\n{Question}"));

        Assert.Contains("set the option chunk", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chain-of-agents:chunk=50"), InlineData("alr2"), InlineData("recycled-demonstrations"), InlineData("structurization")]
    public async Task A_question_without_a_context_is_asked_as_it_is(string method)
    {
        ScriptedChatModel model = new(_ => "an answer");

        Completion answer = await Ask(model, method, Question);

        Assert.Equal([Question], model.Prompts);
        Assert.Empty(answer.Steps);
    }

    [Theory]
    [InlineData("alr2", "The red door has the code 17. Bananas are blue."), InlineData("alr2:drop=1", "The red door has the code 17.")]
    public async Task Alr2_answers_from_the_quoted_facts_and_counts_the_invented_ones(string method, string kept)
    {
        ScriptedChatModel model = new(p => p.Contains("Copy the sentences", StringComparison.Ordinal)
            ? "- The red  door has the code 17.\n- Bananas are blue."
            : "17");

        Completion answer = await Ask(model, method, $"Dogs bark. The red door has the\ncode 17. Cats sleep.\n\n{Question}");

        Assert.Equal("17", answer.Text);
        Assert.Equal((2, 1), (answer.Steps[0].Counts["facts"], answer.Steps[0].Counts["invented"]));
        string[] words = model.Prompts[1].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(kept, string.Join(' ', words), StringComparison.Ordinal);
        Assert.Equal(method == "alr2", model.Prompts[1].Contains("Bananas", StringComparison.Ordinal));
        Assert.DoesNotContain("Dogs bark", model.Prompts[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The red door, has the code 17", true)]
    [InlineData("red door has the code of 17", true)] // six of seven words
    [InlineData("The red door has code 99 and a blue key", false)]
    [InlineData("", false)]
    public void Evidence_is_exact_after_white_space_or_shares_four_of_five_words_with_a_sentence(string fact, bool isContained) =>
        Assert.Equal(isContained, new Evidence("Dogs bark. The red door has the code 17. Cats sleep.").Contains(fact));

    [Fact]
    public async Task Recycled_demonstrations_give_the_context_once_and_return_the_text_after_the_evidence()
    {
        ScriptedChatModel model = new(p => p.Contains("Write one question", StringComparison.Ordinal)
            ? $"Question: about {p.Split(' ')[0]}?\nAnswer: yes"
            : "Evidence: 1, 3\nAnswer: seventeen");
        string context = "Alpha one. Alpha two.\n\nBeta one.\n\nGamma one. Gamma two.";
        List<string> streamed = [];

        Completion answer = await Ask(model, "recycled-demonstrations:examples=3", $"{context}\n\n{Question}", streamed.Add);

        Assert.Equal("seventeen", answer.Text);
        Assert.Equal(["seventeen"], streamed);
        Assert.Equal(3, model.Requests.Count); // only two paragraphs have two sentences
        string last = model.Prompts[2];
        Assert.Equal(2, last.Split("Alpha one").Length);
        Assert.Contains("[3] Gamma one. Gamma two.", last, StringComparison.Ordinal);
        Assert.Contains("Question: about Alpha?\nEvidence: 1\nAnswer: yes", last, StringComparison.Ordinal);
        Assert.Contains("Question: about Gamma?\nEvidence: 3\nAnswer: yes", last, StringComparison.Ordinal);
        Assert.EndsWith(Question, last, StringComparison.Ordinal);
        Assert.Equal("just text", RecycledDemonstrations.AnswerOf("just text"));
    }

    [Fact]
    public async Task Structurization_replaces_the_context_by_its_structure()
    {
        ScriptedChatModel model = new(p =>
            p.StartsWith("Rewrite", StringComparison.Ordinal) ? $"Scope: part\n1. aspect\n    1.1. {p.Split("Text:\n")[1]}"
            : p.Contains("common subject", StringComparison.Ordinal) ? "The whole"
            : "done");

        Completion answer = await Ask(model, "structurization:chunk=14", $"{Context(4)}\n\n{Question}");

        Assert.Equal("done", answer.Text);
        Assert.Equal(4, model.Requests.Count); // two parts, the common scope, the answer
        Assert.StartsWith("The whole\n\nThe text has 2 aspects.", model.Prompts[3], StringComparison.Ordinal);
        Assert.EndsWith($"\n\n{Question}", model.Prompts[3], StringComparison.Ordinal);
        IReadOnlyDictionary<string, int> counts = answer.Steps[0].Counts;
        Assert.Equal((0, 2, 2), (counts["invalid"], counts["sentences"], counts["covered"]));
    }

    [Theory]
    [InlineData("structurization:chunk=14", 4), InlineData("structurization:chunk=14,part=1", 2)]
    public async Task An_invalid_structure_is_replaced_by_the_raw_text(string method, int rawSentences)
    {
        ScriptedChatModel model = new(p =>
            !p.StartsWith("Rewrite", StringComparison.Ordinal) ? "done"
            : p.Contains("number 1 ", StringComparison.Ordinal) ? "Scope: part\n1. aspect\n    1.1. It is structured."
            : "I cannot do that.");

        await Ask(model, method, $"{Context(4)}\n\n{Question}");

        Assert.Equal(rawSentences, model.Prompts[^1].Split("Sentence number").Length - 1);
    }

    [Fact]
    public async Task Imagination_writes_a_context_of_its_own_and_refuses_another_unless_asked()
    {
        ScriptedChatModel model = new(p => p.StartsWith("Write a short passage", StringComparison.Ordinal) ? "Doors have codes." : "17");

        Completion answer = await Ask(model, "imagination", Question);

        Assert.Equal("17", answer.Text);
        Assert.Equal($"Doors have codes.\n\n{Question}", model.Prompts[1]);
        InputException e = await Assert.ThrowsAsync<InputException>(() => Ask(model, "imagination", $"{Context(1)}\n\n{Question}"));
        Assert.Contains("context=1", e.Message, StringComparison.Ordinal);
        await Ask(model, "imagination:context=1", $"{Context(1)}\n\n{Question}");
        Assert.Equal($"{Context(1)}\n\nDoors have codes.\n\n{Question}", model.Prompts[^1]);
    }

    [Fact]
    public async Task Messages_before_the_last_and_the_answer_prefix_belong_to_the_last_prompt()
    {
        ScriptedChatModel model = new(_ => "x");
        ILanguageModel asked = ContextMethod.Parse("alr2").Over(model, null);
        ChatTurn[] turns = [new("system", "Be brief."), new("user", $"Dogs bark.\n\n{Question}")];
        Prompt.Chat prompt = new(turns) { AnswerPrefix = "It is" };

        await asked.CompleteAsync([new(prompt, new GenerationOptions(7) { Temperature = 0.5 })]);

        Prompt.Chat last = (Prompt.Chat)model.Requests[1].Prompt;
        Assert.Equal(("Be brief.", "It is"), (last.Turns[0].Content, last.AnswerPrefix));
        Assert.Equal((7, 0.5), (model.Requests[1].Options.MaxNewTokens, model.Requests[1].Options.Temperature));
    }

    [Fact]
    public async Task A_method_that_writes_prompts_refuses_token_ids()
    {
        ILanguageModel asked = ContextMethod.Parse("alr2").Over(new ScriptedChatModel(_ => ""), null);

        InputException e = await Assert.ThrowsAsync<InputException>(() =>
            asked.CompleteAsync([new(new Prompt.Tokens([1, 2]), new GenerationOptions(1))]));

        Assert.Contains("chat messages only", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_call_returns_cancelled_completions()
    {
        ILanguageModel asked = ContextMethod.Parse("alr2").Over(new ScriptedChatModel(_ => ""), null);

        IReadOnlyList<Completion> answers = await asked.CompleteAsync(
            [new(Prompt.User($"Dogs bark.\n\n{Question}"), new GenerationOptions(1))], new CancellationToken(canceled: true));

        Assert.Equal(FinishReason.Cancelled, Assert.Single(answers).FinishReason);
    }

    [Theory]
    [InlineData("Instruction.\nThe text.\n\nQuestion: What is it?\nAnswer:", "Instruction.\nThe text.", "Question: What is it?\nAnswer:")]
    [InlineData("The text.\nWhat is the number? It is", "The text.", "What is the number? It is")]
    [InlineData("The text.\n\nWhat is the number here?\n\nAnswer:", "The text.", "What is the number here?\n\nAnswer:")]
    [InlineData("What is the number here?", "", "What is the number here?")]
    [InlineData("", "", "")]
    public void The_question_is_the_last_paragraph_or_line_of_at_least_four_words(string message, string context, string question)
    {
        ContextQuestion split = ContextQuestion.Of(Prompt.User(message));

        Assert.Equal((context, question), (split.Context, split.Question));
    }

    [Fact]
    public void A_structure_is_the_one_that_its_outline_spells()
    {
        ContextStructure structure = new(
            "Doors", [new("the red one", ["It is red.", "Its code is 17."]), new("the blue one", ["It is blue."])]);

        ContextStructure? parsed = ContextStructure.Parse(structure.Outline);

        Assert.Equal(structure.Outline, parsed!.Outline);
        Assert.Equal(["It is red.", "Its code is 17."], parsed.Aspects[0].Descriptions);
        Assert.Equal(1, structure.Covered("Its code is 17. Entirely other words here."));
    }

    [Theory]
    [InlineData("1. aspect\n1.1. text")] // no scope
    [InlineData("Scope: x")] // no aspect
    [InlineData("Scope: x\n1. aspect")] // no description
    [InlineData("Scope: x\n1. aspect\n1.1. text\n3. aspect\n3.1. text")] // a number is missing
    [InlineData("Scope: x\n1. aspect\n1.2. text")]
    [InlineData("Scope: x\n1. aspect\n1.1. text\n1.1.1. deeper")]
    [InlineData("Sure!\nScope: x\n1. aspect\n1.1. text")]
    public void A_structure_with_a_line_out_of_place_is_invalid(string text) => Assert.Null(ContextStructure.Parse(text));

    [Fact]
    public void Pieces_of_a_text_are_cut_between_sentences_and_joined_they_are_the_text()
    {
        string text = $"{Context(5)}\nA line without an end\nOne verylongword {new string('x', 40)} end. Last?";

        IReadOnlyList<string> pieces = TextPieces.Cut(text, 15, t => t.Length / 4 + 1);

        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, p => Assert.InRange(p.Length / 4 + 1, 1, 15));
        Assert.Equal(2, TextPieces.Sentences("He said \"no.\" Then he left.").Count);
    }

    [Theory]
    [InlineData("gemfiltre", "Did you mean 'gemfilter'?")]
    [InlineData("nothing-like-it", "Methods: self-extend,")]
    [InlineData("gemfilter:kep=3", "Did you mean 'keep'?")]
    [InlineData("gemfilter:keep=0", "keep takes a whole number from 1 to 16777216")]
    [InlineData("gemfilter:keep=1.5", "keep takes a whole number")]
    [InlineData("gemfilter:keep=2,keep=3", "given twice")]
    [InlineData("gemfilter:keep", "'keep' is not valid")]
    public void A_wrong_method_or_option_is_named_with_what_is_valid(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => ContextMethod.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_method_is_recorded_with_the_values_of_all_options()
    {
        Assert.Equal("gemfilter:keep=64,layer=-1,first=0,last=0,smooth=5", ContextMethod.Parse("gemfilter:keep=64").Text);
        Assert.Equal("chain-of-agents:chunk=0,note=256", ContextMethod.Parse("chain-of-agents").Text);
        Assert.Equal(ContextMethod.All.Count, ContextMethod.All.Select(c => c.Name).Distinct().Count());
        Assert.All(
            ContextMethod.All.Select(c => ContextMethod.Parse(c.Name).Text), text => Assert.Equal(text, ContextMethod.Parse(text).Text));
    }

    [Fact]
    public void The_documentation_has_every_method_with_its_source_and_the_defaults_of_its_options()
    {
        string[] rows =
        [
            .. File.ReadAllLines(Path.Combine(Repository.Root, "docs/context-methods.md")).Select(l => l.Replace('−', '-')),
        ];

        foreach (MethodCard card in ContextMethod.All)
        {
            string all = string.Join('\n', rows.Where(r => r.StartsWith($"| `{card.Name}` |", StringComparison.Ordinal)));
            Assert.Contains(card.Source, all, StringComparison.Ordinal);
            Assert.All(
                card.Options,
                o => Assert.Matches($@"`{o.Name}` {Regex.Escape(o.Default.ToString(CultureInfo.InvariantCulture))}([.:, ]|$)", all));
        }
    }

    [Fact]
    public void An_endpoint_is_refused_where_a_method_reads_or_counts_tokens_itself()
    {
        ScriptedChatModel model = new(_ => "");

        InputException reads = Assert.Throws<InputException>(() => ContextMethod.Parse("gemfilter").Over(model, t => t.Length));
        InputException counts = Assert.Throws<InputException>(() => ContextMethod.Parse("chain-of-agents").Over(model, null));

        Assert.Contains("which an endpoint does not allow", reads.Message, StringComparison.Ordinal);
        Assert.Contains("counts tokens", counts.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_model_answers_with_a_reading_method_and_with_none_as_before()
    {
        using LoadedModel loaded = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
        string text = string.Concat(Enumerable.Range(0, 30).Select(i => $"The lamp of house {i} is red. "));
        CompletionRequest[] request = [new(Prompt.User(text + "\n\nWhat color is the lamp of house 7?"), new GenerationOptions(8))];
        Completion plain = (await loaded.LanguageModel.CompleteAsync(request))[0];

        Completion all = (await ContextMethod.Parse("gemfilter:keep=100000").Over(loaded).CompleteAsync(request))[0];
        Completion few = (await ContextMethod.Parse("streaming-llm:cache=64").Over(loaded).CompleteAsync(request))[0];
        Assert.False(loaded.LanguageModel.Capabilities.ObservesHeads);
        Assert.Null(loaded.LanguageModel.ContextWindow);
        await Assert.ThrowsAsync<InputException>(() => loaded.LanguageModel.CompleteAsync([request[0] with { ObservesHeads = true }]));
        IReadOnlyList<ChoiceLogProb[]> scores = await loaded.LanguageModel.ScoreAsync([new(plain.PromptTokens, [few.Tokens])]);
        loaded.LanguageModel.Reading = null;

        Assert.Equal(plain.Tokens, all.Tokens);
        Assert.True(scores[0][0].IsGreedy);
        Assert.Equal(plain.Tokens, (await loaded.LanguageModel.CompleteAsync(request))[0].Tokens);
    }

    static async Task<Completion> Ask(ScriptedChatModel model, string method, string prompt, Action<string>? onText = null)
    {
        ILanguageModel asked = ContextMethod.Parse(method).Over(model, ScriptedChatModel.Words);
        return (await asked.CompleteAsync([new(Prompt.User(prompt), new GenerationOptions(50)) { OnText = onText }]))[0];
    }
}
