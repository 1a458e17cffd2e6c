using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Engine.Models;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;
using Farsight.Text.Tokenizers;

namespace Farsight.Server.Endpoints;

/// <summary>Answers /playground/heads: where the attention heads look as a token of an answer is chosen.</summary>
/// <remarks>
/// The answer is computed again up to the token. A head copies if the token to which it attends most is the chosen one, as retrieval heads
/// do (arXiv:2404.15574, section 2).
/// </remarks>
static class HeadViewEndpoint
{
    const int MostTokens = 1 << 20, MostHeads = 1 << 16, MostPlaces = 8, TokensAround = 10;

    internal static async Task Answer(ServerState server, RequestContext context)
    {
        HeadViewRequest request = HeadViewRequest.Read(context.Json, MostTokens, MostHeads);
        ServedModel model = server.Models.Use(request.Model, out IDisposable use);
        using IDisposable lease = use;
        if (!model.ScoresPrompts)
        {
            throw new ApiException(400, "The server's context method does not observe attention heads.", "model");
        }
        model.CheckTokens(request.Answer, "answer_token_ids");
        using IDisposable place = server.Admission.Enter();
        int[] prompt = await Task.Run(() => ChatPrompt.Of(model, request.Messages, []).Tokens).ConfigureAwait(false);
        if (model.RoomAfter(prompt.Length, request.Answer.Length, "messages") < request.Answer.Length)
        {
            throw new ApiException(400, "answer_token_ids are more tokens than the window has after the prompt.", "answer_token_ids");
        }
        CompletionRequest observed = new(new Prompt.Tokens(prompt), new GenerationOptions(request.Answer.Length))
        {
            Given = request.Answer,
            ObservesHeads = true,
        };
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(context.Aborted, server.Stopping);
        Completion answer = (await model.Answers.CompleteAsync([observed], cancel.Token).ConfigureAwait(false))[0];
        cancel.Token.ThrowIfCancellationRequested();
        await context.Reply(View(model.Tokenizer, answer.Heads!, request)).ConfigureAwait(false);
    }

    /// <summary>Returns the name of a head, as files of head scores have it.</summary>
    static string NameOf(AttentionHead head) => string.Create(CultureInfo.InvariantCulture, $"{head.Layer}-{head.Head}");

    static JsonObject View(Tokenizer tokenizer, HeadTrace trace, HeadViewRequest request)
    {
        int[] text = [.. trace.Prompt, .. trace.Tokens], peaks = trace.Peaks[^1];
        foreach (AttentionHead absent in request.Heads?.Where(h => h.Layer >= trace.Layers || h.Head >= trace.Heads) ?? [])
        {
            throw new ApiException(
                400, $"heads has {NameOf(absent)}; the model has {trace.Layers} layers of {trace.Heads} heads.", "heads");
        }
        IEnumerable<AttentionHead> heads = request.Heads
            ?? Enumerable.Range(0, peaks.Length).Select(h => new AttentionHead(h / trace.Heads, h % trace.Heads));
        (int Place, AttentionHead[] Heads)[] places =
        [
            .. heads.GroupBy(h => peaks[h.Layer * trace.Heads + h.Head])
                .Select(g => (Place: g.Key, Heads: g.ToArray()))
                .OrderByDescending(p => p.Heads.Length)
                .ThenBy(p => p.Place),
        ];
        return new()
        {
            ["token"] = Text(text.Length - 1, 1),
            ["heads"] = heads.Count(),
            ["places"] = new JsonArray([.. places.Take(MostPlaces).Select(p => (JsonNode)new JsonObject
            {
                ["place"] = p.Place,
                ["before"] = Text(Math.Max(0, p.Place - TokensAround), Math.Min(TokensAround, p.Place)),
                ["token"] = Text(p.Place, 1),
                ["after"] = Text(p.Place + 1, Math.Min(TokensAround, text.Length - 2 - p.Place)),
                ["heads"] = new JsonArray([.. p.Heads.Select(h => (JsonNode)JsonValue.Create(NameOf(h)))]),
                ["copies"] = text[p.Place] == text[^1],
            })]),
        };

        string Text(int first, int count) => tokenizer.Decode(text.AsSpan(first, count).ToArray(), skipSpecialTokens: false);
    }
}

/// <summary>Represents a request for the view of heads.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Messages">The conversation.</param>
/// <param name="Answer">Token ids of the answer; the view is that of the last.</param>
/// <param name="Heads">The heads; null for all.</param>
sealed record HeadViewRequest(string Model, JsonArray Messages, int[] Answer, IReadOnlyList<AttentionHead>? Heads)
{
    /// <summary>Reads a request.</summary>
    internal static HeadViewRequest Read(JsonElement json, int mostTokens, int mostHeads)
    {
        RequestFields fields = new(json);
        string model = fields.AsText("model", fields.Require("model", "the name of a served model"));
        JsonArray messages = ChatRequest.ReadMessages(fields);
        int[] answer = CompletionFields.Ids(fields, "answer_token_ids", fields.List("answer_token_ids", mostTokens) ?? []);
        AttentionHead[]? heads = fields.List("heads", mostHeads)?.Select(h => Head(fields, fields.AsText("heads", h))).ToArray();
        fields.Done();
        return new(model, messages, answer, heads is { Length: 0 } ? null : heads);
    }

    static AttentionHead Head(RequestFields fields, string name) =>
        name.Split('-') is [var layer, var head]
        && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int l)
        && int.TryParse(head, NumberStyles.None, CultureInfo.InvariantCulture, out int h)
            ? new(l, h)
            : throw fields.Wrong("heads", "has a text that names no head; write layer and head, as in 1-3");
}
