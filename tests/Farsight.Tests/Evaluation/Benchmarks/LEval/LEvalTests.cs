using System.Text.Json;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Tests.Evaluation.Core;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LEval;

public sealed class LEvalTests(ITestOutputHelper output)
{
    // Our own words, laid out as in the official programs.
    const string Config = """
        def get_sys_prompt(args, file_name):
            if "gsm" in file_name:
                prompt = "Count."
            elif "sci_fi" in file_name:
                prompt = "True or not?"
            elif "exam" in args.metric:
                prompt = "One letter."
            else:
                prompt = "Do it."
        """;

    const string Program = """
                        elif args.metric == "exam_eval":
                            context = "Text: {document} \nAsked: {inst}. "
                            message += "\nReply:"
                        else:
                            context = "Text: {document} Do: {inst} " + f"\nIn {len(out.split())} words."
                        text_inputs = inst.replace("in the story", "in truth") + " Say it."
        """;

    [SharedFact("evaldata/leval")]
    [Trait("Category", "Slow")]
    public void All_examples_are_made_and_references_score_1() =>
        BenchmarkRun.Check(output, "l-eval", expectedTasks: 18, expectedExamples: 1925, e => e.References[0]);

    [SharedFact("evaldata/goldens/leval_dataset_scores.json")]
    [Trait("Category", "Golden")]
    public void Stored_predictions_score_as_published()
    {
        EvalGoldens goldens = new(output);
        JsonElement sets = EvalGoldens.Json("evaldata/goldens/leval_dataset_scores.json");
        string[] tasks = ["coursera", "quality", "tpo", "gsm100", "topic_retrieval_longchat"];
        foreach (string task in tasks)
        {
            string[] said =
            [
                .. EvalGoldens
                    .Lines($"evaldata/leval/predictions_exam_gpt4-32k/{task}.pred.jsonl.gz")
                    .Select(r => r.GetProperty("gpt4-x_pred").GetString()!),
            ];
            IGeneratedTask exam = (IGeneratedTask)EvalTaskCatalog.Get("leval_" + task);
            EvalExample[] examples = [.. exam.Examples(BenchmarkRun.Setting)];
            Assert.Equal(examples.Length, said.Length);
            foreach (var group in examples.Zip(said, (e, s) => (Topic: e.ValueOf("topic"), exam.Score(e, s).Value)).GroupBy(p => p.Topic))
            {
                JsonElement score = sets.GetProperty("gpt4-32k/" + task);
                double expected = (group.Key is null ? score : score[int.Parse(group.Key) - 1]).GetDouble();
                goldens.Check($"{task} {group.Key}", expected, 100.0 * group.Sum(p => p.Value) / group.Count());
            }
        }
        goldens.Finish("leval_dataset_scores.json, through the tasks", LEvalGoldenTests.ScoreCount(sets, tasks));
    }

    [Fact]
    public void Prompts_are_the_user_s_programs_where_they_are_there()
    {
        using TaskData folder = Folder("quality", "Closed-ended-tasks", "exam", "B");
        folder.With("leval/Baselines/LEval_config.py", Config);
        folder.With("leval/Baselines/llama2-chat-test.py", Program);

        EvalExample example = EvalTaskCatalog.Get("leval_quality").Examples(folder.Setting).Single();
        EvalPrompt.Messages prompt = (EvalPrompt.Messages)example.Prompt;

        Assert.Equal(["One letter.", "Text: a b c \nAsked: Which in the story?. "], prompt.Turns.Select(t => t.Content));
        Assert.Equal(("\nReply:", "official"), (prompt.AnswerPrefix, example.ValueOf("prompts")));
    }

    [Fact]
    public void Open_questions_say_how_long_the_reference_is()
    {
        using TaskData folder = Folder("gov_report_summ", "Open-ended-tasks", "rouge", "one two  three");
        folder.With("leval/Baselines/LEval_config.py", Config);
        folder.With("leval/Baselines/llama2-chat-test.py", Program);

        EvalExample example = EvalTaskCatalog.Get("leval_gov_report_summ").Examples(folder.Setting).Single();

        Assert.Equal("Do it.\nText: a b c Do: Which in the story? \nIn 3 words.", BenchmarkRun.Text(example));
    }

    [Fact]
    public void Whether_it_is_so_in_the_world_is_asked_without_the_document()
    {
        using TaskData folder = Folder("sci_fi", "Closed-ended-tasks", "exam", "True [fact: False]");
        folder.With("leval/Baselines/LEval_config.py", Config);
        folder.With("leval/Baselines/llama2-chat-test.py", Program);
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("leval_sci_fi");
        EvalExample example = task.Examples(folder.Setting).Single();

        EvalPrompt.Messages second = (EvalPrompt.Messages)((IFollowUpTask)task).FollowUp(example, ["True"])!.Prompt;

        Assert.Equal("Which in truth? Say it.", Assert.Single(second.Turns).Content);
        Assert.Null(((IFollowUpTask)task).FollowUp(example, ["True", "False"]));
        Assert.Equal(1, task.Score(example, ["It is true.", "False."]).Value);
        EvalScore half = task.Score(example, ["It is true.", "True."]);
        Assert.Equal((0.5, 1, 0), (half.Value, half.Beside["loyalty"], half.Beside["fact"]));
    }

    [Fact]
    public void Without_the_programs_prompts_are_ours_and_results_say_so()
    {
        using TaskData folder = Folder("quality", "Closed-ended-tasks", "exam", "B");

        Assert.Equal("own", EvalTaskCatalog.Get("leval_quality").Examples(folder.Setting).Single().ValueOf("prompts"));
    }

    [Fact]
    public void Summaries_have_the_geometric_mean_of_means()
    {
        IAggregatedTask task = (IAggregatedTask)EvalTaskCatalog.Get("leval_news_summ");
        ScoredExample Of(double r1, double r2, double rl) =>
            new(
                "",
                new Dictionary<string, string>(),
                new(
                    0,
                    new Dictionary<string, double>
                    {
                        ["rouge1"] = r1,
                        ["rouge2"] = r2,
                        ["rougeL"] = rl,
                    }));

        Assert.Equal(Math.Cbrt(0.75 * 0.25 * 0.5), task.Aggregate([Of(1, 0.5, 1), Of(0.5, 0, 0)]).Value, 1e-12);
    }

    [Theory]
    [InlineData(false, "x a0 a1 a2 y")]
    [InlineData(true, "x a597 a598 a599 y")]
    public void A_long_document_loses_words_in_steps(bool fromLeft, string expected)
    {
        string document = string.Join(' ', Enumerable.Range(0, 600).Select(i => $"a{i}"));
        WordCut cut = new(2, document.Length, fromLeft);

        // A character is a token: 503 words, then 253, then 3.
        string text = cut.Apply($"x {document} y", 503, EvalSamples.Text, out int removed);

        Assert.Equal(expected, text);
        Assert.Equal(EvalSamples.Text.EncodeWhole(document).Length - EvalSamples.Text.EncodeWhole(expected[2..^2]).Length, removed);
    }

    static TaskData Folder(string task, string kind, string evaluation, string answer)
    {
        TaskData folder = new();
        folder.With($"leval/{kind}/{task}.jsonl", $$"""
            {"instructions": ["Which in the story?"], "outputs": ["{{answer}}"], "input": "a b c", "evaluation": "{{evaluation}}"}
            {"instructions": ["?"], "outputs": ["!"], "input": "a", "evaluation": "human"}
            """);
        return folder;
    }
}
