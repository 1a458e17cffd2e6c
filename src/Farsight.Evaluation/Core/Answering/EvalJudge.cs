using Farsight.Text.Conversations;
using Microsoft.Extensions.AI;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>The model that judges the completions of <see cref="IJudgedTask"/>; its verdicts are kept in the records.</summary>
/// <param name="name">Of the judge, as records tell it; answers judged by another count as not judged.</param>
/// <param name="client">Any number of requests may be started at once.</param>
public sealed class EvalJudge(string name, IChatClient client)
{
    const int MaxNewTokens = 2048;

    /// <summary>As records tell it.</summary>
    public string Name => name;

    /// <summary>Judges what was said, in order. A completion that failed is not judged; a verdict without a score is a failure.</summary>
    internal IEnumerable<Judged> Judge(IJudgedTask task, IReadOnlyList<Asked> asked, IEnumerable<Said> said, CancellationToken cancel)
    {
        Said[] all = [.. said];
        int[] answered = [.. Enumerable.Range(0, all.Length).Where(i => all[i].Failed is null)];
        Dictionary<int, (string? Verdict, Exception? Failure)> verdicts = answered
            .Zip(ChatRequests.InOrder([.. answered.Select(i => task.Judge(asked[i].Example, all[i].Completions))], Ask, cancel))
            .ToDictionary(p => p.First, p => p.Second);
        return all.Select(
            (s, i) =>
                verdicts.TryGetValue(i, out (string? Verdict, Exception? Failure) v) ? Judged(task, asked[i], s, v) : s.Judge(() => null));
    }

    static Judged Judged(IJudgedTask task, Asked asked, Said said, (string? Verdict, Exception? Failure) judged)
    {
        if (judged.Verdict is not { } verdict)
        {
            return said.Judge(() => null) with { Failed = $"judge: {judged.Failure!.Message}" };
        }
        Judged scored = said.Judge(() => task.Score(asked.Example, said.Completions, verdict)) with { Verdict = verdict };
        return scored is { Score: null, Failed: null } ? scored with { Failed = "judge: the verdict says no score" } : scored;
    }

    async Task<string> Ask(IReadOnlyList<ChatTurn> turns, CancellationToken cancel) =>
        (
            await client
                .GetResponseAsync(
                    turns.Select(t => new ChatMessage(new(t.Role), t.Content)),
                    new() { Temperature = 0, MaxOutputTokens = MaxNewTokens },
                    cancel)
                .ConfigureAwait(false)
        ).Text;
}
