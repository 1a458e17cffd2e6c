using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;

namespace Farsight.Server.Endpoints;

/// <summary>Answers /v1/chat/completions.</summary>
/// <remarks>Source: the OpenAI API reference, "Create chat completion".</remarks>
static class ChatEndpoint
{
    internal static Task Answer(ServerState server, RequestContext context)
    {
        ChatRequest request = ChatRequest.Read(context.Json);
        return AnswerRun.Answer(server, context, request.Generation, model => Prepare(server, model, request));
    }

    static (CompletionRequest[] Requests, IAnswerReply Reply) Prepare(ServerState server, ServedModel model, ChatRequest request)
    {
        GenerationFields fields = request.Generation;
        ChatPrompt prompt = request.PromptTokens is { } ids
            ? ChatPrompt.Of(model, ids)
            : ChatPrompt.Of(model, request.Messages, request.Tools.Offered);
        int room = model.RoomAfter(
            prompt.Tokens.Length, fields.MaxTokens, request.PromptTokens is null ? "messages" : ChatRequest.PromptTokenIds);
        server.LogText("prompt", prompt.Text);
        CompletionRequest[] requests =
        [
            .. Enumerable.Range(0, fields.Choices).Select(i => new CompletionRequest(
                new Prompt.Tokens(prompt.Tokens), fields.Options with { MaxNewTokens = room })
            {
                Random = fields.RandomOf(i),
                TopLogProbs = fields.TopLogProbs,
                Constraint = prompt.Constraint(model, request.Tools, request.Format),
            }),
        ];
        return (requests, new ChatReply(model, request, prompt.Markup));
    }
}

/// <summary>Writes the reply to a chat request, whole or as events.</summary>
sealed class ChatReply : IAnswerReply
{
    readonly ServedModel _model;
    readonly ChatRequest _request;
    readonly Choice[] _choices;
    readonly string _id = $"chatcmpl-{Guid.NewGuid():N}";
    readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Prepares the reply.</summary>
    internal ChatReply(ServedModel model, ChatRequest request, ToolMarkup markup)
    {
        (_model, _request) = (model, request);
        string[] names = [.. request.Tools.Offered.Select(t => t.Name)];
        _choices = [.. Enumerable.Range(0, request.Generation.Choices).Select(_ => new Choice(new(names, markup)))];
    }

    /// <inheritdoc/>
    public string Operation => "chat";

    /// <inheritdoc/>
    public JsonObject Whole(IReadOnlyList<Completion> answers, TokenUsage usage) => Envelope("chat.completion", new()
    {
        ["choices"] = new JsonArray([.. answers.Select((a, i) => (JsonNode)WholeChoice(i, a))]),
        ["usage"] = usage.Json,
    });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Completion>> Stream(AnswerRun run, EventStream events, TimeSpan heartbeat)
    {
        IReadOnlyList<Completion> answers = await run
            .Run(events, heartbeat, (i, part) => Send(events, i, _choices[i].Parser.Feed(part.Text), part.LogProbs))
            .ConfigureAwait(false);
        foreach ((int i, Completion answer) in answers.Index())
        {
            await Send(events, i, _choices[i].Parser.Finish(), [], isLast: true).ConfigureAwait(false);
            string finish = _choices[i].Parser.HasCalls ? "tool_calls" : AnswerRun.FinishOf(answer);
            await events.Send(Chunk(i, [], null, finish, answer)).ConfigureAwait(false);
        }
        if (_request.Generation.IncludesUsage)
        {
            await events
                .Send(Envelope("chat.completion.chunk", new()
                {
                    ["choices"] = new JsonArray(),
                    ["usage"] = AnswerRun.Usage(answers, _choices.Length).Json,
                }))
                .ConfigureAwait(false);
        }
        await events.Done().ConfigureAwait(false);
        return answers;
    }

