using System.Text;
using System.Text.Json.Nodes;
using Farsight.Server.Protocol;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Endpoints;

/// <summary>Writes server-sent events. Status and headers are sent with the first line, so an earlier fault has its own.</summary>
/// <param name="response">The reply.</param>
/// <param name="cancel">Ends writing.</param>
sealed class EventStream(HttpResponse response, CancellationToken cancel)
{
    /// <summary>Sends an event.</summary>
    internal Task Send(JsonObject data) => Write($"data: {Encoding.UTF8.GetString(JsonBody.Write(data))}\n\n");

    /// <summary>Sends the end of a complete stream.</summary>
    internal Task Done() => Write("data: [DONE]\n\n");

    /// <summary>Sends a comment: one line, which belongs to the next event.</summary>
    internal Task Comment(string text) => Write($": {text}\n");

    async Task Write(string text)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream; charset=utf-8";
            response.Headers.CacheControl = "no-cache, no-transform";
            response.Headers["X-Accel-Buffering"] = "no"; // proxies hold answers back otherwise
        }
        await response.WriteAsync(text, cancel).ConfigureAwait(false);
        await response.Body.FlushAsync(cancel).ConfigureAwait(false);
    }
}
