using Farsight.Evaluation.Benchmarks.M4le;

namespace Farsight.Tests.Evaluation.Benchmarks.M4le;

sealed class M4leFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases => M4leRules.All.Select(r =>
    {
        (string answer, string wrong) = Answer(r.Value);
        return new FixtureCase($"m4le_{r.Key}", "Do it.\nA text.", answer, wrong);
    });

    internal override void Write(TaskData data)
    {
        data.WithJieba();
        foreach ((string name, M4leRule rule) in M4leRules.All)
        {
            data.With(
                $"m4le/{M4leRules.Configuration(name)}.jsonl",
                [new { instruction = "Do it.", input = "A text.", answers = new[] { Answer(rule).Right }, length_bucket = 1000 }]);
        }
    }

    static (string Right, string Wrong) Answer(M4leRule rule) => rule switch
    {
        { Metric: M4leMetric.SetF1, IsChinese: true } => ("甲，乙", "丙"),
        { Metric: M4leMetric.SetF1 } => ("one, two", "three"),
        { IsChinese: true } => ("红狗跑步", "猫"),
        _ => ("one red dog ran", "cats"),
    };
}
