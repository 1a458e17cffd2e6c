using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;
using Farsight.Text.Tokenizers;

namespace Farsight.Server.Endpoints;

/// <summary>Answers /v1/completions.</summary>
/// <remarks>Source: the OpenAI API reference, "Create completion"; evaluation harnesses score with echo and logprobs.</remarks>
static class CompletionEndpoint
{
    internal static Task Answer(ServerState server, RequestContext context)
    {
        CompletionFields request = CompletionFields.Read(context.Json);
        return AnswerRun.Answer(server, context, request.Generation, model => Prepare(server, model, request));
    }

    static (CompletionRequest[] Requests, IAnswerReply Reply) Prepare(ServerState server, ServedModel model, CompletionFields request)
    {
        GenerationFields fields = request.Generation;
        if (request is { Echoes: true, Generation.TopLogProbs: not null } && !model.ScoresPrompts)
        {
            throw new ApiException(
                400, "echo with logprobs is not supported with the server's context method; leave one of them out.", "echo");
        }
        EncodedPrompt[] prompts = [.. request.Prompts.Select(p => EncodedPrompt.Of(model, p))];
        int[] rooms = [.. prompts.Select(p => model.RoomAfter(p.Tokens.Length, fields.MaxTokens, "prompt"))];
        prompts.ToList().ForEach(p => server.LogText("prompt", p.Text));
        CompletionRequest[] requests =
        [
            .. from p in Enumerable.Range(0, prompts.Length)
               from i in Enumerable.Range(0, fields.Choices)
               select Request(request, prompts[p], rooms[p], i),
        ];
        return (requests, new CompletionReply(model, request, prompts));
    }

    static CompletionRequest Request(CompletionFields request, EncodedPrompt prompt, int room, int choice) => new(
        new Prompt.Tokens(prompt.Tokens) { ContinuesText = true },
        request.Generation.Options with { MaxNewTokens = Math.Max(1, room) })
    {
        Random = request.Generation.RandomOf(choice),
        TopLogProbs = request.Generation.TopLogProbs,
        ScoresPrompt = request is { Echoes: true, Generation.TopLogProbs: not null },
        Given = room == 0 ? [] : null,
    };
}

/// <summary>Represents a prompt of a plain completion as tokens and as text.</summary>
/// <param name="Tokens">[P] ids; a text begins with the start token that the model expects, given ids with nothing added.</param>
/// <param name="Text">The text.</param>
sealed record EncodedPrompt(int[] Tokens, string Text)
{
    /// <summary>Encodes a prompt.</summary>
    /// <exception cref="ApiException">It has no tokens, or an id that the model does not have.</exception>
    internal static EncodedPrompt Of(ServedModel model, PlainPrompt prompt)
    {
        Tokenizer tokenizer = model.Tokenizer;
        if (prompt.Tokens is { } ids)
        {
            model.CheckTokens(ids, "prompt");
            StreamingDecoder decoder = new(tokenizer); // the answer can complete the last character
            return new(ids, string.Concat(ids.Select(decoder.Append)));
        }
        int[] tokens = [.. tokenizer.Before, .. tokenizer.Encode(prompt.Text!)];
        return tokens.Length > 0
            ? new(tokens, prompt.Text!)
            : throw new ApiException(400, "prompt is empty, and the model has no start token; give text.", "prompt");
    }

    /// <summary>Returns the prompt's tokens with their log-probabilities, as far as they are known.</summary>
    internal IEnumerable<EchoedToken> Echo(Tokenizer tokenizer, IReadOnlyList<ScoredToken> scores)
    {
        StreamingDecoder decoder = new(tokenizer);
        foreach ((int i, int token) in Tokens.Index())
        {
            yield return new(decoder.Append(token), i == 0 ? null : scores[i - 1]);
        }
    }
}

/// <summary>Writes the reply to a request for plain completions, whole or as events.</summary>
sealed class CompletionReply(ServedModel model, CompletionFields request, IReadOnlyList<EncodedPrompt> prompts) : IAnswerReply
{
    readonly string _id = $"cmpl-{Guid.NewGuid():N}";
    readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    readonly int[] _characters = new int[prompts.Count * request.Generation.Choices]; // of the tokens of each choice that were sent

