namespace Farsight.Tests.Evaluation.Benchmarks.CnnSum;

sealed class CnnSumFixture : BenchmarkFixture
{
    static readonly (string Size, string Tokens)[] s_sizes = [("L", "16k"), ("XL", "32k"), ("XXL", "64k"), ("XXXL", "128k")];

    internal override IEnumerable<FixtureCase> Cases =>
        s_sizes.Select(s => new FixtureCase($"cnnsum_{s.Size.ToLowerInvariant()}", "读：一个文本。", "红狗跑步", "猫"));

    internal override void Write(TaskData data)
    {
        data.WithJieba().With("cnnsum/prompts.json", """{"Prompt-IE": "读：{}摘要：", "Prompt-IB": "摘要：{}"}""");
        foreach ((string size, string tokens) in s_sizes)
        {
            data.With($"cnnsum/cnnsum_{size}_{tokens}.jsonl", """{"context": "一个文本。", "summary": "红狗跑步"}""");
        }
    }
}
