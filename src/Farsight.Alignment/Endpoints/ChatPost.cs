using System.Net;
using System.Net.Http.Headers;

namespace Farsight.Alignment.Endpoints;

/// <summary>One attempt over HTTP: a request's bytes there, a whole and valid answer back, or the reason why not.</summary>
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

    /// <summary>Asks once.</summary>
    /// <exception cref="EndpointFailure">No usable answer; another attempt may bring one.</exception>
    /// <exception cref="EndpointException">The endpoint refuses this request for good.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
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
            throw new EndpointFailure($"there was no whole answer within {_timeout.TotalSeconds:0.###} seconds");
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
        bool isSpent = body.AsSpan().IndexOf("\"insufficient_quota\""u8) >= 0; // OpenAI answers 429 when the money is used up, too
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
                $"Put a key into the environment variable {_key.Variable}, or name another with --endpoint-key-variable.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                $"See whether the key in the environment variable {_key.Variable} is right.",
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => "See whether --endpoint and --endpoint-model are right.",
            HttpStatusCode.TooManyRequests => "See to the account's quota, then run the same command again.",
            < HttpStatusCode.BadRequest => "Give the address that it leads to as --endpoint.",
            _ => "The server's message says what to change.",
        };
}
