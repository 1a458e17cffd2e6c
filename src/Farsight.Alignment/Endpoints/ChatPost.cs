using System.Net;
using System.Net.Http.Headers;

namespace Farsight.Alignment.Endpoints;

/// <summary>Sends a request over HTTP once, and returns a complete and valid answer or the reason why there is none.</summary>
sealed class ChatPost : IDisposable
{
    const int MostBytes = 64 << 20;

    readonly HttpClient _client;
    readonly EndpointKey _key;
    readonly TimeSpan _timeout;
    readonly TimeProvider _time;

    internal ChatPost(EndpointKey key, TimeSpan timeout, bool usesProxy, TimeProvider time)
    {
        (_key, _timeout, _time) = (key, timeout, time);
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false, // the key is meant for the address that was given
            UseCookies = false,
            UseProxy = usesProxy,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10), // names may move to other machines
            AutomaticDecompression = DecompressionMethods.All,
        };
        _client = new(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostBytes };
    }

    /// <summary>Sends a request once.</summary>
    /// <exception cref="EndpointFailure">There is no usable answer; another attempt may bring one.</exception>
    /// <exception cref="EndpointException">The endpoint refuses this request; a retry would not help.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<ChatAnswer> Ask(EndpointAddress address, byte[] request, CancellationToken cancel)
    {
        using CancellationTokenSource silence = new(_timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel);
        using HttpRequestMessage message = new(HttpMethod.Post, address.Uri) { Content = new ByteArrayContent(request) };
        message.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        message.Headers.Accept.Add(new("application/json"));
        _key.Authorize(message.Headers);
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(message, either.Token).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? ChatWire.Answer(body)
                : throw Problem(address, response.StatusCode, response.Headers, body);
        }
        catch (EndpointFailure failure)
        {
            throw new EndpointFailure(_key.Hide(failure.Message)) { IsThrottle = failure.IsThrottle, RetryAfter = failure.RetryAfter };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new EndpointFailure($"there was no complete answer within {_timeout.TotalSeconds:0.###} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new EndpointFailure(_key.Hide($"the connection failed: {(e.InnerException ?? e).Message.TrimEnd('.')}"));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    Exception Problem(EndpointAddress address, HttpStatusCode status, HttpResponseHeaders headers, byte[] body)
    {
        string complaint = ChatWire.Complaint(body);
        TimeSpan? wait = RetryAfter.Read(headers, _time);
        bool mayPass =
            status
            is HttpStatusCode.RequestTimeout
                or HttpStatusCode.Conflict
                or HttpStatusCode.TooManyRequests
                or >= HttpStatusCode.InternalServerError;
        bool isSpent = body.AsSpan().IndexOf("\"insufficient_quota\""u8) >= 0; // OpenAI also answers 429 when the credit is used up
        return mayPass && !isSpent
            ? new EndpointFailure($"it answered {(int)status}: {complaint.TrimEnd('.')}")
            {
                IsThrottle = status == HttpStatusCode.TooManyRequests || (status == HttpStatusCode.ServiceUnavailable && wait is not null),
                RetryAfter = wait,
            }
            : new EndpointException(
                _key.Hide($"{address.Name} refuses the request with {(int)status}: {complaint.TrimEnd('.')}. {Advice(status)}"),
                status);
    }

    string Advice(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when !_key.IsSet =>
                $"Put a key into the environment variable {_key.Variable}, or set KeyVariable to another variable.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                $"Check the key in the environment variable {_key.Variable}.",
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => "Check the address and the model's name.",
            HttpStatusCode.TooManyRequests => "Check the account's quota, then rerun the command to resume.",
            < HttpStatusCode.BadRequest => "Use the address that it redirects to.",
            _ => "The server's message says what to change.",
        };
}

/// <summary>Reads the waiting time from the headers of an answer.</summary>
static class RetryAfter
{
    static readonly TimeSpan s_most = TimeSpan.FromDays(1); // no run waits longer, and clocks have limits

    /// <summary>Returns the given seconds, or the time up to the given date; null without the header or where it cannot be read.</summary>
    /// <remarks>RFC 9110, section 10.2.3.</remarks>
    internal static TimeSpan? Read(HttpResponseHeaders headers, TimeProvider time)
    {
        TimeSpan? wait = headers.RetryAfter is not { } header ? null : header.Delta ?? header.Date - time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > s_most ? s_most : wait;
    }
}
