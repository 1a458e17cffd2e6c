using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Answering;

/// <summary>Asks equal models of all ranks: each call goes to the next idle rank.</summary>
/// <remarks>
/// Rank 0 creates it and does everything else: prompts, scores, files. The other ranks answer with <see cref="Serve"/>. A call is computed
/// as a whole by one rank, so its result has the bits of a single process. A call that fails on another rank is repeated by rank 0, which
/// so throws the exception of a single process. Calls in progress on other ranks are not cancelled; disposing waits for them.
/// </remarks>
public sealed class RankedModel : ILanguageModel, IDisposable
{
    // A rank that has answered finds the next call waiting.
    const int CallsPerRank = 2;

    static readonly JsonSerializerOptions s_json = new()
    {
        IgnoreReadOnlyProperties = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a log-probability may be −∞
    };

    readonly ILanguageModel _own;
    readonly Communicator _ranks;
    readonly SemaphoreSlim _idle;
    readonly ConcurrentQueue<int> _idleRanks;

    /// <summary>Creates the model on rank 0.</summary>
    /// <param name="own">The model of this process; not disposed here.</param>
    /// <param name="ranks">The ranks; the others serve.</param>
    public RankedModel(ILanguageModel own, Communicator ranks)
    {
        (_own, _ranks) = (own, ranks);
        _idle = new(ranks.Size);
        _idleRanks = new(Enumerable.Range(0, ranks.Size));
    }

    /// <inheritdoc/>
    public string Name => _own.Name;

    /// <inheritdoc/>
    public int? ContextWindow => _own.ContextWindow;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities => _own.Capabilities with { Concurrency = CallsPerRank * _ranks.Size };

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default) =>
        Ask(
            requests.All(CanTravel) ? new() { Completions = [.. requests.Select(TravellingRequest.Of)] } : null,
            () => _own.CompleteAsync(requests, cancellationToken),
            reply => reply.Completions!,
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(
        IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken = default) =>
        Ask(
            new() { Choices = requests },
            () => _own.ScoreAsync(requests, cancellationToken),
            reply => reply.Scores!,
            cancellationToken);

    /// <summary>Answers the calls of rank 0 until it disposes its <see cref="RankedModel"/>.</summary>
    /// <param name="own">The model of this process, equal to that of rank 0.</param>
    /// <param name="ranks">The ranks; this one is not the first.</param>
    public static void Serve(ILanguageModel own, Communicator ranks)
    {
        while (ranks.ReceiveText(0) is { } call)
        {
            ranks.SendText(Answer(own, JsonSerializer.Deserialize<Call>(call, s_json)!), 0);
        }
    }

    /// <summary>Waits for the calls in progress and ends the other ranks' <see cref="Serve"/>.</summary>
    public void Dispose()
    {
        for (int rank = 0; rank < _ranks.Size; rank++)
        {
            _idle.Wait();
        }
        for (int rank = 1; rank < _ranks.Size; rank++)
        {
            _ranks.SendText(null, rank);
        }
        _idle.Dispose();
    }

    /// <summary>Lets the next idle rank answer.</summary>
    /// <param name="call">The call; null if only this process can answer it.</param>
    /// <param name="ask">Asks the model of this process.</param>
    /// <param name="read">Returns the results of a reply.</param>
    /// <param name="cancel">Ends the call; the model of this process then says how.</param>
    async Task<T> Ask<T>(Call? call, Func<Task<T>> ask, Func<Reply, T> read, CancellationToken cancel)
    {
        if (call is null || cancel.IsCancellationRequested)
        {
            return await ask().ConfigureAwait(false);
        }
        try
        {
            await _idle.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await ask().ConfigureAwait(false);
        }
        int rank = -1;
        try
        {
            _idleRanks.TryDequeue(out rank);
            string? reply = rank == 0 ? null : await Exchange(rank, JsonSerializer.Serialize(call, s_json)).ConfigureAwait(false);
            return reply is null ? await ask().ConfigureAwait(false) : read(JsonSerializer.Deserialize<Reply>(reply, s_json)!);
        }
        finally
        {
            _idleRanks.Enqueue(rank);
            _idle.Release();
        }
    }

    /// <summary>Sends a call and waits for its reply, on a thread of its own because that may take long.</summary>
    Task<string?> Exchange(int rank, string call) => Task.Factory.StartNew(
        () =>
        {
            _ranks.SendText(call, rank);
            return _ranks.ReceiveText(rank);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    static string? Answer(ILanguageModel own, Call call)
    {
        try
        {
            Reply reply = call.Choices is { } choices
                ? new() { Scores = own.ScoreAsync(choices).GetAwaiter().GetResult() }
                : new() { Completions = own.CompleteAsync([.. call.Completions!.Select(c => c.Request)]).GetAwaiter().GetResult() };
            return JsonSerializer.Serialize(reply, s_json);
        }
        catch (InputException)
        {
            return null; // rank 0 repeats the call and so has the exception itself
        }
    }

    /// <summary>Returns whether all parts of a request are values; the others are parts of this process.</summary>
    static bool CanTravel(CompletionRequest request) =>
        request is
        {
            OnText: null, OnPart: null, OnPromptProgress: null, Constraint: null, TopLogProbs: null,
            ScoresPrompt: false, KeepsPrefix: false,
        };

    /// <summary>Represents the requests of one call, of one of two kinds.</summary>
    sealed record Call
    {
        public IReadOnlyList<TravellingRequest>? Completions { get; init; }

        public IReadOnlyList<ChoiceRequest>? Choices { get; init; }
    }

    /// <summary>Represents the results of one call.</summary>
    sealed record Reply
    {
        public IReadOnlyList<Completion>? Completions { get; init; }

        public IReadOnlyList<ChoiceLogProb[]>? Scores { get; init; }
    }

    /// <summary>Represents a <see cref="CompletionRequest"/> that <see cref="CanTravel"/>.</summary>
    sealed record TravellingRequest(
        Prompt Prompt, GenerationOptions Options, ulong? Random, bool ObservesHeads, IReadOnlyList<int>? Given)
    {
        [JsonIgnore]
        internal CompletionRequest Request => new(Prompt, Options)
        {
            Random = Random is { } state ? new SeededRandom(state) : null,
            ObservesHeads = ObservesHeads,
            Given = Given,
        };

        internal static TravellingRequest Of(CompletionRequest request) =>
            new(request.Prompt, request.Options, request.Random?.State, request.ObservesHeads, request.Given);
    }
}
