using System.Buffers.Binary;
using System.Security.Cryptography;
using Farsight.Alignment.Evaluation.Metrics;
using Farsight.Alignment.Generation;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Evaluation;

/// <summary>Runs tasks against a model and keeps every example.</summary>
/// <remarks>
/// An example that threw scores as an empty completion, is marked with the reason and stays in the denominator. In a
/// directory every example is written as soon as it is judged; running again keeps those whose task, version and prompt
/// are the same and that did not fail, so an interrupted evaluation continues where it was. Perplexity is measured anew.
/// </remarks>
/// <param name="completer">Answers the prompts.</param>
/// <param name="logProbs">Nats of the scored tokens of a tree; needed for perplexity only.</param>
public sealed class EvalRunner(ICompleter completer, Func<TokenTree, float[]>? logProbs = null)
{
    /// <summary>Runs a plan: task by task, length by length, depth by depth, sample by sample.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="directory">Gets examples.jsonl and results.json; null to keep nothing on disk.</param>
    /// <param name="progress">Told after every example.</param>
    /// <param name="cancellationToken">Checked before every example; what was judged stays on disk.</param>
    /// <exception cref="InputException">The plan does not fit the text or the lengths, or the directory belongs to another model.</exception>
    public EvalResults Run(
        EvalPlan plan, string? directory = null, IProgress<EvalProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (directory is not null)
        {
            Directory.CreateDirectory(directory);
        }
        string? file = directory is null ? null : Path.Combine(directory, EvalFiles.ExamplesName);
        Dictionary<string, EvalRecord> kept = file is null ? [] : Kept(file, plan.Model);
        Counter counter = new(progress, plan.Tasks.Count * plan.Lengths.Count * plan.Depths.Count * plan.Samples
            + PerplexityLengths(plan).Count() * (plan.Perplexity?.Windows ?? 0));

        List<EvalRecord> records = [];
        foreach ((IEvalTask task, int length) in plan.Tasks.SelectMany(t => plan.Lengths.Select(l => (t, l))))
        {
            foreach (EvalExample example in task.Examples(plan.At(length)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string hash = Hash(example.PromptTokens);
                if (!kept.TryGetValue(Key(task.Card.Name, task.Card.Version, example.Id, hash), out EvalRecord? record))
                {
                    record = Judge(plan.Model, task, example, hash, cancellationToken);
                    if (file is not null)
                    {
                        EvalFiles.Append(file, record);
                    }
                }
                records.Add(record);
                counter.Add(task.Card.Name, length);
            }
        }

        EvalResults results = new(plan.Model, plan.Seed, plan.HaystackName,
            [.. plan.Tasks.Select(t => TaskResult.Of(t.Card, [.. records.Where(r => r.Task == t.Card.Name)]))],
            Perplexity(plan, counter, cancellationToken), records);
        if (directory is not null)
        {
            EvalFiles.WriteResults(directory, results);
        }
        return results;
    }

    EvalRecord Judge(string model, IEvalTask task, EvalExample example, string hash, CancellationToken cancellationToken)
    {
        string completion = "";
        string? failed = null;
        try
        {
            completion = completer.Complete(new CompletionRequest(example.PromptTokens, example.MaxNewTokens), cancellationToken).Text;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            failed = $"{e.GetType().Name}: {e.Message}";
        }
        EvalScore score = task.Score(example, completion);
        return new(model, task.Card.Name, task.Card.Version, example.Id, example.Length, example.Depth, example.PromptTokens.Count, hash,
            example.Question, example.Answers[0], example.Values, completion, score.Value, score.Beside, failed);
    }

    IReadOnlyList<PerplexityResult> Perplexity(EvalPlan plan, Counter counter, CancellationToken cancellationToken)
    {
        if (plan.Perplexity is not PerplexitySetting setting)
        {
            return [];
        }
        Func<TokenTree, float[]> model = logProbs ?? throw new InvalidOperationException("Perplexity needs the model's log-probabilities.");
        return
        [
            .. PerplexityLengths(plan).Select(length => SlidingPerplexity.Evaluate(
                tree => { float[] scored = model(tree); counter.Add("perplexity", length); return scored; }, setting, length, cancellationToken)),
        ];
    }

    static IEnumerable<int> PerplexityLengths(EvalPlan plan) =>
        plan.Perplexity is PerplexitySetting setting ? plan.Lengths.Where(setting.Allows) : [];

    static Dictionary<string, EvalRecord> Kept(string file, string model)
    {
        Dictionary<string, EvalRecord> kept = [];
        foreach (EvalRecord record in EvalFiles.ReadExamples(file))
        {
            if (record.Model != model)
            {
                throw new InputException($"{file} holds answers of '{record.Model}', not of '{model}'; choose another directory.");
            }
            if (record.Failed is null)
            {
                kept[Key(record.Task, record.Version, record.Id, record.PromptSha256)] = record;
            }
        }
        return kept;
    }

    static string Key(string task, int version, string id, string hash) => $"{task}/{version}/{id}/{hash}";

    static string Hash(IReadOnlyList<int> tokens)
    {
        byte[] bytes = new byte[tokens.Count * sizeof(int)];
        for (int i = 0; i < tokens.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), tokens[i]);
        }
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    sealed class Counter(IProgress<EvalProgress>? progress, int total)
    {
        int _done;

        internal void Add(string task, int length) => progress?.Report(new(task, length, ++_done, total));
    }
}
