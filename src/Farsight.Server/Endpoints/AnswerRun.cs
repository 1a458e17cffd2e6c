using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Farsight.Alignment.Answering;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;

namespace Farsight.Server.Endpoints;

/// <summary>Represents the answers of one request: several prompts, and several answers to each.</summary>
/// <param name="model">The model.</param>
/// <param name="requests">The requests, in the order of the choices.</param>
/// <param name="metrics">Receives the time to the first token.</param>
/// <param name="stop">Cancelled when the client has gone or the server stops, and here when a part cannot be sent.</param>
sealed class AnswerRun(
    ServedModel model, IReadOnlyList<CompletionRequest> requests, ServerMetrics metrics, CancellationTokenSource stop)
{
    readonly CancellationToken _cancel = stop.Token;
    readonly long _started = System.Diagnostics.Stopwatch.GetTimestamp();
    int _promptTokensRead;
    int _hasToken;

    /// <summary>Answers a request that generates text, whole or as events.</summary>
    /// <param name="server">The server.</param>
    /// <param name="context">The request.</param>
    /// <param name="fields">Its fields.</param>
    /// <param name="prepare">Creates the requests to the model, in the order of the choices, and what writes the reply.</param>
    internal static async Task Answer(
        ServerState server, RequestContext context, GenerationFields fields,
        Func<ServedModel, (CompletionRequest[] Requests, IAnswerReply Reply)> prepare)
    {
        ServedModel model = server.Models.Use(fields.Model, out IDisposable use);
        using IDisposable lease = use;
        model.CheckTokens(fields.Options.LogitBias.Keys, "logit_bias");
        model.CheckTokens(fields.Options.StopTokens, "stop_token_ids");
        using IDisposable place = server.Admission.Enter();
        (CompletionRequest[] requests, IAnswerReply reply) = await Task.Run(() => prepare(model)).ConfigureAwait(false);
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(context.Aborted, server.Stopping);
        AnswerRun run = new(model, requests, server.Metrics, cancel);
        using RequestSpan span = RequestSpan.Start(context.Parent, reply.Operation, model.Name);
        try
        {
            IReadOnlyList<Completion> answers = fields.Streams
                ? await reply.Stream(run, new(context.Response, cancel.Token), server.Options.Heartbeat).ConfigureAwait(false)
                : await run.Run().ConfigureAwait(false);
            TokenUsage usage = Usage(answers, fields.Choices);
            context.Count(usage);
            server.Metrics.CountTokens(model.Name, usage);
            span.End(usage, [.. answers.Select(FinishOf)]);
            answers.ToList().ForEach(a => server.LogText("answer", a.Text));
            if (!fields.Streams)
            {
                await context.Reply(reply.Whole(answers, usage)).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            span.Fail(context.Aborted.IsCancellationRequested ? "cancelled" : e.GetType().Name);
            throw;
        }
    }

    /// <summary>Generates all answers.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal Task<IReadOnlyList<Completion>> Run() => Run(null);

    /// <summary>Generates all answers and passes their parts on.</summary>
    /// <param name="stream">Receives comments while there are no parts.</param>
    /// <param name="heartbeat">Time without a part after which a comment is sent.</param>
    /// <param name="send">Sends a part of a choice.</param>
    internal async Task<IReadOnlyList<Completion>> Run(EventStream stream, TimeSpan heartbeat, Func<int, CompletionPart, Task> send)
    {
        Channel<(int Choice, CompletionPart Part)> parts = Channel.CreateUnbounded<(int, CompletionPart)>();
        Task<IReadOnlyList<Completion>> all = Task.Run(
            async () =>
            {
                try
                {
                    return await Run(parts.Writer).ConfigureAwait(false);
                }
                finally
                {
                    parts.Writer.Complete();
                }
            },
            CancellationToken.None);
        try
        {
            while (await Next(parts.Reader, stream, heartbeat).ConfigureAwait(false))
            {
                while (parts.Reader.TryRead(out (int Choice, CompletionPart Part) next))
                {
                    await send(next.Choice, next.Part).ConfigureAwait(false);
                }
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the fault of the stream counts
            throw;
        }
        return await all.ConfigureAwait(false);
    }

    /// <summary>Adds up the tokens of the answers.</summary>
    /// <param name="answers">The answers.</param>
    /// <param name="choices">Number of answers to each prompt.</param>
    internal static TokenUsage Usage(IReadOnlyList<Completion> answers, int choices)
    {
        Completion[] first = [.. answers.Where((_, i) => i % choices == 0)];
        return new(
            first.Sum(a => a.PromptTokens.Count), answers.Sum(a => a.OutputTokens ?? 0), first.Sum(a => a.CachedTokens ?? 0));
    }

    /// <summary>Returns OpenAI's word for the end of an answer.</summary>
    internal static string FinishOf(Completion answer) => answer.FinishReason == FinishReason.Length ? "length" : "stop";

    async Task<IReadOnlyList<Completion>> Run(ChannelWriter<(int, CompletionPart)>? parts)
    {
        CompletionRequest[] observed =
        [
            .. requests.Select((r, i) => r with
            {
                OnPromptProgress = tokens => InterlockedMax(tokens),
                OnPart = part =>
                {
                    if (Interlocked.Exchange(ref _hasToken, 1) == 0)
                    {
                        metrics.CountFirstToken(model.Name, System.Diagnostics.Stopwatch.GetElapsedTime(_started).TotalSeconds);
                    }
                    parts?.TryWrite((i, part));
                },
            }),
        ];
        DateTime begin = DateTime.UtcNow;
        IReadOnlyList<Completion> answers = await model.Answers.CompleteAsync(observed, _cancel).ConfigureAwait(false);
        RequestSpan.AddPhases(begin, answers);
        return answers.Any(a => a.FinishReason == FinishReason.Cancelled) ? throw new OperationCanceledException(_cancel) : answers;
    }

    /// <summary>Waits for a part, and sends comments meanwhile.</summary>
    async Task<bool> Next(ChannelReader<(int, CompletionPart)> parts, EventStream stream, TimeSpan heartbeat)
    {
        Task<bool> next = parts.WaitToReadAsync(CancellationToken.None).AsTask();
        while (!next.IsCompleted)
        {
            using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
            if (await Task.WhenAny(next, Task.Delay(heartbeat, silence.Token)).ConfigureAwait(false) != next && !next.IsCompleted)
            {
                _cancel.ThrowIfCancellationRequested();
                int total = requests.Max(r => ((Prompt.Tokens)r.Prompt).Ids.Count);
                await stream
                    .Comment(
                        string.Create(CultureInfo.InvariantCulture, $"read {Math.Min(_promptTokensRead, total)} of {total} prompt tokens"))
                    .ConfigureAwait(false);
            }
            await silence.CancelAsync().ConfigureAwait(false);
        }
        return await next.ConfigureAwait(false);
    }

    void InterlockedMax(int tokens) => _promptTokensRead = Math.Max(_promptTokensRead, tokens); // one thread writes
}

/// <summary>Writes the reply to a request.</summary>
interface IAnswerReply
{
    /// <summary>Name of the operation in traces, as OpenTelemetry's conventions for generative AI have it.</summary>
    string Operation { get; }

    /// <summary>Creates the whole reply.</summary>
    JsonObject Whole(IReadOnlyList<Completion> answers, TokenUsage usage);

    /// <summary>Sends the reply as events while it is generated.</summary>
    Task<IReadOnlyList<Completion>> Stream(AnswerRun run, EventStream events, TimeSpan heartbeat);
}
