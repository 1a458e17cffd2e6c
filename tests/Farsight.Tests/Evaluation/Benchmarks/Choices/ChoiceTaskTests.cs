using System.IO.Compression;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Choices;

public sealed class ChoiceTaskTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SharedTheory("evaldata")]
    [InlineData("mmlu", 14042)]
    [InlineData("arc_easy", 2376)]
    [InlineData("arc_challenge", 1172)]
    [InlineData("truthfulqa_mc1", 817)]
    [InlineData("truthfulqa_mc2", 817)]
    [InlineData("truthfulqa_2025_mc0", 790)]
    [InlineData("truthfulqa_2025_mc1", 790)]
    [InlineData("truthfulqa_2025_mc2", 790)]
    [InlineData("hellaswag", 10042)]
    [InlineData("winogrande", 1267)]
    public void A_task_has_all_its_questions_and_the_right_answer_is_right(string name, int count)
    {
        IChoiceTask task = (IChoiceTask)EvalTaskCatalog.Get(name);
        EvalData data = new(SharedMaterial.PathOf("evaldata"));
        if (name == "arc_challenge")
        {
            data = Without("arc/ARC-Challenge-Test.jsonl", data); // of which the shared copy lacks 22 questions
        }

        EvalExample[] examples = [.. task.Examples(new(4096, 1) { Data = data })];

        Assert.Equal(count, examples.Length);
        foreach (EvalExample example in examples)
        {
            Assert.InRange(example.Choices.Count, 2, 40);
            Assert.All(example.Choices, c => Assert.StartsWith(" ", c.Text));
            Assert.Equal(1, Answered(task, example, right: true).Value, 1e-12);
            Assert.Equal(0, Answered(task, example, right: false).Value, 1e-12);
        }
    }

    [Fact]
    public void Mmlu_gives_the_mean_over_questions_and_over_subjects()
    {
        IAggregatedTask task = (IAggregatedTask)EvalTaskCatalog.Get("mmlu");
        ScoredExample Of(string subject, double score) => new("", new Dictionary<string, string> { ["subject"] = subject }, new(score));

        EvalScore mean = task.Aggregate([Of("law", 1), Of("law", 1), Of("law", 0), Of("physics", 0)]);

        Assert.Equal(0.5, mean.Value);
        Assert.Equal(1 / 3.0, mean.Beside["macro"], 1e-12);
    }

    [Fact]
    public void Mmlu_reads_a_users_files_and_says_which_row_is_damaged()
    {
        Write("mmlu/dev/high_school_physics_dev.csv", "\"What is 1,\nor one?\",1,2,\"3, or so\",4,A\nNext?,a,b,c,d,B\n");
        Write("mmlu/test/high_school_physics_test.csv", "Last?,e,f,g,h,D\n");

        EvalExample example = EvalTaskCatalog.Get("mmlu").Examples(Setting()).Single();

        Assert.Equal(
            "The following are multiple choice questions (with answers) about  high school physics.\n\n"
                + "What is 1,\nor one?\nA. 1\nB. 2\nC. 3, or so\nD. 4\nAnswer: A\n\nNext?\nA. a\nB. b\nC. c\nD. d\nAnswer: B\n\n"
                + "Last?\nA. e\nB. f\nC. g\nD. h\nAnswer:",
            ((EvalPrompt.Messages)example.Prompt).Turns[0].Content);
        Assert.Equal("3", example.References.Single());

        Write("mmlu/test/high_school_physics_test.csv", "Last?,e,f,g,h,D\nBroken,row\n");
        Assert.StartsWith(
            "mmlu/test/high_school_physics_test.csv, row 2: ",
            Assert.Throws<InputException>(() => EvalTaskCatalog.Get("mmlu").Examples(Setting()).Count()).Message);
    }

    [Fact]
    public void An_original_file_is_read_in_place_of_its_copy()
    {
        Write(
            "hellaswag/hellaswag_val.jsonl",
            """{"activity_label":"Cooking","ctx_a":"A man stands in a kitchen.","ctx_b":"he","label":2,"""
                + "\"endings\":[\"cuts [step] bread.\",\"flies.\",\"a\",\"b\"]}\n");
        Write(
            "winogrande/dev.jsonl",
            """{"sentence":"The cup is not in the box, because the _ is too big.","option1":"cup","option2":"box","answer":"1"}""" + "\n");
        Write(
            "arc/ARC-Easy-Test.jsonl",
            """{"id":"x1","answerKey":"2","question":{"stem":"What is ice?","choices":[{"text":"wood","label":"1"},"""
                + "{\"text\":\"water\",\"label\":\"2\"},{\"text\":\"air\",\"label\":\"3\"}]}}\n");

        EvalExample scene = One("hellaswag"), sentence = One("winogrande"), question = One("arc_easy");

        Assert.Equal(
            ("Cooking: A man stands in a kitchen. He", " cuts bread.", "2"),
            (Content(scene.Prompt), scene.Choices[0].Text, scene.References[0]));
        Assert.Equal(
            ("The cup is not in the box, because the box", " is too big.", "0"),
            (Content(sentence.Choices[1].Prompt!), sentence.Choices[1].Text, sentence.References[0]));
        Assert.Equal(
            ("Question: What is ice?\nAnswer:", " air", "1"),
            (Content(question.Prompt), question.Choices[2].Text, question.References[0]));
    }

    [Theory]
    [InlineData("hellaswag", "hellaswag/hellaswag_val.jsonl", "{\"ctx_a\":1}")]
    [InlineData("hellaswag", "hellaswag/hellaswag_val_full.txt", "context\n9\na\nb\nc\nd")]
    [InlineData("winogrande", "winogrande/dev.jsonl", "{\"sentence\":\"no blank\",\"option1\":\"a\",\"option2\":\"b\",\"answer\":\"1\"}")]
    [InlineData("winogrande", "winogrande/test.llm_adapters.json", "[{\"instruction\":\"other\",\"answer\":\"option1\"}]")]
    [InlineData("arc_easy", "arc/ARC-Easy-Test.jsonl", "{\"id\":\"x\"}")]
    [InlineData("arc_easy", "arc/ARC-Easy-test.llm_adapters.json", "[{\"instruction\":\"other\",\"answer\":\"answer1\"}]")]
    [InlineData("truthfulqa_mc1", "truthfulqa/v1_mc_task.json", "[{}]")]
    public void A_damaged_file_is_said_in_a_sentence(string task, string file, string text)
    {
        Write("lm_eval_task_configs/truthfulqa_mc1.yaml", "doc_to_text: \"{% set prompt_qa = '\\\n  Q: Is it?\\n\\\n  A: No.\\\n  '%}\"");
        Write(file, text);

        InputException e = Assert.Throws<InputException>(() => EvalTaskCatalog.Get(task).Examples(Setting()).Count());

        Assert.Contains(" the file again", e.Message);
    }

    [Fact]
    public void Truthfulqa_puts_the_users_primer_before_each_question()
    {
        Write(
            "lm_eval_task_configs/truthfulqa_mc1.yaml",
            "doc_to_text: \"\\\n  {% set prompt_qa = '\\\n  Q: Is it?\\n\\\n  A: No.\\n\\n\\\n  Q: Was it?\\n\\\n  A: Yes.\\\n  '%}\\\n"
                + "  {{prompt_qa}}\"");
        Write(
            "truthfulqa/v1_mc_task.json",
            """[{"question":"Who?","mc1_targets":{"You.":1,"I.":0},"mc2_targets":{"You.":1,"We.":1,"I.":0}}]""");

        EvalExample example = One("truthfulqa_mc2");

        Assert.Equal("Q: Is it?\nA: No.\n\nQ: Was it?\nA: Yes.\n\nQ: Who?\nA:", Content(example.Prompt));
        Assert.Equal([" You.", " We.", " I."], example.Choices.Select(c => c.Text));
        Assert.Equal(["0", "1"], example.References);
        ChoiceLogProb[] far = [new(-2000, 9, false), new(-2000 + Math.Log(2), 9, false), new(-2000, 9, false)];
        Assert.Equal(0.75, ((IChoiceTask)EvalTaskCatalog.Get("truthfulqa_mc2")).Score(example, far).Value, 1e-9);
    }

    static EvalScore Answered(IChoiceTask task, EvalExample example, bool right) => task.Score(example,
        [.. example.Choices.Select((_, i) => new ChoiceLogProb(example.References.Contains($"{i}") == right ? -1 : -5000, 1, false))]);

    EvalData Without(string left, EvalData data)
    {
        string folder = Path.GetDirectoryName(left)!;
        foreach (
            string file in Directory
                .GetFiles(Path.Combine(data.Root!, folder))
                .Where(f => !f.EndsWith(Path.GetFileName(left), StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, folder));
            File.Copy(file, Path.Combine(_folder.Path, folder, Path.GetFileName(file)));
        }
        return new(_folder.Path);
    }

    EvalExample One(string task) => EvalTaskCatalog.Get(task).Examples(Setting()).Single();

    EvalSetting Setting() => new(4096, 1) { Data = new(_folder.Path) };

    static string Content(EvalPrompt prompt) => ((EvalPrompt.Messages)prompt).Turns.Single().Content;

    void Write(string path, string text)
    {
        string file = Path.Combine(_folder.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
