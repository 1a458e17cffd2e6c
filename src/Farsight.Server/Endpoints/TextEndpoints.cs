using System.Text.Json.Nodes;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;

namespace Farsight.Server.Endpoints;

/// <summary>Answers the paths that need no weights: /tokenize, /detokenize and /apply-template.</summary>
static class TextEndpoints
{
    const int MaxTokens = 1 << 24;

    /// <summary>Encodes text: content, as clients of llama.cpp send it, or prompt, as those of vLLM do.</summary>
    internal static async Task Tokenize(ServerState server, RequestContext context)
    {
        RequestFields fields = new(context.Json);
        ServedModel model = Model(server, fields);
        string? content = fields.Text("content"), prompt = fields.Text("prompt");
        bool addsSpecial = fields.Switch("add_special") ?? false;
        addsSpecial = fields.Switch("add_special_tokens") ?? addsSpecial;
        fields.Done();
        string text = (content, prompt) switch
        {
            ({ } only, null) => only,
            (null, { } only) => only,
            _ => throw fields.Wrong("content", "or prompt is needed, and only one of them"),
        };
        int[] tokens = await Task.Run(() => model.Tokenizer.Encode(text)).ConfigureAwait(false);
        tokens = addsSpecial ? model.Tokenizer.Enclose(tokens) : tokens;
        await context
            .Reply(new JsonObject
            {
                ["tokens"] = new JsonArray([.. tokens.Select(t => (JsonNode)t)]),
                ["count"] = tokens.Length,
                ["max_model_len"] = model.Window,
            })
            .ConfigureAwait(false);
    }

    /// <summary>Decodes tokens. Control tokens appear as they are spelled.</summary>
    internal static Task Detokenize(ServerState server, RequestContext context)
    {
        RequestFields fields = new(context.Json);
        ServedModel model = Model(server, fields);
        int[] tokens =
        [
            .. (fields.List("tokens", MaxTokens) ?? throw fields.Wrong("tokens", "is missing; give a list of token ids"))
                .Select(t => (int)fields.AsWhole("tokens", t, 0, model.Vocabulary - 1)),
        ];
        fields.Done();
        string text = model.Tokenizer.Decode(tokens, skipSpecialTokens: false);
        return context.Reply(new JsonObject { ["content"] = text, ["prompt"] = text });
    }

    /// <summary>Renders a conversation with the model's chat template.</summary>
    internal static async Task ApplyTemplate(ServerState server, RequestContext context)
    {
        RequestFields fields = new(context.Json);
        ServedModel model = Model(server, fields);
        JsonArray messages = ChatRequest.ReadMessages(fields);
        ToolFields tools = ToolFields.Read(fields);
        fields.Done();
        ChatPrompt prompt = await Task.Run(() => ChatPrompt.Of(model, messages, tools.Offered)).ConfigureAwait(false);
        await context.Reply(new JsonObject { ["prompt"] = prompt.Text }).ConfigureAwait(false);
    }

    static ServedModel Model(ServerState server, RequestFields fields) =>
        fields.Text("model") is { } name ? server.Models.Find(name) : server.Models.Base;
}
