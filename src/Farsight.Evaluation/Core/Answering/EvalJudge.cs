using Farsight.Alignment.Answering;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>Judges the completions of an <see cref="IJudgedTask"/> with a language model; records store its verdicts.</summary>
/// <param name="model">The judge. Records store its name; answers that another model judged count as not judged.</param>
public sealed class EvalJudge(ILanguageModel model)
{
    const int MaxNewTokens = 2048;

    readonly ModelCalls _calls = new(model);

    /// <summary>The judge's name, as records store it.</summary>
    public string Name => model.Name;

    /// <summary>Judges completions and scores them. A failed example is not judged, nor one with a record; a verdict without a score is
    /// a failure.</summary>
    internal IReadOnlyList<ExampleRun> Judge(IJudgedTask task, IReadOnlyList<ExampleRun> runs, CancellationToken cancel)
    {
        ExampleRun[] answered = [.. runs.Where(r => r.Failed is null && r.Kept is null)];
        CompletionRequest[] requests =
            [.. answered.Select(r => new CompletionRequest(new Prompt.Chat(task.Judge(r.Example, r.Completions)), new(MaxNewTokens)))];
        foreach ((ExampleRun run, (Completion? verdict, Exception? failure)) in answered.Zip(_calls.SendUntilHopeless(requests, cancel)))
        {
            if (verdict is null)
            {
                run.Failed = $"judge: {ExampleRun.Describe(failure!)}";
                continue;
            }
            if (Thought.Remove(verdict.Text) is not { } text)
            {
                run.Failed = $"judge: {ExampleRun.Describe(Thought.Unclosed(model.Name))}";
                continue;
            }
            run.Verdict = text;
            run.Rate(() => task.Score(run.Example, run.Completions, text));
            run.Failed ??= run.Score is null ? "judge: the verdict contains no score" : null;
        }
        return runs;
    }
}
