using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Farsight.Alignment.Endpoints;

/// <summary>Sends a request over HTTP once, and returns a complete and valid answer or the reason why there is none.</summary>
sealed class ChatPost : IDisposable
{
    // Answers of 100,000 tokens take less than a MiB; of a complaint only the beginning is shown.
    internal const int MostAnswerBytes = 8 << 20, MostComplaintBytes = 64 << 10;

    static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(15), s_longPause = TimeSpan.FromMinutes(1);

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
            ConnectTimeout = timeout < s_connectTimeout ? timeout : s_connectTimeout,
        };
        _client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request once.</summary>
    /// <param name="address">The endpoint.</param>
    /// <param name="request">The request.</param>
    /// <param name="form">The form that it has.</param>
    /// <param name="cancel">Cancels the call.</param>
    /// <exception cref="EndpointFailure">There is no usable answer; another attempt may bring one.</exception>
    /// <exception cref="EndpointException">The endpoint refuses this request; a retry would not help.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<ChatAnswer> Ask(EndpointAddress address, byte[] request, RequestForm form, CancellationToken cancel)
    {
        using CancellationTokenSource silence = new(_timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel);
        using HttpRequestMessage message = new(HttpMethod.Post, address.Uri) { Content = new ByteArrayContent(request) };
        message.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        message.Headers.Accept.Add(new("application/json"));
        _key.Authorize(message.Headers);
        try
        {
            using HttpResponseMessage response = await _client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token)
                .ConfigureAwait(false);
            int most = response.IsSuccessStatusCode ? MostAnswerBytes : MostComplaintBytes;
            byte[] body = await Read(response.Content, most, either.Token).ConfigureAwait(false);
            return !response.IsSuccessStatusCode ? throw Problem(address, response.StatusCode, response.Headers, request, form, body)
                : body.Length > most ? throw new EndpointFailure($"its answer is larger than {most >> 20} MiB") { MaxAttempts = 1 }
                : _key.Hide(ChatWire.Answer(body));
        }
        catch (EndpointFailure failure)
        {
            throw failure.With(OneLine(_key.Hide(failure.Message)));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            bool isUnreachable = !silence.IsCancellationRequested && e.InnerException is TimeoutException;
            throw new EndpointFailure(isUnreachable
                ? "no connection could be made in time"
                : $"there was no complete answer within {_timeout.TotalSeconds:0.###} seconds")
            {
                IsUnreachable = isUnreachable,
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new EndpointFailure(OneLine(_key.Hide($"the connection failed: {(e.InnerException ?? e).Message.TrimEnd('.')}")))
            {
                IsUnreachable = e is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
                },
            };
        }
    }

    /// <summary>Returns an endpoint's list of models; null where it gives none.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<byte[]?> Models(EndpointAddress address, CancellationToken cancel)
    {
        using CancellationTokenSource silence = new(_timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel);
        using HttpRequestMessage message = new(HttpMethod.Get, address.Models);
        _key.Authorize(message.Headers);
        try
        {
            using HttpResponseMessage response = await _client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token)
                .ConfigureAwait(false);
            return response.IsSuccessStatusCode ? await Read(response.Content, MostAnswerBytes, either.Token).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or EndpointFailure
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null; // a request for an answer will tell what is wrong
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Reads a body up to a little more than a number of bytes.</summary>
    static async Task<byte[]> Read(HttpContent content, int most, CancellationToken cancel)
    {
        using Stream stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        using MemoryStream body = new();
        byte[] buffer = new byte[1 << 14];
        int read;
        try
        {
            while (body.Length <= most && (read = await stream.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
            {
                body.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new EndpointFailure("the compressed data of its answer is damaged") { MaxAttempts = EndpointFailure.AttemptsAtDamage };
        }
        return body.ToArray();
    }

    Exception Problem(
        EndpointAddress address, HttpStatusCode status, HttpResponseHeaders headers, byte[] request, RequestForm form, byte[] body)
    {
        string complaint = ChatWire.Complaint(body, _key.Hide);
        TimeSpan? wait = RetryAfter.Read(headers, _time);
        bool mayPass =
            status
            is HttpStatusCode.RequestTimeout
                or HttpStatusCode.Conflict
                or HttpStatusCode.TooManyRequests
                or (>= HttpStatusCode.InternalServerError
                    and not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported));
        bool isSpent = body.AsSpan().IndexOf("\"insufficient_quota\""u8) >= 0; // OpenAI also answers 429 when the credit is used up
        if (status == HttpStatusCode.TooManyRequests && body.AsSpan().IndexOf("Request too large"u8) >= 0)
        {
            // OpenAI answers 429 to a request that is larger than the limit of tokens per minute; it never passes.
            return new EndpointFailure($"it answered {(int)status}: {complaint.TrimEnd('.')}") { MaxAttempts = 1 };
        }
        bool isThrottle = status == HttpStatusCode.TooManyRequests || (status == HttpStatusCode.ServiceUnavailable && wait is not null);
        string pause = isThrottle && wait > s_longPause
            ? string.Create(CultureInfo.InvariantCulture, $", and asks to wait {wait.Value.TotalSeconds:N0} seconds (Retry-After)")
            : "";
        return mayPass && !isSpent
            ? new EndpointFailure($"it answered {(int)status}: {complaint.TrimEnd('.')}{pause}")
            {
                IsThrottle = isThrottle && wait is null or { Ticks: > 0 }, // a server that never means to wait would be asked forever
                RetryAfter = wait is { Ticks: > 0 } ? wait : null,
            }
            : new EndpointException(
                $"{address.Name} refuses the request with {(int)status}: {complaint.TrimEnd('.')}. {Advice(status)}", status)
            {
                OtherForm = status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity ? form.After(request, body) : null,
            };
    }

    static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

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
    static readonly TimeSpan s_most = TimeSpan.FromDays(3650); // clocks have limits

    /// <summary>Returns the given seconds, or the time up to the given date; null without the header or where it cannot be read.</summary>
    /// <remarks>RFC 9110, section 10.2.3. Servers also send 0, negative numbers, fractions and dates that have passed.</remarks>
    internal static TimeSpan? Read(HttpResponseHeaders headers, TimeProvider time)
    {
        string text = headers.NonValidated.TryGetValues("Retry-After", out HeaderStringValues values) ? values.ToString() : "";
        const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        double? seconds =
            double.TryParse(text, Number, CultureInfo.InvariantCulture, out double given) && double.IsFinite(given) ? given
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
                ? (date - time.GetUtcNow()).TotalSeconds
            : null;
        return seconds is { } wait ? TimeSpan.FromSeconds(Math.Clamp(wait, -1, s_most.TotalSeconds)) : null;
    }
}
