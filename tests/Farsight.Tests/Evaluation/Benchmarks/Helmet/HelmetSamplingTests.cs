using System.Text.Json;
using Farsight.Evaluation.Benchmarks.Helmet;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Helmet;

/// <summary>Compares with what Python's random draws, and NumPy's generator, in the order of the official program.</summary>
public sealed class HelmetSamplingTests
{
    static readonly int[] s_labels = [2, 0, 1, 1, 0, 2, 2];

    [Fact]
    public void Demonstrations_of_labels_are_drawn_for_each_text_and_balanced()
    {
        long seed = HelmetSampling.SeedOf("Hooray!", 42);

        Assert.Equal(1866875179, seed);
        Assert.Equal([5, 1, 2, 1, 6, 3, 4, 0], HelmetSampling.Balanced([.. Enumerable.Range(0, 7)], i => s_labels[i], 8, seed));
    }

    [Fact]
    public void Labels_are_numbers_that_are_shuffled_for_each_text()
    {
        using TaskData data = new();
        data.With("helmet/icl_trec_coarse_train.jsonl", s_labels.Select((l, i) => (object)new { text = $"t{i}", label = l }))
            .With("helmet/icl_trec_coarse_test.jsonl", [new { text = "Hooray!", label = 2 }]);
        IEvalTask task = EvalTaskCatalog.Get("helmet_icl_trec_coarse");

        EvalExample example = task.Examples(data.Setting with { Length = 163 }).Single(); // 6,600 · 163 / 131,072 = 8 demonstrations

        Assert.Equal(["0"], example.References); // the numbers of the labels are 1, 2, 0, 4, 5, 3
        Assert.Contains(
            "\n\nt5\nlabel: 0\n\nt1\nlabel: 1\n\nt2\nlabel: 2\n\nt1\nlabel: 1\n\nt6\nlabel: 0\n\nt3\nlabel: 2\n\nt4\nlabel: 1\n\n"
                + "t0\nlabel: 0\n\nHooray!\nlabel:",
            TaskData.Asked(example.Prompt));
    }

    [Theory]
    [InlineData(8192, 440)]
    [InlineData(131072, 7050)]
    [InlineData(10000, 537)] // in proportion: 7,050 · 10,000 / 131,072
    public void The_number_of_demonstrations_is_the_official_one_at_the_official_lengths(int length, int expected) =>
        Assert.Equal(expected, new HelmetLabels("clinic150", 151, 220, 440, 880, 1750, 3525, 7050).ShotsAt(length));

    [Fact]
    public void A_hundred_questions_are_drawn_from_the_sorted_keys()
    {
        int[] leftOut =
        [
            1, 10, 14, 17, 24, 28, 29, 32, 37, 40, 42, 49, 50, 53, 56, 59, 61, 66, 68, 71, 75, 77, 96, 104, 106, 112, 114, 117, 125, 127,
        ];
        DataRecord[] records = [.. Enumerable.Range(0, 130).Select(i => Record(new { id = $"q{i}" }))];

        Assert.Equal(Enumerable.Range(0, 130).Except(leftOut), HelmetSampling.OfDrawnKeys(records, "id").Select(r => r.Index));
    }

    [Fact]
    public void Keys_that_are_numbers_are_sorted_as_numbers()
    {
        int[] leftOut =
        [
            1, 2, 7, 9, 16, 18, 21, 30, 32, 36, 39, 47, 51, 52, 56, 61, 65, 67, 74, 76, 79, 82, 85, 88, 93, 95, 99, 103, 105, 126,
        ];
        DataRecord[] records = [.. Enumerable.Range(0, 130).Select(i => Record(new { id = i }))];

        Assert.Equal(Enumerable.Range(0, 130).Except(leftOut), HelmetSampling.OfDrawnKeys(records, "id").Select(r => r.Index));
    }

    [Fact]
    public void Demonstrations_are_shuffled_by_the_key_of_the_question_and_each_is_shown_once()
    {
        DataRecord[] all = [.. ((int[])[0, 1, 2, 0, 3, 4]).Select(i => Record(new { id = $"d{i}" }))];

        Assert.Equal(["d3", "d4"], HelmetSampling.Shown(all, "id", "q5").Select(d => d.Text("id")));
    }

