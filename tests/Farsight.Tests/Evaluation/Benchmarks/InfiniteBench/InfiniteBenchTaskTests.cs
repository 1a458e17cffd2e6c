using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.InfiniteBench;

/// <summary>InfiniteBench's tasks over small records in the layout of its data.</summary>
public sealed class InfiniteBenchTaskTests(ITestOutputHelper output) : IDisposable
{
    const string Settings = "infinitebench/prompts_and_lengths.json", Sets = EvalGoldens.Folder + "/infinitebench_dataset_scores.json";

    static readonly string[] s_noOptions = ["", "", "", ""];

    readonly TaskData _data = new TaskData().With(Settings, """
        {
            "gpt4": {
                "longbook_qa_eng": "{context} Q {question}",
                "longbook_choice_eng": "{context}|{question}|{OPTION_A}|{OPTION_B}|{OPTION_C}|{OPTION_D}",
                "longbook_sum_eng": "Sum {context}",
                "math_find": "{prefix} {context} {input}",
                "code_run": "{func} {context} {func_call}",
                "code_debug": "{context} {OPTION_D}",
                "kv_retrieval": "{context}\n{input}"
            },
            "yarn-mistral (also yi, chatglm3)": {
                "longbook_qa_eng": "{context} Question: {question} Answer:", "math_calc": "{context} {{}}"
            },
            "max_new_tokens": {
                "longbook_qa_eng": 40, "longbook_choice_eng": 40, "longbook_sum_eng": 1200, "math_find": 3, "code_run": 5, "code_debug": 5,
                "math_calc": 30000, "kv_retrieval": 50
            }
        }
        """);

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Templates_for_chat_follow_a_system_message_and_those_for_base_models_stand_alone()
    {
        _data.With(
            "infinitebench/data/longbook_qa_eng.jsonl",
            """{"id": 0, "context": "A book.", "input": "Who {x}?", "answer": ["Ann", "Anne"], "options": []}""");
        EvalPrompt.Messages chat = (EvalPrompt.Messages)Example("longbook_qa_eng").Prompt,
            raw = (EvalPrompt.Messages)Example("longbook_qa_eng_base").Prompt;

        Assert.Equal(("system", "A book. Q Who {x}?", true), (chat.Turns[0].Role, chat.Turns[1].Content, chat.UseChatTemplate));
        Assert.Equal((1, "A book. Question: Who {x}? Answer:", false), (raw.Turns.Count, raw.Turns[0].Content, raw.UseChatTemplate));
        Assert.All([chat, raw], p => Assert.Same(PromptCuts.InfiniteBenchMiddle, p.Cut));
        Assert.Equal(1, Score("longbook_qa_eng", "anne"));
        Assert.Equal((11, 12), (EvalTaskCatalog.Find("infinitebench").Count, EvalTaskCatalog.Find("infinitebench-base").Count));
    }

    [Fact]
    public void A_choice_is_right_by_its_letter_or_its_text()
    {
        _data.With(
            "infinitebench/data/longbook_choice_eng.jsonl",
            """{"context": "c", "input": "q", "answer": ["three"], "options": ["one", "two", "three", "four"]}""");

        Assert.Equal("c|q|one|two|three|four", TaskData.Asked(Example("longbook_choice_eng").Prompt));
        Assert.Equal(["three", "C"], Example("longbook_choice_eng").References);
        Assert.Equal(
            [1, 1, 0],
            [Score("longbook_choice_eng", "C. three"), Score("longbook_choice_eng", "three"), Score("longbook_choice_eng", "B")]);

        _data.With(
            "infinitebench/data/longbook_choice_eng.jsonl",
            """{"context": "c", "input": "q", "answer": ["five"], "options": ["one", "two", "three", "four"]}""");
        Assert.StartsWith(
            "infinitebench/data/longbook_choice_eng.jsonl, record 1 lacks its answer among its options;",
            Assert.Throws<InputException>(() => Example("longbook_choice_eng")).Message);
    }

    [Fact]
    public void Prefixes_and_calls_are_found_in_the_question()
    {
        _data.With(
            "infinitebench/data/math_find.jsonl",
            [
                new
                {
                    context = "[1, 7]",
                    input = "The largest number of the list is:",
                    answer = 7,
                },
            ]);
        _data.With("infinitebench/data/code_run.jsonl", """{"context": "def", "input": "What is func_3(-4) and so on?", "answer": [-4]}""");

        Assert.Equal(
            "What is the largest number in the following list? [1, 7] The largest number of the list is:",
            TaskData.Asked(Example("math_find").Prompt));
        Assert.Equal("func_3 def func_3(-4)", TaskData.Asked(Example("code_run").Prompt));
        Assert.Equal((3, 1024), (Example("math_find").MaxNewTokens, Example("code_run").MaxNewTokens));
        Assert.Equal([1, 1], [Score("math_find", "7"), Score("code_run", "It is -4")]);
    }

    [SharedFact(Sets)]
    [Trait("Category", "Golden")]
    public void Stored_predictions_score_through_the_tasks_as_published()
    {
        EvalGoldens goldens = new(output);
        EvalSetting setting = _data.Setting;
        File.Copy(SharedMaterial.PathOf("evaldata/" + Settings), setting.Data.PathOf(Settings)!, overwrite: true);
        foreach (JsonProperty set in EvalGoldens.Json(Sets).EnumerateObject())
        {
            string[] name = set.Name.Split('/');
            string file = $"evaldata/infinitebench/results/{name[0]}/preds_{name[1]}.jsonl";
            file = File.Exists(SharedMaterial.PathOf(file)) ? file : file + ".gz";
            if (File.Exists(SharedMaterial.PathOf(file)))
            {
                JsonElement[] rows = [.. EvalGoldens.Lines(file)];
                _data.With($"infinitebench/data/{name[1]}.jsonl", rows.Select(Record));
                IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get(name[1] + (name[0] == "gpt4" ? "" : "_base"));
                goldens.Check(
                    set.Name,
                    set.Value.GetProperty("mean").GetDouble(),
                    task.Examples(setting).Zip(rows, (e, r) => task.Score(e, Prediction(r)).Value).Average());
            }
        }
        goldens.Finish("infinitebench_dataset_scores.json, through the tasks", InfiniteBenchGoldenTests.ScoreCount());
    }

    // The books are not at hand: only what the answer needs is as in the data.
    static object Record(JsonElement row) => new
    {
        context = "",
        input = "The answer of func_1(2) of it?",
        answer = row.GetProperty("ground_truth"),
        options = s_noOptions,
    };

    static string Prediction(JsonElement row) =>
        (row.TryGetProperty("prediction", out JsonElement text) ? text : row.GetProperty("pred")).GetString()!;

    EvalExample Example(string task) => EvalTaskCatalog.Get(task).Examples(_data.Setting).First();

    double Score(string task, string completion) => ((IGeneratedTask)EvalTaskCatalog.Get(task)).Score(Example(task), completion).Value;
}
