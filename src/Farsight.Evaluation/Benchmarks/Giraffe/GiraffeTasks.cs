using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Giraffe;

/// <summary>
/// Represents Giraffe's three tasks: a number in a list of lines, and questions about Wikipedia pages, as they are and altered.
/// </summary>
/// <remarks>
/// Version 1. The prompts are the data's; the chat template is the model's, not FastChat's "vicuna". Records of all sizes are in one file
/// per task, and the group "size" tells them apart. Source: arXiv:2308.10882; abacusai/Long-Context @c2a90d1.
/// </remarks>
sealed class GiraffeTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => [new GiraffeLines(), new GiraffeQuestions("ffqa"), new GiraffeQuestions("altqa")];
}

/// <summary>Represents LongChat-Lines.</summary>
sealed class GiraffeLines : IGeneratedTask
{
    const string File = "giraffe/lines.jsonl";
    const int NewTokens = 35;

    // Not found by the catalog, because a task of a family is made by it.
    internal GiraffeLines()
    {
    }

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "giraffe_lines", 1, "Giraffe: the number of a line", "arXiv:2308.10882; abacusai/Long-Context @c2a90d1",
        "first number is the line's", 0)
    {
        Benchmark = "giraffe",
        Data = [new(File, "Hugging Face abacusai/LongChat-Lines: all splits as JSONL, with the split's name in \"split\"")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, File).Select((r, i) =>
        new EvalExample(
            i.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(r.Text("prompt")), [r.Text("expected_number")], NewTokens)
        {
            Groups = new Dictionary<string, string> { ["size"] = r.Has("split") ? r.Text("split") : "unknown" },
        });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => EvalScore.Of(
        GiraffeScore.FirstNumber(completion) is { } said
        && PythonNumbers.TryParseInt(said, out System.Numerics.BigInteger number)
        && PythonNumbers.TryParseInt(example.References[0], out System.Numerics.BigInteger right)
        && number == right);
}

/// <summary>Represents FreeFormQA or AlteredNumericQA.</summary>
sealed class GiraffeQuestions(string name) : IGeneratedTask
{
    const int NewTokens = 50;

    string File => $"giraffe/{name}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        $"giraffe_{name}", 1, name == "ffqa" ? "Giraffe: questions about a page" : "Giraffe: questions about a page with altered numbers",
        "arXiv:2308.10882; abacusai/Long-Context @c2a90d1", "the answer occurs", 0)
    {
        Benchmark = "giraffe",
        Metrics = [new("BLEU")],
        Data =
        [
            new(
                File,
                $"Hugging Face abacusai/WikiQA-{(name == "ffqa" ? "Free_Form" : "Altered_Numeric")}_QA: splits 2k, 4k, 8k and 16k as JSONL "
                    + "in their order, with the split's name in \"split\""),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        Dictionary<string, int> rows = new(StringComparer.Ordinal);
        foreach ((int i, DataRecord record) in DataRecord.Of(setting.Data, File).Index())
        {
            if (record.Records("conversations") is not [var asked, var answered, ..])
            {
                throw record.Lacks("a question and an answer in 'conversations'");
            }
            string split = record.Has("split") ? record.Text("split") : "unknown";
            int row = rows[split] = rows.GetValueOrDefault(split, -1) + 1;
            (string question, string answer) = GiraffeScore.Places(row);
            yield return new(
                i.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(asked.Text("value")), [answered.Text("value")], NewTokens)
            {
                Groups = new Dictionary<string, string> { ["size"] = split, ["question at"] = question, ["answer at"] = answer },
            };
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        completion.Length > 0 && GiraffeScore.IsPresent(example.References[0], completion) ? 1 : 0,
        new Dictionary<string, double> { ["BLEU"] = GiraffeScore.SentenceBleu(example.References[0], completion) });
}