    bool HasScores => request.Generation.TopLogProbs is not null;

    /// <inheritdoc/>
    public string Operation => "text_completion";

    /// <inheritdoc/>
    public JsonObject Whole(IReadOnlyList<Completion> answers, TokenUsage usage)
    {
        JsonObject json = Envelope([.. answers.Select((a, i) => (JsonNode)WholeChoice(i, a))]);
        json["usage"] = usage.Json;
        return json;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Completion>> Stream(AnswerRun run, EventStream events, TimeSpan heartbeat)
    {
        // An echoed prompt with log-probabilities is known as a whole only when its answer is.
        bool isLate = request.Echoes && HasScores;
        if (request.Echoes && !isLate)
        {
            for (int i = 0; i < _characters.Length; i++)
            {
                await Send(events, i, PromptOf(i).Text, [], null).ConfigureAwait(false);
            }
        }
        IReadOnlyList<Completion> answers = await run
            .Run(
                events,
                heartbeat,
                (i, part) => isLate ? Task.CompletedTask : Send(events, i, part.Text, part.LogProbs.Select(Plain), null))
            .ConfigureAwait(false);
        foreach ((int i, Completion answer) in answers.Index())
        {
            await (isLate
                ? Send(events, i, PromptOf(i).Text + answer.Text, Tokens(i, answer), AnswerRun.FinishOf(answer))
                : Send(events, i, "", [], AnswerRun.FinishOf(answer))).ConfigureAwait(false);
        }
        if (request.Generation.IncludesUsage)
        {
            JsonObject last = Envelope([]);
            last["usage"] = AnswerRun.Usage(answers, request.Generation.Choices).Json;
            await events.Send(last).ConfigureAwait(false);
        }
        await events.Done().ConfigureAwait(false);
        return answers;
    }

    Task Send(EventStream events, int index, string text, IEnumerable<EchoedToken> tokens, string? finish)
    {
        EchoedToken[] scored = [.. tokens];
        JsonObject choice = Choice(
            index,
            text,
            HasScores && (scored.Length > 0 || finish is null)
                ? AnswerJson.PlainLogProbs(scored, OffsetOf(index) + _characters[index], model.Tokenizer)
                : null,
            finish);
        _characters[index] += scored.Sum(t => AnswerJson.CharacterCount(t.Text)); // more than the text while a part of it is held back
        JsonObject json = Envelope([choice]);
        if (request.Generation.IncludesUsage)
        {
            json["usage"] = null;
        }
        return events.Send(json);
    }

    JsonObject WholeChoice(int index, Completion answer) => Choice(
        index,
        (request.Echoes ? PromptOf(index).Text : "") + answer.Text,
        HasScores ? AnswerJson.PlainLogProbs([.. Tokens(index, answer)], OffsetOf(index), model.Tokenizer) : null,
        AnswerRun.FinishOf(answer));

    IEnumerable<EchoedToken> Tokens(int index, Completion answer) =>
        [.. request.Echoes ? PromptOf(index).Echo(model.Tokenizer, answer.PromptLogProbs) : [], .. answer.LogProbs.Select(Plain)];

    /// <summary>Offsets count over prompt and answer.</summary>
    int OffsetOf(int index) => request.Echoes ? 0 : AnswerJson.CharacterCount(PromptOf(index).Text);

    EncodedPrompt PromptOf(int index) => prompts[index / request.Generation.Choices];

    JsonObject Envelope(JsonArray choices) => new()
    {
        ["id"] = _id,
        ["object"] = "text_completion",
        ["created"] = _created,
        ["model"] = model.Name,
        ["choices"] = choices,
    };

    static EchoedToken Plain(ScoredToken scored) => new(scored.Text, scored);

    static JsonObject Choice(int index, string text, JsonObject? scores, string? finish) =>
        new() { ["index"] = index, ["text"] = text, ["logprobs"] = scores, ["finish_reason"] = finish };
}
