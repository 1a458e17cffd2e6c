using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>Asks examples, and asks on where their task does.</summary>
/// <param name="model">Answers.</param>
/// <param name="task">Of the examples.</param>
/// <param name="length">As <see cref="IEvalModel.Make"/> takes it.</param>
/// <param name="seed">Of the sampling.</param>
sealed class Conversations(IEvalModel model, IEvalTask task, int? length, int seed)
{
    /// <summary>What was said, in the order of the examples, each as soon as it and those before it are there.</summary>
    internal IEnumerable<Said> Hold(IReadOnlyList<Asked> asked, CancellationToken cancel)
    {
        IEnumerable<Said> first = model
            .Answer([.. asked.Select(a => Ask(a.Example, a.Prompt, a.Example.MaxNewTokens))], cancel)
            .Select(a => new Said([a]));
        return task is IFollowUpTask followUps ? GoOn([.. first], asked, followUps, cancel) : first;
    }

    Said[] GoOn(Said[] said, IReadOnlyList<Asked> asked, IFollowUpTask followUps, CancellationToken cancel)
    {
        List<int> open = [.. Enumerable.Range(0, said.Length)];
        while (open.Count > 0)
        {
            List<int> next = [];
            List<EvalAsk> asks = [];
            foreach (int i in open.Where(i => said[i].Failed is null))
            {
                try
                {
                    if (followUps.FollowUp(asked[i].Example, said[i].Completions) is { } more)
                    {
                        asks.Add(Ask(asked[i].Example, model.Make(more.Prompt, more.MaxNewTokens, length), more.MaxNewTokens));
                        next.Add(i);
                    }
                }
                catch (InputException e)
                {
                    said[i] = new([.. said[i].Answers, EvalAnswer.None(e)]);
                }
            }
            foreach ((EvalAnswer answer, int i) in (asks.Count > 0 ? model.Answer(asks, cancel) : []).Zip(next))
            {
                said[i] = new([.. said[i].Answers, answer]);
            }
            open = next;
        }
        return said;
    }

    EvalAsk Ask(EvalExample example, Prompts.MadePrompt prompt, int maxNewTokens) =>
        new(prompt, maxNewTokens)
        {
            Stop = example.Stop,
            MinNewTokens = example.MinNewTokens,
            Temperature = example.Temperature,
            TopP = example.TopP,
            Seed = SeedOf(example),
            ObservesHeads = task is IObservedTask,
        };

    int SeedOf(EvalExample example) => (int)SeededRandom.For(seed, $"{task.Card.Name}/{example.Id}", 0).NextUInt64();
}

/// <summary>The answers of one example.</summary>
/// <param name="Answers">In order, at least one; a failed one is the last.</param>
sealed record Said(IReadOnlyList<EvalAnswer> Answers)
{
    internal string? Failed => Answers[^1].Failed;

    internal string Completion => Answers[^1].Text;

    internal IReadOnlyList<string> Completions => [.. Answers.Select(a => a.Text)];

    /// <summary>Scores what was said; a score that cannot be computed is a failure.</summary>
    internal Judged Judge(Func<EvalScore?> score)
    {
        Judged unscored = new((EvalScore?)null) { Answers = Answers, Failed = Failed, Seconds = Answers.Sum(a => a.Seconds) };
        try
        {
            return Failed is null ? unscored with { Score = score() } : unscored;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return unscored with { Failed = $"scoring: {e.GetType().Name}: {e.Message}" };
        }
    }
}