    async Task Send(
        EventStream events, int index, IReadOnlyList<AnswerPiece> pieces, IReadOnlyList<ScoredToken> scores, bool isLast = false)
    {
        Choice choice = _choices[index];
        choice.Scores.AddRange(scores);
        if (!choice.HasRole)
        {
            choice.HasRole = true;
            await events.Send(Chunk(index, new() { ["role"] = "assistant", ["content"] = "" }, null, null)).ConfigureAwait(false);
        }
        foreach (JsonObject delta in pieces.SelectMany(p => Deltas(choice, p)))
        {
            await events.Send(Chunk(index, delta, TakeScores(choice), null)).ConfigureAwait(false);
        }
        if (isLast && choice.Scores.Count > 0)
        {
            await events.Send(Chunk(index, new() { ["content"] = "" }, TakeScores(choice), null)).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the deltas of a piece. A call has its id and name in the first and its arguments in the second.</summary>
    static IEnumerable<JsonObject> Deltas(Choice choice, AnswerPiece piece)
    {
        if (piece.Call is not { } call)
        {
            return piece.Reasoning.Length > 0
                ? [new() { ["reasoning_content"] = piece.Reasoning }]
                : [new() { ["content"] = piece.Content }];
        }
        int number = choice.CallCount++;
        JsonObject first = CallJson(call, "");
        first.Insert(0, "index", number);
        JsonObject second = new()
        {
            ["index"] = number,
            ["function"] = new JsonObject { ["arguments"] = call.Arguments },
        };
        return [new() { ["tool_calls"] = new JsonArray(first) }, new() { ["tool_calls"] = new JsonArray(second) }];
    }

    JsonObject? TakeScores(Choice choice)
    {
        if (_request.Generation.TopLogProbs is null)
        {
            return null;
        }
        JsonObject json = AnswerJson.ChatLogProbs(choice.Scores, _model.Tokenizer);
        choice.Scores.Clear();
        return json;
    }

    JsonObject WholeChoice(int index, Completion answer)
    {
        AnswerParser parser = _choices[index].Parser;
        AnswerPiece[] pieces = [.. parser.Feed(answer.Text), .. parser.Finish()];
        string content = string.Concat(pieces.Select(p => p.Content)), reasoning = string.Concat(pieces.Select(p => p.Reasoning));
        JsonObject message = new() { ["role"] = "assistant", ["content"] = parser.HasCalls && content.Length == 0 ? null : content };
        if (reasoning.Length > 0)
        {
            message["reasoning_content"] = reasoning;
        }
        if (parser.HasCalls)
        {
            message["tool_calls"] = new JsonArray(
                [.. pieces.Where(p => p.Call is not null).Select(p => CallJson(p.Call!, p.Call!.Arguments))]);
        }
        message["refusal"] = null;
        JsonObject choice = new()
        {
            ["index"] = index,
            ["message"] = message,
            ["logprobs"] = _request.Generation.TopLogProbs is null ? null : AnswerJson.ChatLogProbs(answer.LogProbs, _model.Tokenizer),
            ["finish_reason"] = parser.HasCalls ? "tool_calls" : AnswerRun.FinishOf(answer),
        };
        AddIds(choice, answer);
        return choice;
    }

    void AddIds(JsonObject choice, Completion? answer)
    {
        if (_request.ReturnsTokenIds && answer is not null)
        {
            IEnumerable<int> ids = answer.StopToken is { } stop ? answer.Tokens.Append(stop) : answer.Tokens;
            choice["token_ids"] = new JsonArray([.. ids.Select(t => (JsonNode)t)]);
        }
    }

    /// <summary>Creates an event of a choice; the last has the answer.</summary>
    JsonObject Chunk(int index, JsonObject delta, JsonObject? scores, string? finish, Completion? answer = null)
    {
        JsonObject choice = new() { ["index"] = index, ["delta"] = delta, ["logprobs"] = scores, ["finish_reason"] = finish };
        AddIds(choice, answer);
        JsonObject rest = new() { ["choices"] = new JsonArray(choice) };
        if (_request.Generation.IncludesUsage)
        {
            rest["usage"] = null;
        }
        return Envelope("chat.completion.chunk", rest);
    }

    JsonObject Envelope(string type, JsonObject rest)
    {
        JsonObject json = new() { ["id"] = _id, ["object"] = type, ["created"] = _created, ["model"] = _model.Name };
        foreach ((string name, JsonNode? value) in rest.ToArray())
        {
            rest.Remove(name);
            json[name] = value;
        }
        return json;
    }

    static JsonObject CallJson(ToolCall call, string arguments) => new()
    {
        ["id"] = call.Id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = arguments },
    };

    /// <summary>Represents one answer while it is written.</summary>
    sealed class Choice(AnswerParser parser)
    {
        internal AnswerParser Parser => parser;

        /// <summary>Scored tokens that no event has yet.</summary>
        internal List<ScoredToken> Scores { get; } = [];

        internal bool HasRole { get; set; }

        internal int CallCount { get; set; }
    }
}
