using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Farsight.Evaluation.Interop;

/// <summary>Offers the metric of a Farsight task as an evaluator of Microsoft.Extensions.AI.Evaluation.</summary>
/// <remarks>
/// The right answers come from a <see cref="ReferenceContext"/>. The score becomes a numeric metric named after the task, the further
/// metrics "task: metric". A judged task asks the chat client of the configuration. Without a score, the metric has no value and a
/// diagnostic says why.
/// </remarks>
/// <param name="task">A task that generates answers: <see cref="IGeneratedTask"/> or <see cref="IJudgedTask"/>.</param>
/// <exception cref="ArgumentException">The task compares the probabilities of texts.</exception>
public sealed class TaskEvaluator(IEvalTask task) : IEvaluator
{
    readonly IEvalTask _task = task is IGeneratedTask or IJudgedTask
        ? task
        : throw new ArgumentException($"{task.Card.Name} scores no answers in text, so it cannot be an evaluator.", nameof(task));

    /// <inheritdoc/>
    public IReadOnlyCollection<string> EvaluationMetricNames =>
        [_task.Card.Name, .. _task.Card.Metrics.Select(m => NameOf(m.Name))];

    /// <inheritdoc/>
    public async ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(modelResponse);
        NumericMetric metric = new(_task.Card.Name);
        EvaluationResult result = new(metric);
        if (ReferenceContext.ExampleIn(additionalContext, messages) is not { } example)
        {
            metric.Diagnostics =
                [EvaluationDiagnostic.Error($"A context named '{ReferenceContext.ContextName}' with the right answers is missing.")];
            return result;
        }
        if (_task is IJudgedTask && chatConfiguration is null)
        {
            metric.Diagnostics = [EvaluationDiagnostic.Error($"{_task.Card.Name} needs the chat client of a judge in the configuration.")];
            return result;
        }
        string answer = modelResponse.Text;
        List<string> replies = _task is IJudgedTask judged
            ? await RepliesAsync(judged, example, answer, chatConfiguration!.ChatClient, cancellationToken).ConfigureAwait(false)
            : [];
        EvalScore? score = _task is IJudgedTask judge
            ? judge.Score(example, [answer], replies)
            : ((IGeneratedTask)_task).Score(example, (IReadOnlyList<string>)[answer]);
        if (score is null)
        {
            metric.Diagnostics = [EvaluationDiagnostic.Error("The judge's reply contains no score.")];
            return result;
        }
        (metric.Value, metric.Reason) = (score.Value, replies.Count > 0 ? replies[^1] : null);
        foreach ((string name, double value) in score.Beside)
        {
            result.Metrics[NameOf(name)] = new NumericMetric(NameOf(name), value);
        }
        return result;
    }

    string NameOf(string metric) => $"{_task.Card.Name}: {metric}";

    static async Task<List<string>> RepliesAsync(
        IJudgedTask task, EvalExample example, string answer, IChatClient judge, CancellationToken cancel)
    {
        List<string> replies = [];
        for (IReadOnlyList<ChatTurn>? next = task.Judge(example, [answer]); next is { Count: > 0 };
            next = task.JudgeNext(example, [answer], replies))
        {
            ChatMessage[] asked = [.. next.Select(t => new ChatMessage(new ChatRole(t.Role), t.Content))];
            ChatResponse reply = await judge.GetResponseAsync(asked, cancellationToken: cancel).ConfigureAwait(false);
            replies.Add(reply.Text);
        }
        return replies;
    }
}

/// <summary>Represents the right answers to a question, for a <see cref="TaskEvaluator"/>.</summary>
public sealed class ReferenceContext : EvaluationContext
{
    /// <summary>The name of the context, by which one that was read from a file is found as well.</summary>
    internal const string ContextName = "Farsight references";

    readonly EvalExample? _example;

    /// <summary>Creates a context from right answers.</summary>
    public ReferenceContext(params IEnumerable<string> references)
        : base(ContextName, [.. references.Select(r => new TextContent(r))])
    {
    }

    /// <summary>Creates a context from an example of a task, whose metric needs more than the answers.</summary>
    public ReferenceContext(EvalExample example)
        : this(example.References) => _example = example;

    /// <summary>Returns the example that the contexts describe; null without a context of this kind.</summary>
    internal static EvalExample? ExampleIn(IEnumerable<EvaluationContext>? contexts, IEnumerable<ChatMessage> messages)
    {
        EvaluationContext? found = contexts?.FirstOrDefault(c => c.Name == ContextName);
        string question = messages.LastOrDefault(m => m.Role == ChatRole.User)?.Text ?? "";
        return found is null ? null : (found as ReferenceContext)?._example
            ?? new EvalExample("", EvalPrompt.Of(question), [.. found.Contents.OfType<TextContent>().Select(t => t.Text)], 1)
            {
                Question = question,
            };
    }
}
