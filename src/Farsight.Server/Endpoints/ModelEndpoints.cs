using System.Text.Json.Nodes;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Endpoints;

/// <summary>Answers the paths about the server itself: models, adapters, health and numbers.</summary>
static class ModelEndpoints
{
    internal static Task List(ServerState server, RequestContext context) => context.Reply(new JsonObject
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. server.Models.Models.Select(m => Entry(server, m))]),
    });

    internal static Task Get(ServerState server, RequestContext context, string id) =>
        context.Reply(Entry(server, server.Models.Find(id)));

    internal static async Task Load(ServerState server, RequestContext context)
    {
        RequestFields fields = new(context.Json);
        string name = fields.AsText("lora_name", fields.Require("lora_name", "a name for the model"));
        string folder = fields.AsText("lora_path", fields.Require("lora_path", "the name of a subfolder of the folder for adapters"));
        fields.Done();
        await server.Models.Load(name, folder, context.Aborted).ConfigureAwait(false);
        await context.Reply(Entry(server, server.Models.Find(name))).ConfigureAwait(false);
    }

    internal static async Task Unload(ServerState server, RequestContext context)
    {
        RequestFields fields = new(context.Json);
        string name = fields.AsText("lora_name", fields.Require("lora_name", "the name of a served adapter"));
        _ = fields.Take("lora_int_id"); // a client of vLLM may send it
        fields.Done();
        await server.Models.Unload(name, context.Aborted).ConfigureAwait(false);
        await context.Reply(new JsonObject { ["id"] = name, ["object"] = "model", ["deleted"] = true }).ConfigureAwait(false);
    }

    internal static Task Health(ServerState server, RequestContext context)
    {
        context.Response.StatusCode = server.Admission.IsClosed ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return context.Reply(new JsonObject { ["status"] = server.Admission.IsClosed ? "stopping" : "ok" });
    }

    internal static Task Metrics(ServerState server, RequestContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(server.Metrics.Write(), context.Aborted);
    }

    static JsonObject Entry(ServerState server, ServedModel model) => new()
    {
        ["id"] = model.Name,
        ["object"] = "model",
        ["created"] = model.Created,
        ["owned_by"] = "farsight",
        ["parent"] = model.IsAdapter ? server.Models.Base.Name : null,
        ["max_model_len"] = model.Window,
        ["tokenizer_sha256"] = model.TokenizerHash,
    };
}
