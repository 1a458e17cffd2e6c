using System.Globalization;
using Farsight.Alignment.Data;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Entities;

/// <summary>Represents named-entity recognition in whole documents: the model lists the entities of a long text.</summary>
/// <remarks>
/// Version 1. arXiv:2311.13657 tags every token with an encoder and counts spans; a decoder lists each entity once, so an entity counts
/// once per document here, by type and name. An answer without entities about a document without any scores 1. An answer may have as many
/// tokens as the right one has characters, at least 64.
/// </remarks>
sealed class EntityTask : IGeneratedTask, IAggregatedTask
{
    const string File = "entities/test.bio", Right = "right", Listed = "listed", Marked = "marked";
    const int LeastTokens = 64;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "entities/documents", 1, "Named entities of whole documents", "arXiv:2311.13657", "micro F1 of entities by type and name", 0)
    {
        Benchmark = "entities",
        Data = [new(File, "your own file: a token and its BIO tag per line, -DOCSTART- before each document, as in CoNLL-2003")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        EntityDocument[] documents = [.. EntityDocument.Read(setting.Data.ReadLines(File), File)];
        string question = NamedEntity.Question(
            documents.SelectMany(d => d.Entities).Select(e => e.Type).Distinct().Order(StringComparer.Ordinal));
        return documents.Select(d =>
        {
            string answer = NamedEntity.Answer(d.Entities);
            return new EvalExample(
                d.Line.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of($"{d.Text}\n\n{question}"), [answer],
                Math.Max(LeastTokens, answer.Length))
            {
                Question = question,
            };
        });
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        IReadOnlySet<NamedEntity> marked = NamedEntity.Parse(example.References[0]), listed = NamedEntity.Parse(completion);
        EvalScore score = Of(listed.Count(marked.Contains), listed.Count, marked.Count);
        bool isRightlyEmpty = marked.Count + listed.Count == 0 && !string.IsNullOrWhiteSpace(completion);
        return isRightlyEmpty ? score with { Value = 1 } : score;
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        int Sum(string count) => (int)examples.Sum(e => e.Score.Beside.GetValueOrDefault(count));
        EvalScore score = Of(Sum(Right), Sum(Listed), Sum(Marked));
        return Sum(Listed) + Sum(Marked) == 0 ? score with { Value = examples.Average(e => e.Score.Value) } : score;
    }

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => Of(0, 0, NamedEntity.Parse(example.References[0]).Count);

    static EvalScore Of(int right, int listed, int marked) => new(
        PrecisionRecall.Of(right, listed, marked).F1,
        new Dictionary<string, double> { [Right] = right, [Listed] = listed, [Marked] = marked });
}