    [Fact]
    public void Of_many_items_the_first_hundred_of_a_shuffle_are_taken()
    {
        IReadOnlyList<int> drawn = HelmetSampling.Drawn<int>([.. Enumerable.Range(0, 130)]);

        Assert.Equal([33, 2, 105, 78, 127], drawn.Take(5));
        Assert.Equal([6, 11, 12, 13, 14, 19], Enumerable.Range(0, 130).Except(drawn).Take(6));
    }

    [Fact]
    public void A_document_that_is_too_long_loses_its_end_and_the_question_behind_it_stays()
    {
        EvalPrompt.Messages prompt = (EvalPrompt.Messages)HelmetCut.Prompt("Read.\n\n", new string('x', 100), "\n\nQuestion: Who?");
        string text = prompt.Turns[0].Content;

        string cut = prompt.Cut!.Apply(text, 80, new CharacterText(), out int removed);

        Assert.Equal($"Read.\n\n{new string('x', 18)} ... [the rest of the text is omitted]\n\nQuestion: Who?", cut);
        Assert.Equal((80, 82), (new CharacterText().EncodeWhole(cut).Length, removed));
        Assert.Equal(text, prompt.Cut.Apply(text, 200, new CharacterText(), out _));
    }

    [Fact]
    public void Questions_about_a_book_show_two_other_questions_without_their_books()
    {
        using TaskData data = new();
        data.With("infinitebench/data/longbook_qa_eng.jsonl", Enumerable.Range(0, 4).Select(i =>
            (object)new { context = $"Book {i}.", input = $"Who {i}?", answer = new[] { $"a{i}" } }));

        EvalExample example = EvalTaskCatalog.Get("helmet_infbench_qa").Examples(data.Setting).ElementAt(1);

        // default_rng(42) gives 2, 1, 0 for three: the questions 3, 2, 0
        Assert.Contains(
            "For example:\n\n[story text]\nQuestion: Who 3?\nAnswer: a3\n\n[story text]\nQuestion: Who 2?\nAnswer: a2\n\nNow, read the "
                + "following story:\n\nBook 1.\n\nQuestion: Who 1?",
            TaskData.Asked(example.Prompt));
    }

    [Fact]
    public void Demonstrations_that_the_official_program_draws_without_a_seed_are_drawn_by_the_question_and_are_optional()
    {
        using TaskData data = new();
        data.With("helmet/narrativeqa.jsonl", [new { context = "A story.", question = "Hooray!", answer = new[] { "a dog" } }]);
        IEvalTask task = EvalTaskCatalog.Get("helmet_narrativeqa");
        string without = TaskData.Asked(task.Examples(data.Setting).Single().Prompt);

        data.With("helmet/narrativeqa_demos.jsonl", Enumerable.Range(0, 7).Select(i =>
            (object)new { question = $"Who {i}?", answer = new[] { $"a{i}", "other" } }));
        string with = TaskData.Asked(task.Examples(data.Setting).Single().Prompt);

        Assert.Contains("if possible.\n\nA story.\n\nQuestion: Hooray!", without);
        Assert.Matches(
            "if possible\\.\n\nFor example:\n\nQuestion: Who ([0-6])\\?\nAnswer: a\\1\n\nQuestion: Who (?!\\1)([0-6])\\?\nAnswer: a\\2\n\n"
                + "Now, use the following story to answer the question:\n\nA story\\.",
            with);
        Assert.Equal(with, TaskData.Asked(task.Examples(data.Setting).Single().Prompt));
    }

    [Fact]
    public void Law_cases_show_two_summaries_of_other_cases()
    {
        using TaskData data = new();
        data.With("helmet/multi_lexsum.jsonl", [new { context = "Documents.", summary = "A case.", keypoints = new[] { "a case" } }])
            .With("helmet/multi_lexsum_demos.jsonl", Enumerable.Range(0, 2).Select(i => (object)new { summary = $"Case {i}." }));

        string prompt = TaskData.Asked(EvalTaskCatalog.Get("helmet_multi_lexsum").Examples(data.Setting).Single().Prompt);

        Assert.Matches(
            "of the case\\.\n\nExample summaries:\n\nSummary: Case [01]\\.\n\nSummary: Case [01]\\.\n\nNow, write a summary of the "
                + "following legal documents\\.\nLegal documents:\nDocuments\\.",
            prompt);
    }

    static DataRecord Record(object value) => new(JsonSerializer.SerializeToElement(value), "the test");
}
