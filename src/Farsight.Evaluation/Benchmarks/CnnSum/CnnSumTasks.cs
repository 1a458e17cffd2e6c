using System.Globalization;
using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.CnnSum;

/// <summary>Represents CNNSum: summaries of Chinese novels at four lengths, with the instruction behind and before the text.</summary>
/// <remarks>
/// Version 1. Both prompts are asked, as in the official program, which keeps only the second one's outputs and opens files that do not
/// exist; the mean over both is the benchmark's number, 0 to 1 here and in percent there. Prompts are continued without a chat template, at
/// least ten new tokens. Source: arXiv:2412.02819; CxsGhost/CNNSum @994a7f9, Inference.py.
/// </remarks>
sealed class CnnSumTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [new CnnSumTask("L", "16k", 400), new CnnSumTask("XL", "32k", 400), new CnnSumTask("XXL", "64k", 500),
            new CnnSumTask("XXXL", "128k", 500)];
}

/// <summary>Represents the samples of one length.</summary>
sealed class CnnSumTask(string size, string tokens, int newTokens) : IGeneratedTask
{
    const string Prompts = "cnnsum/prompts.json", Jieba = "jieba/", Words = "chinese words", Repository = "CxsGhost/CNNSum @994a7f9";

    string File => $"cnnsum/cnnsum_{size}_{tokens}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        $"cnnsum_{size.ToLowerInvariant()}", 1, $"CNNSum: summary of a novel, {tokens} tokens, Chinese",
        $"arXiv:2412.02819; {Repository}", "F of ROUGE-L over jieba's words", null)
    {
        Benchmark = "cnnsum",
        Data =
        [
            new(File, $"{Repository}: data/cnnsum_{size}_{tokens}.jsonl"),
            new(Prompts, $"{Repository}: prompts.json"),
            new(Jieba, "the folder of the Python package jieba 0.42.1: dict.txt, finalseg/prob_*.py"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        IReadOnlyList<(string Name, string Value)> prompts = DataRecord.OfFile(setting.Data, Prompts).TextFields();
        return from item in DataRecord.Of(setting.Data, File).Index()
               from prompt in prompts
               let context = item.Item.Text("context")
               select new EvalExample(
                   string.Create(CultureInfo.InvariantCulture, $"{item.Index}-{prompt.Name}"),
                   EvalPrompt.Of(prompt.Value.Replace("{}", context, StringComparison.Ordinal)) with { UseChatTemplate = false },
                   [item.Item.Text("summary")],
                   newTokens)
               {
                   Question = prompt.Name,
                   MinNewTokens = 10,
                   Group = EvalExample.GroupOf(context),
                   Groups = new Dictionary<string, string> { ["prompt"] = prompt.Name },
                   Details = new Dictionary<string, IReadOnlyList<string>> { [Words] = [setting.Data.PathOf(Jieba)!] },
               };
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        new(CnnSumScore.Score(completion, example.References[0], ChineseWords.In(example.Details[Words][0])));
}
