using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Represents RULER's thirteen tasks.</summary>
/// <remarks>
/// Version 1. Seed 42 makes the samples of the original's scripts at commit c3f5e3b, byte for byte, for the same tokenizer and a prompt
/// without chat template. With one, its tokens are taken off the length, as the original's runs through NeMo-Skills do; its own runs put
/// the template into the length. The answer prefix stands behind the assistant's header. Differences: essays beyond 111,877 words are
/// repeated; a length that is too short for a task is refused, where the original never ends.
/// </remarks>
sealed class RulerTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => RulerGenerator.Tasks.Select(t => new RulerTask(t));
}

/// <summary>Represents one of RULER's tasks.</summary>
/// <param name="name">"niah_single_1", "vt".</param>
sealed class RulerTask(string name) : IGeneratedTask
{
    const int StandardSamples = 500;

    readonly bool _anyReference = RulerGenerator.KindOf(name) == "qa";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        name, 1, Title(name), "arXiv:2404.06654; NVIDIA/RULER @c3f5e3b",
        RulerGenerator.KindOf(name) == "qa" ? "an answer occurs" : "share of answers that occur", 0)
    {
        Benchmark = "ruler",
        Suites = ["long", "paper"],
        Data = RulerFiles.Of(name),
        IsPerLength = true,
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        RulerGenerator generator = new(new(setting.Data));
        RulerSetting own = new(
            setting.Length, setting.TokensFor(name).Count, setting.SamplesOr(StandardSamples), setting.Seed,
            TemplateTokens: setting.Format?.Conversation([new ChatTurn("user", "")], "").Length ?? 0);
        int newTokens = generator.Template(name, own.Edition).NewTokens;
        return generator.Samples(name, own).Select(s => Example(s, setting.Length, newTokens));
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        string prediction = RulerMatch.Prepare(completion);
        return new(_anyReference ? RulerMatch.Any(prediction, example.References) : RulerMatch.All(prediction, example.References));
    }

    static EvalExample Example(RulerSample sample, int length, int newTokens) => new(
        string.Create(CultureInfo.InvariantCulture, $"{length}-{sample.Index}"),
        EvalPrompt.Of(sample.Input) with { AnswerPrefix = sample.AnswerPrefix }, sample.Outputs, newTokens)
    {
        Question = sample.Input[(sample.Input.LastIndexOf('\n') + 1)..],
        Groups = new Dictionary<string, string> { [EvalExample.Length] = length.ToString(CultureInfo.InvariantCulture) },
    };

    static string Title(string name) => name switch
    {
        "vt" => "RULER: variable tracking",
        "cwe" => "RULER: common words",
        "fwe" => "RULER: frequent words",
        "qa_1" => "RULER: questions of SQuAD",
        "qa_2" => "RULER: questions of HotpotQA",
        _ => "RULER: " + name["niah_".Length..].Replace('_', ' ') + " needle",
    };
}
