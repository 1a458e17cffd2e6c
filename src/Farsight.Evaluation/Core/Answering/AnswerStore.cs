using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>Represents how many requests a folder with the answers of earlier runs answered.</summary>
/// <param name="Requests">Number of requests that can be stored.</param>
/// <param name="FromStore">Number of them that the folder answered.</param>
public sealed record StoredAnswers(int Requests, int FromStore);

/// <summary>Answers requests from a folder where an earlier run asked the same, and stores the answers of the model.</summary>
/// <remarks>
/// The name of a file is the SHA-256 of the model's identity (weights, adapter, RoPE scaling, masked heads, context method), the prompt
/// with its positions, and everything that chooses tokens. A request that asks for more than an answer (attention, log-probabilities) is
/// always sent. The requests of a call that are not stored are sent together, so the last bits of a local model's new answers can differ
/// from those of a run without a store. Damaged files are replaced. Several processes can share a folder.
/// </remarks>
sealed class AnswerStore : ILanguageModel
{
    const int Format = 1;

    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // the logarithm of 0
    };

    readonly ILanguageModel _model;
    readonly string _identity, _folder;
    int _requests, _found;

    /// <summary>Opens a folder, which is created where it is missing.</summary>
    /// <param name="model">Answers what is not stored.</param>
    /// <param name="identity">Tells the model from every other one, also of the same name.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InputException">The folder cannot be created.</exception>
    internal AnswerStore(ILanguageModel model, string identity, string folder)
    {
        (_model, _identity, _folder) = (model, identity, Path.GetFullPath(folder));
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"The folder for answers {folder} cannot be created: {e.Message.TrimEnd('.')}; use another folder.", e);
        }
    }

    /// <inheritdoc/>
    public string Name => _model.Name;

    /// <inheritdoc/>
    public int? ContextWindow => _model.ContextWindow;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities => _model.Capabilities;

    /// <summary>Gets how many requests the folder answered so far.</summary>
    internal StoredAnswers Use => new(_requests, _found);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default) =>
        Answer(
            requests,
            r => r is { ObservesHeads: false, TopLogProbs: null, Constraint: null, ScoresPrompt: false } ? Hash(r) : null,
            entry => entry.Answer?.ToCompletion(),
            c => c.FinishReason == FinishReason.Cancelled ? null : new() { Answer = StoredCompletion.Of(c) },
            missing => _model.CompleteAsync(missing, cancellationToken));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(
        IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken = default) =>
        Answer(
            requests,
            Hash,
            entry => entry.Choices,
            choices => new() { Choices = choices },
            missing => _model.ScoreAsync(missing, cancellationToken));

    async Task<IReadOnlyList<TAnswer>> Answer<TRequest, TAnswer>(
        IReadOnlyList<TRequest> requests, Func<TRequest, string?> hash, Func<Entry, TAnswer?> read, Func<TAnswer, Entry?> write,
        Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> ask)
        where TAnswer : class
    {
        string?[] names = [.. requests.Select(hash)];
        TAnswer?[] answers = [.. names.Select(n => n is not null && Read(n) is { } entry ? read(entry) : null)];
        Interlocked.Add(ref _requests, names.Count(n => n is not null));
        Interlocked.Add(ref _found, answers.Count(a => a is not null));
        int[] missing = [.. Enumerable.Range(0, answers.Length).Where(i => answers[i] is null)];
        if (missing.Length > 0)
        {
            IReadOnlyList<TAnswer> asked = await ask([.. missing.Select(i => requests[i])]).ConfigureAwait(false);
            foreach ((int i, TAnswer answer) in missing.Zip(asked))
            {
                answers[i] = answer;
                if (names[i] is { } name && write(answer) is { } entry)
                {
                    AtomicFile.Write(PathOf(name), file => JsonSerializer.Serialize(file, entry with { Key = name }, s_json));
                }
            }
        }
        return [.. answers.Select(a => a!)];
    }

    string PathOf(string hash) => Path.Combine(_folder, hash[..2], hash + ".json");

    Entry? Read(string hash)
    {
        string path = PathOf(hash);
        try
        {
            Entry? entry = JsonSerializer.Deserialize<Entry>(RegularFile.ReadAllBytes(path), s_json);
            return entry?.Key == hash ? entry : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null; // not there, or damaged and replaced soon
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                $"The stored answer {path} cannot be read: {e.Message.TrimEnd('.')}; correct its permissions, or use another folder.", e);
        }
    }

    string Hash(CompletionRequest request) => Hash(new
    {
        Format,
        Model = _identity,
        Prompt = request.Prompt switch
        {
            Prompt.Tokens tokens => (object)new { tokens.Ids, tokens.Positions, tokens.ContinuesText },
            Prompt.RawText raw => new { raw.Text },
            Prompt.Chat chat => new { chat.Turns, chat.AnswerPrefix, chat.UsesTemplate },
            _ => throw new NotSupportedException($"A prompt of the kind {request.Prompt.GetType().Name} cannot be stored."),
        },
        request.Options,
        request.Given,
    });

    string Hash(ChoiceRequest request) => Hash(new
    {
        Format,
        Model = _identity,
        request.Prompt,
        request.Continuations,
        request.Positions,
    });

    static string Hash(object request) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, s_json)));

    sealed record Entry
    {
        public string? Key { get; init; }

        public StoredCompletion? Answer { get; init; }

        public ChoiceLogProb[]? Choices { get; init; }
    }

    sealed record StoredCompletion(
        string Text, string FinishReason, int[] Tokens, int? StopToken, int? InputTokens, int? OutputTokens, MethodStep[] Steps)
    {
        internal static StoredCompletion Of(Completion c) =>
            new(c.Text, c.FinishReason.Value, [.. c.Tokens], c.StopToken, c.InputTokens, c.OutputTokens, [.. c.Steps]);

        internal Completion ToCompletion() => new(Text, new(FinishReason))
        {
            Tokens = Tokens,
            StopToken = StopToken,
            InputTokens = InputTokens,
            OutputTokens = OutputTokens,
            Steps = Steps,
        };
    }
}
