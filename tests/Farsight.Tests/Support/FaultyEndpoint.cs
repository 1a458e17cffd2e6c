using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Engine.Numerics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Farsight.Tests.Support;

/// <summary>
/// A server of chat completions on loopback whose answers follow from the request alone, with faults before them as wanted.
/// </summary>
sealed class FaultyEndpoint : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentDictionary<string, int> _attempts = new();
    readonly TimeProvider _time;
    int _inFlight, _mostInFlight, _requests;

    FaultyEndpoint(WebApplication app, TimeProvider time) => (_app, _time) = (app, time);

    /// <summary>The fault by a request's hash and the number of its attempt, from 0.</summary>
    internal Func<string, int, EndpointFault> Fault { get; set; } = (_, _) => EndpointFault.None;

    /// <summary>The answer to a request; by default its hash and its last message.</summary>
    internal Func<JsonNode, string> Text { get; set; } = Echo;

    /// <summary>How long an answer takes, at least.</summary>
    internal TimeSpan Delay { get; set; }

    /// <summary>Whether answers tell their tokens.</summary>
    internal bool CountsTokens { get; set; } = true;

    internal string FinishReason { get; set; } = "stop";

    /// <summary>Seconds of Retry-After.</summary>
    internal int RetryAfter { get; set; } = 1;

    /// <summary>The text of Retry-After in place of the seconds; null for those.</summary>
    internal string? RetryAfterText { get; set; }

    /// <summary>A status and body by the request, sent instead of an answer; null answers.</summary>
    internal Func<JsonNode, (int Status, string Body)?> Instead { get; set; } = _ => null;

    internal string Url => _app.Urls.First() + "/v1";

    internal int Requests => _requests;

    internal int MostInFlight => _mostInFlight;

    /// <summary>When requests came, by this server's clock.</summary>
    internal ConcurrentQueue<DateTimeOffset> Arrivals { get; } = new();

    internal ConcurrentQueue<string?> Authorizations { get; } = new();

    internal ConcurrentQueue<JsonNode> Bodies { get; } = new();

    internal ConcurrentDictionary<EndpointFault, int> Served { get; } = new();

    internal static async Task<FaultyEndpoint> Start(TimeProvider? time = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        FaultyEndpoint endpoint = new(builder.Build(), time ?? TimeProvider.System);
        endpoint._app.MapPost("/v1/chat/completions", endpoint.Answer);
        await endpoint._app.StartAsync();
        return endpoint;
    }

    /// <summary>
    /// Faults in an order that follows from the seed, the request and the attempt, not from who comes first; at most so many a request.
    /// </summary>
    internal static Func<string, int, EndpointFault> Seeded(int seed, double share, int most, params EndpointFault[] kinds) =>
        (hash, attempt) =>
        {
            SeededRandom random = SeededRandom.For(seed, hash, attempt);
            return attempt < most && random.NextDouble() < share ? random.Pick(kinds) : EndpointFault.None;
        };

    /// <summary>What a healthy server says.</summary>
    internal static string Echo(JsonNode request)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.ToJsonString())))[..16];
        return $"{hash} {request["messages"]!.AsArray()[^1]!["content"]}";
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(50)); // those who are silent would keep the server up
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    async Task Answer(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        int under = Interlocked.Increment(ref _inFlight);
        InterlockedMax(ref _mostInFlight, under);
        try
        {
            Arrivals.Enqueue(_time.GetUtcNow());
            Authorizations.Enqueue(context.Request.Headers.Authorization);
            using StreamReader reader = new(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            JsonNode request = JsonNode.Parse(body)!;
            Bodies.Enqueue(request);
            string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
            EndpointFault fault = Fault(hash, _attempts.AddOrUpdate(hash, 1, (_, n) => n + 1) - 1);
            Served.AddOrUpdate(fault, 1, (_, n) => n + 1);
            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, _time, context.RequestAborted);
            }
            await Respond(context, fault, request);
        }
        catch (OperationCanceledException)
        {
            // The client gave up.
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    async Task Respond(HttpContext context, EndpointFault fault, JsonNode request)
    {
        HttpResponse response = context.Response;
        if (Instead(request) is var (status, body))
        {
            await Write(response, status, body);
            return;
        }
        string good = Good(request).ToJsonString();
        switch (fault)
        {
            case EndpointFault.None: await Write(response, 200, good); break;
            case EndpointFault.Throttled: await Write(response, 429, Error("too many requests")); break;
            case EndpointFault.ThrottledForSeconds:
                response.Headers.RetryAfter = RetryAfterText ?? RetryAfter.ToString();
                await Write(response, 429, Error("too many requests"));
                break;
            case EndpointFault.ThrottledUntilDate:
                response.Headers.RetryAfter = (_time.GetUtcNow() + TimeSpan.FromSeconds(RetryAfter)).ToString("R");
                await Write(response, 503, Error("come back later"));
                break;
            case EndpointFault.ServerError: await Write(response, 500, "<html>broken</html>"); break;
            case EndpointFault.HalfABody:
                response.ContentLength = Encoding.UTF8.GetByteCount(good);
                await response.WriteAsync(good[..(good.Length / 2)]);
                await response.Body.FlushAsync();
                context.Abort();
                break;
            case EndpointFault.Garbage:
                await Write(response, 200, "{\"choices\": [{\"mess");
                break;
            case EndpointFault.NoChoice:
                await Write(response, 200, """{"id":"x","choices":[]}""");
                break;
            case EndpointFault.NoContent:
                await Write(
                    response,
                    200,
                    """{"choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"stop"}]}""");
                break;
            case EndpointFault.Silence:
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case EndpointFault.Reset:
                context.Abort();
                break;
            case EndpointFault.Unauthorized:
                await Write(response, 401, Error($"Incorrect API key provided: {context.Request.Headers.Authorization}"));
                break;
            case EndpointFault.BadRequest:
                await Write(response, 400, Error("this model's maximum context length is 10 tokens"));
                break;
            case EndpointFault.QuotaSpent:
                await Write(response, 429, """{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}""");
                break;
            case EndpointFault.TooLarge:
                await Write(response, 429, Error("Request too large for m on tokens per min (TPM): Limit 10, Requested 20."));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault));
        }
    }

    JsonObject Good(JsonNode request)
    {
        string text = Text(request);
        JsonObject answer = new()
        {
            ["model"] = request["model"]!.DeepClone(),
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text },
                ["finish_reason"] = FinishReason,
            }),
        };
        if (CountsTokens)
        {
            answer["usage"] = new JsonObject { ["prompt_tokens"] = 10, ["completion_tokens"] = 5, ["total_tokens"] = 15 };
        }
        return answer;
    }

    static string Error(string message) => new JsonObject { ["error"] = new JsonObject { ["message"] = message } }.ToJsonString();

    static async Task Write(HttpResponse response, int status, string body)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        await response.WriteAsync(body);
    }

    static void InterlockedMax(ref int place, int value)
    {
        for (int old = place; old < value; old = place)
        {
            Interlocked.CompareExchange(ref place, value, old);
        }
    }
}
