using System.Net;
using System.Net.Http.Headers;
using Farsight.Engine;

namespace Farsight.Alignment.Hub;

/// <summary>Sends requests over HTTP and follows redirects. A token goes only to the server that it belongs to.</summary>
/// <param name="token">The token of a server; null for none.</param>
/// <param name="usesProxy">Whether the proxy of the system is used.</param>
sealed class WebRequests(HubToken? token, bool usesProxy) : IDisposable
{
    /// <summary>Header of the hub with the checksum of a file that another server sends.</summary>
    internal const string LinkedTag = "X-Linked-Etag";

    const int MaxRedirects = 10;

    static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(15);

    readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // it would send the token to other servers
        UseCookies = false,
        UseProxy = usesProxy,
        ConnectTimeout = s_connectTimeout,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Time without data after which a request has failed.</summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Sends a request and returns the answer's head.</summary>
    /// <param name="method">GET, or HEAD to read the headers of a file from the hub itself.</param>
    /// <param name="address">The address.</param>
    /// <param name="from">First byte to send.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="DownloadFault">There is no answer; another attempt may bring one.</exception>
    /// <exception cref="InputException">A redirect leads to an address that is not followed.</exception>
    internal async Task<HttpResponseMessage> Send(HttpMethod method, Uri address, long from, CancellationToken cancel)
    {
        Uri at = address;
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            HttpResponseMessage response = await SendOnce(method, at, from, cancel).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } next
                || (method == HttpMethod.Head && response.Headers.Contains(LinkedTag)))
            {
                return response;
            }
            response.Dispose();
            Uri target = new(at, next);
            bool isAllowed = target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && at.Scheme == Uri.UriSchemeHttp);
            at = isAllowed ? target
                : throw new InputException($"{Name(address)} redirects to {target.Scheme}://{target.Host}, which is not followed; "
                    + "use another server.");
        }
        throw new InputException($"{Name(address)} redirects more than {MaxRedirects} times; use another server.");
    }

    /// <summary>Reads a part of an answer's body.</summary>
    /// <exception cref="DownloadFault">The connection broke.</exception>
    internal Task<int> Read(Stream body, Memory<byte> buffer, CancellationToken cancel) =>
        WithinSilence(wait => body.ReadAsync(buffer, wait).AsTask(), cancel);

    /// <summary>Returns an address without its query, which may hold a signature.</summary>
    internal static string Name(Uri address) => address.GetLeftPart(UriPartial.Path);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    Task<HttpResponseMessage> SendOnce(HttpMethod method, Uri address, long from, CancellationToken cancel) => WithinSilence(
        async wait =>
        {
            using HttpRequestMessage request = new(method, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("farsight", null));
            request.Headers.AcceptEncoding.Add(new("identity")); // lengths and ranges count stored bytes
            request.Headers.Range = from > 0 ? new(from, null) : null;
            token?.Authorize(request);
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, wait).ConfigureAwait(false);
        },
        cancel);

    async Task<T> WithinSilence<T>(Func<CancellationToken, Task<T>> act, CancellationToken cancel)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        either.CancelAfter(Silence);
        try
        {
            return await act(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            bool isUnreachable = e.InnerException is TimeoutException;
            throw new DownloadFault(
                isUnreachable ? "no connection could be made in time" : $"no data came for {Silence.TotalSeconds:0} seconds")
            {
                IsUnreachable = isUnreachable,
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DownloadFault($"the connection failed: {(e.InnerException ?? e).Message.TrimEnd('.')}")
            {
                IsUnreachable = e is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.NameResolutionError
                    or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
                },
            };
        }
    }
}

/// <summary>Reports an attempt that failed; another attempt may succeed.</summary>
sealed class DownloadFault(string message) : Exception(message)
{
    /// <summary>Whether no connection was made at all.</summary>
    internal bool IsUnreachable { get; init; }

    /// <summary>The time that the server asks to wait.</summary>
    internal TimeSpan Wait { get; init; }
}

/// <summary>Reports an answer that refuses a file.</summary>
sealed class DownloadRefusedException(Uri address, HttpStatusCode status, string? code)
    : InputException($"{WebRequests.Name(address)} answered {(int)status} {status}; check the address.")
{
    internal HttpStatusCode Status => status;

    /// <summary>The hub's name of the reason: "GatedRepo".</summary>
    internal string? Code => code;
}
