using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Machine;
using Farsight.Server.Serving;

namespace Farsight.Server.Hosting;

/// <summary>Holds the size of a load test.</summary>
/// <param name="Clients">Numbers of clients that ask at the same time, one round for each.</param>
/// <param name="Questions">Questions per round, each a request.</param>
/// <param name="DocumentTokens">Tokens of the document that all questions are about; rounded up to a line.</param>
/// <param name="NewTokens">Maximum tokens of an answer.</param>
public sealed record LoadTestOptions(IReadOnlyList<int> Clients, int Questions, int DocumentTokens, int NewTokens);

/// <summary>Holds the result of one round.</summary>
/// <param name="Clients">Number of clients; 0 for the first round, in which each question is asked alone.</param>
/// <param name="Questions">Number of questions.</param>
/// <param name="Failed">Number of requests without a complete answer.</param>
/// <param name="Different">Number of answers that are not those of the first round.</param>
/// <param name="FirstToken">Median of the seconds to the first token.</param>
/// <param name="FirstToken95">95th percentile of the seconds to the first token.</param>
/// <param name="TokensPerSecond">New tokens of all clients per second.</param>
/// <param name="ProcessPeak">Peak memory of the process, server and clients, so far, in bytes.</param>
public sealed record LoadTestRound(
    int Clients,
    int Questions,
    int Failed,
    int Different,
    double FirstToken,
    double FirstToken95,
    double TokensPerSecond,
    long ProcessPeak);

/// <summary>
/// Asks a server of this process many questions about one document: first each alone, then from several clients at the same time.
/// </summary>
/// <remarks>
/// The server listens on 127.0.0.1 and ends with the test. The document is a list of numbered lines with numbers, so that no two answers
/// are about the same line. Answers are greedy; one can differ where two tokens are equally likely within rounding.
/// </remarks>
public static class LoadTest
{
    /// <summary>Runs all rounds.</summary>
    /// <param name="server">The served model and the limits; host, port and key are replaced.</param>
    /// <param name="options">Size of the test.</param>
    /// <param name="cancel">Ends the test.</param>
    /// <exception cref="InputException">The model cannot be served, or the document does not fit its window.</exception>
    public static async IAsyncEnumerable<LoadTestRound> Run(
        ServerOptions server,
        LoadTestOptions options,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        ServerOptions own = server with
        {
            Host = IPAddress.Loopback,
            Port = 0,
            ApiKey = null,
            MaxRequests = Math.Max(server.MaxRequests, options.Clients.Max()),
        };
        ModelServer running = await ModelServer.StartAsync(own, _ => { }).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable ended = running.ConfigureAwait(false);
        using HttpClient client = new() { BaseAddress = new(running.Url), Timeout = TimeSpan.FromMinutes(10) };
        JsonObject[] requests = await Requests(client, running, options, cancel).ConfigureAwait(false);
        Reply[] alone = await Round(client, requests, 1, cancel).ConfigureAwait(false);
        yield return Result(0, alone, alone);
        foreach (int clients in options.Clients)
        {
            yield return Result(clients, await Round(client, requests, clients, cancel).ConfigureAwait(false), alone);
        }
    }

