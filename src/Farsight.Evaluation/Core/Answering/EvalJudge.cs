using Farsight.Alignment.Answering;
using Farsight.Text.Conversations;

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
        Dictionary<ExampleRun, List<string>> replies =
            runs.Where(r => r.Failed is null && r.Kept is null).ToDictionary(r => r, _ => new List<string>());
        for (ExampleRun[] open = [.. replies.Keys]; open.Length > 0;)
        {
            (ExampleRun Run, IReadOnlyList<ChatTurn> Prompt)[] asked =
            [
                .. open.Select(r => (r, Next(task, r, replies[r]) ?? [])).Where(p => p.Item2.Count > 0),
            ];
            foreach (ExampleRun run in open.Except(asked.Select(p => p.Run)))
            {
                List<string> all = replies[run];
                (run.Verdict, run.EarlierVerdicts) = (all.Count > 0 ? all[^1] : "", all.Count > 1 ? [.. all.SkipLast(1)] : null);
                run.Rate(() => task.Score(run.Example, run.Completions, all));
                run.Failed ??= run.Score is null ? "judge: the verdict contains no score" : null;
            }
            CompletionRequest[] requests = [.. asked.Select(p => new CompletionRequest(new Prompt.Chat(p.Prompt), new(MaxNewTokens)))];
            foreach (((ExampleRun run, _), (Completion? reply, Exception? failure)) in asked
                .Zip(_calls.SendUntilHopeless(requests, cancel)))
            {
                if (reply is not null && Thought.Remove(reply.Text) is { } text)
                {
                    replies[run].Add(text);
                }
                else
                {
                    run.Failed = $"judge: {ExampleRun.Describe(failure ?? Thought.Unclosed(model.Name))}";
                }
            }
            open = [.. asked.Select(p => p.Run).Where(r => r.Failed is null)];
        }
        return runs;
    }

    static IReadOnlyList<ChatTurn>? Next(IJudgedTask task, ExampleRun run, List<string> replies) => replies.Count == 0
        ? task.Judge(run.Example, run.Completions)
        : task.JudgeNext(run.Example, run.Completions, replies);
}
