using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Farsight.Server.Endpoints;
using Farsight.Server.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Farsight.Server.Hosting;

/// <summary>Checks host and key of every request, turns faults into OpenAI's errors, and logs one line.</summary>
sealed class RequestGate
{
    const string Bearer = "Bearer ", Basic = "Basic ";

    const string BrowserChallenge = "Basic realm=\"Farsight: the API key is the password\"";

    readonly byte[]? _key; // the hash of the key: hashes have one length, so comparing them tells nothing

    /// <summary>Creates the gate of a server.</summary>
    /// <param name="key">Key that clients must send; null for none.</param>
    internal RequestGate(string? key) => _key = key is null ? null : Hash(key);

    /// <summary>Receives one line for each request.</summary>
    internal required Action<string> LogLine { get; init; }

    /// <summary>Receives route, status and seconds of each request; null for nothing.</summary>
    internal Action<string, int, double>? Count { get; init; }

    /// <summary>Cancelled when requests in progress have to end.</summary>
    internal CancellationToken Stopping { get; init; }

    /// <summary>
    /// Tells at which paths a browser may ask its user for the key, which it then sends as the password of HTTP's basic authentication.
    /// </summary>
    internal Predicate<PathString> IsForBrowsers { get; init; } = _ => false;

    /// <summary>Lets a request pass, and logs it.</summary>
    internal async Task Pass(HttpContext context, RequestDelegate next)
    {
        long started = Stopwatch.GetTimestamp();
        ClientConnection.Of(context)?.Begin(context);
        try
        {
            CheckHost(context.Request);
            CheckKey(context.Request);
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await Refuse(context, e).ConfigureAwait(false);
        }
        finally
        {
            ClientConnection.Of(context)?.End();
            Log(context, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    /// <summary>Refuses requests that match no path or no method.</summary>
    internal static async Task RefuseUnknown(HttpContext context, RequestDelegate next)
    {
        switch (context.GetEndpoint())
        {
            case RouteEndpoint:
                await next(context).ConfigureAwait(false);
                return;
            case { RequestDelegate: { } refuse }: // the framework's, which knows the methods of the path
                await refuse(context).ConfigureAwait(false);
                string methods = context.Response.Headers.Allow.ToString();
                throw new ApiException(405, $"The path does not support this method; use {methods}.", code: "method_not_allowed")
                {
                    Allow = methods,
                };
            default:
                throw new ApiException(404, "There is nothing at this path; see docs/server.md for the paths.", code: "not_found");
        }
    }

    /// <summary>
    /// Refuses foreign names of the server where there is no key: a web page could otherwise let its own name resolve to this machine.
    /// </summary>
    void CheckHost(HttpRequest request)
    {
        string host = request.Host.Host.Trim('[', ']');
        bool isOwn = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
        if (_key is null && !isOwn)
        {
            throw new ApiException(
                403, "The Host header names another machine; use localhost or 127.0.0.1, or start the server with an API key.",
                code: "host_not_allowed");
        }
    }

    void CheckKey(HttpRequest request)
    {
        if (_key is null || request.Path == "/health")
        {
            return;
        }
        if (!CryptographicOperations.FixedTimeEquals(Hash(Given(request)), _key))
        {
            throw new ApiException(
                401, "The API key is missing or wrong; send it in the header Authorization: Bearer KEY.", code: "invalid_api_key");
        }
    }

    /// <summary>Returns the key of a header; empty for none.</summary>
    string Given(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return header[Bearer.Length..].Trim();
        }
        byte[] pair = new byte[header.Length];
        return IsForBrowsers(request.Path)
            && header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64String(header[Basic.Length..].Trim(), pair, out int count)
            && Encoding.UTF8.GetString(pair, 0, count).Split(':', 2) is [_, var password] ? password : "";
    }

    async Task Refuse(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested && !Stopping.IsCancellationRequested)
        {
            return; // the client reads no reply
        }
        ApiException refusal = exception is Microsoft.AspNetCore.Http.BadHttpRequestException bad
            ? new(bad.StatusCode is >= 400 and < 500 ? bad.StatusCode : 400, "The request is damaged or arrived too slowly; send it again.")
            : ApiException.Of(exception);
        if (refusal.Status == 500)
        {
            LogLine($"error: {exception.GetType().Name}\n{exception.StackTrace}");
        }
        else if (refusal.Cause is { } cause)
        {
            LogLine($"refused: {cause.Message}");
        }
        try
        {
            if (context.Response.HasStarted)
            {
                await new EventStream(context.Response, context.RequestAborted).Send(refusal.Body).ConfigureAwait(false);
                return;
            }
            context.Response.Clear();
            context.Response.StatusCode = refusal.Status;
            if (refusal.RetryAfter is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }
            if (refusal.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = IsForBrowsers(context.Request.Path) ? BrowserChallenge : "Bearer";
            }
            if (refusal.Allow is { } methods)
            {
                context.Response.Headers.Allow = methods;
            }
            await RequestContext.WriteJson(context.Response, refusal.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has gone meanwhile.
        }
    }

    /// <summary>Writes one line without any text of the request: the path is that of the route.</summary>
    void Log(HttpContext context, double seconds)
    {
        string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unknown";
        string method = HttpMethods.IsGet(context.Request.Method) ? "GET" : HttpMethods.IsPost(context.Request.Method) ? "POST" : "other";
        bool isGone = context.RequestAborted.IsCancellationRequested;
        Count?.Invoke(route, isGone ? 499 : context.Response.StatusCode, seconds);
        string tokens = context.Items[RequestContext.UsageKey] is TokenUsage usage
            ? string.Create(CultureInfo.InvariantCulture, $" prompt={usage.Prompt} cached={usage.Cached} completion={usage.Completion}")
            : "";
        LogLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{method} {route} {(isGone ? "cancelled" : context.Response.StatusCode)} {seconds:0.000} s{tokens}"));
    }

    static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
