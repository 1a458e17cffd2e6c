using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LongBench;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

sealed class LongBenchFixture : BenchmarkFixture
{
    static readonly string[] s_even =
    [
        "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "gov_report", "multi_news", "trec", "triviaqa", "samsum", "passage_count",
        "passage_retrieval_en", "lcc", "repobench-p",
    ];

    internal override IEnumerable<FixtureCase> Cases =>
        from name in LongBenchScore.DataSets.Concat(s_even.Select(s => s + "_e"))
        let answer = Answer(name)
        select new FixtureCase(name, "Read: A text. | Who?", answer.Right, answer.Wrong);

    internal override void Write(TaskData data)
    {
        data.With("longbench/dataset2prompt.json", Settings("Read: {context} | {input}"))
            .With("longbench/dataset2maxlen.json", Settings(32))
            .WithJieba();
        foreach (string name in LongBenchScore.DataSets.Concat(s_even.Select(s => s + "_e")))
        {
            data.With($"longbench/data/{name}.jsonl", [Record(Answer(name).Reference)]);
        }
    }

    static (string Reference, string Right, string Wrong) Answer(string name) => (s_even.Contains(name[..^2]) ? name[..^2] : name) switch
    {
        "trec" or "lsht" => ("Food", "Food", "Date"),
        "passage_retrieval_en" => ("Paragraph 2", "It is Paragraph 2.", "Paragraph 3"),
        "passage_retrieval_zh" => ("段落2", "段落2", "段落3"),
        "passage_count" => ("3", "There are 3.", "There are 4."),
        "lcc" or "repobench-p" => ("return x", "return x\n", "zzz"),
        "multifieldqa_zh" or "dureader" or "vcsum" => ("红狗跑步", "红狗跑步", "猫"),
        _ => ("one red dog", "one red dog", "cats"),
    };

    static object Record(string answer) => new
    {
        input = "Who?",
        context = "A text.",
        answers = new[] { answer },
        length = 4000,
        all_classes = new[] { "Food", "Date" },
        _id = "one",
    };

    static string Settings(object value) => JsonSerializer.Serialize(LongBenchScore.DataSets.ToDictionary(s => s, _ => value));
}