    /// <summary>Writes the document and the questions about its lines.</summary>
    static async Task<JsonObject[]> Requests(HttpClient client, ModelServer server, LoadTestOptions options, CancellationToken cancel)
    {
        StringBuilder document = new();
        int lines = 0, tokens = 0;
        for (; tokens < options.DocumentTokens; tokens = await Count(client, document.ToString(), cancel).ConfigureAwait(false))
        {
            // as many lines as are missing, if they are as long as those before
            int target = lines == 0 ? 1 : lines + Math.Max(1, (options.DocumentTokens - tokens) * lines / tokens);
            for (; lines < target; lines++)
            {
                document.Append(CultureInfo.InvariantCulture, $"Line {lines + 1}: the number is {(lines * 7919L + 104729) % 100_000}.\n");
            }
        }
        string[] questions = [.. Enumerable.Range(0, options.Questions).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"\nQuestion {i + 1}: what is the number in line {i % lines + 1}?\nAnswer:"))];
        int needed = await Count(client, document + questions[^1], cancel).ConfigureAwait(false) + options.NewTokens;
        if (needed > server.ContextTokens)
        {
            throw new InputException(
                $"Document, question and answer take {needed} tokens, and the model's window has {server.ContextTokens}; "
                    + "use a shorter document or fewer new tokens.");
        }
        return
        [
            .. questions.Select(question => new JsonObject
            {
                ["model"] = server.ModelNames[0],
                ["prompt"] = document + question,
                ["max_tokens"] = options.NewTokens,
                ["temperature"] = 0,
                ["stream"] = true,
                ["stream_options"] = new JsonObject { ["include_usage"] = true },
            }),
        ];
    }

    static async Task<int> Count(HttpClient client, string text, CancellationToken cancel)
    {
        using HttpContent body = Json(new() { ["content"] = text, ["add_special"] = true });
        using HttpResponseMessage response = await client.PostAsync("/tokenize", body, cancel).ConfigureAwait(false);
        return (int)JsonNode.Parse(await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false))!["count"]!;
    }

    /// <summary>Sends all requests, so many at a time.</summary>
    static async Task<Reply[]> Round(HttpClient client, JsonObject[] requests, int clients, CancellationToken cancel)
    {
        Reply[] replies = new Reply[requests.Length];
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Ask())).ConfigureAwait(false);
        return replies;

        async Task Ask()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < requests.Length;)
            {
                replies[i] = await Send(client, requests[i], cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends a request and reads the events of its answer.</summary>
    static async Task<Reply> Send(HttpClient client, JsonObject request, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        double? first = null;
        StringBuilder text = new();
        string? finish = null;
        int tokens = 0;
        bool isDone = false;
        try
        {
            using HttpContent body = Json(request);
            using HttpRequestMessage message = new(HttpMethod.Post, "/v1/completions") { Content = body };
            using HttpResponseMessage response = await client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel)
                .ConfigureAwait(false);
            using StreamReader events = new(await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false));
            while (!isDone && await events.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    continue;
                }
                isDone = line == "data: [DONE]";
                JsonNode? data = isDone ? null : JsonNode.Parse(line[6..]);
                tokens = (int?)data?["usage"]?["completion_tokens"] ?? tokens;
                foreach (JsonNode? choice in data?["choices"] as JsonArray ?? [])
                {
                    first ??= Stopwatch.GetElapsedTime(started).TotalSeconds;
                    text.Append((string?)choice!["text"]);
                    finish = (string?)choice["finish_reason"] ?? finish;
                }
            }
        }
        catch (HttpRequestException)
        {
            // counted as failed
        }
        return new(isDone && finish is not null ? text.ToString() : null, tokens, first, started, Stopwatch.GetTimestamp());
    }

    static LoadTestRound Result(int clients, Reply[] replies, Reply[] alone)
    {
        double[] first = [.. replies.Where(r => r.FirstToken is not null).Select(r => r.FirstToken!.Value).Order()];
        TimeSpan wall = Stopwatch.GetElapsedTime(replies.Min(r => r.Started), replies.Max(r => r.Ended));
        return new(
            clients,
            replies.Length,
            replies.Count(r => r.Text is null),
            replies.Zip(alone).Count(pair => pair.First.Text is not null && pair.First.Text != pair.Second.Text),
            Quantile(first, 0.5),
            Quantile(first, 0.95),
            replies.Sum(r => r.Tokens) / wall.TotalSeconds,
            Processor.PeakMemory);
    }

    /// <summary>Returns the smallest value that at least a share of the values do not exceed.</summary>
    static double Quantile(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];

    static StringContent Json(JsonObject body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    /// <summary>Represents the answer to one request.</summary>
    /// <param name="Text">The text; null where the answer is incomplete.</param>
    /// <param name="Tokens">New tokens.</param>
    /// <param name="FirstToken">Seconds to the first token; null without one.</param>
    /// <param name="Started">Time stamp of the request.</param>
    /// <param name="Ended">Time stamp of the end.</param>
    sealed record Reply(string? Text, int Tokens, double? FirstToken, long Started, long Ended);
}
