using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Endpoints;

/// <summary>Represents what endpoints share: the models, the limits and the numbers of a server.</summary>
/// <param name="Options">Limits.</param>
/// <param name="Models">The served models.</param>
/// <param name="Admission">Requests in progress.</param>
/// <param name="Metrics">Numbers.</param>
/// <param name="Log">Receives prompts and answers, if they are logged.</param>
/// <param name="Stopping">Cancelled when requests in progress have to end.</param>
sealed record ServerState(
    ServerOptions Options, ModelCatalog Models, Admission Admission, ServerMetrics Metrics, Action<string> Log, CancellationToken Stopping)
{
    /// <summary>Logs a prompt or an answer, if the server does that.</summary>
    internal void LogText(string what, string text)
    {
        if (Options.LogsPrompts)
        {
            Log(VisibleText.Of($"{what}: {text}"));
        }
    }
}

/// <summary>Represents one request: its body, its reply, and what the log tells of it.</summary>
/// <param name="http">The request.</param>
/// <param name="json">The body; undefined without one.</param>
sealed class RequestContext(HttpContext http, JsonElement json)
{
    /// <summary>Key of <see cref="HttpContext.Items"/> under which the tokens of a request are.</summary>
    internal const string UsageKey = "usage";

    internal JsonElement Json => json;

    internal HttpResponse Response => http.Response;

    /// <summary>The span of the client that its header traceparent names, by which its trace and ours are one; default for none.</summary>
    internal ActivityContext Parent => ActivityContext.TryParse(
        http.Request.Headers.TraceParent, http.Request.Headers.TraceState, isRemote: true, out ActivityContext parent)
        ? parent
        : default;

    /// <summary>Cancelled when the client has gone.</summary>
    internal CancellationToken Aborted => http.RequestAborted;

    /// <summary>Remembers the tokens of the request for the log.</summary>
    internal void Count(TokenUsage usage) => http.Items[UsageKey] = usage;

    /// <summary>Sends a reply of JSON.</summary>
    internal Task Reply(JsonNode body) => WriteJson(http.Response, body, http.RequestAborted);

    /// <summary>Writes JSON as a reply.</summary>
    internal static async Task WriteJson(HttpResponse response, JsonNode body, CancellationToken cancel)
    {
        byte[] bytes = JsonBody.Write(body);
        response.ContentType = "application/json";
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, cancel).ConfigureAwait(false);
    }
}
