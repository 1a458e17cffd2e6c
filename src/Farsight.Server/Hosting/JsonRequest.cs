using System.Buffers;
using System.Text.Json;
using Farsight.Server.Endpoints;
using Farsight.Server.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Farsight.Server.Hosting;

/// <summary>Reads the body of a request.</summary>
static class JsonRequest
{
    // The part of a too large body that is read and dropped, so that its client sees the reply instead of a broken connection.
    const long MaxDrainedBytes = 256L << 20;

    static readonly TimeSpan s_maxDrain = TimeSpan.FromSeconds(20);

    /// <summary>Reads and parses the body, and passes it on.</summary>
    /// <param name="http">The request.</param>
    /// <param name="maxBytes">Maximum bytes of the body.</param>
    /// <param name="answer">Answers the request.</param>
    internal static async Task Run(HttpContext http, long maxBytes, Func<RequestContext, Task> answer)
    {
        CheckHeaders(http.Request);
        ReadOnlyMemory<byte>? body = http.Request.ContentLength > maxBytes ? null : await Read(http, maxBytes).ConfigureAwait(false);
        if (body is not { } bytes)
        {
            ApiException refused = new(
                413, $"The body is larger than the server's limit of {maxBytes} bytes; send a shorter request.", code: "request_too_large");
            http.Response.StatusCode = refused.Status;
            http.Response.Headers.Connection = "close";
            await RequestContext.WriteJson(http.Response, refused.Body, http.RequestAborted).ConfigureAwait(false);
            await http.Response.CompleteAsync().ConfigureAwait(false);
            await Drain(http).ConfigureAwait(false);
            return;
        }
        using JsonDocument json = JsonBody.Parse(bytes);
        await answer(new(http, json.RootElement)).ConfigureAwait(false);
    }

    static void CheckHeaders(HttpRequest request)
    {
        bool isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (type.Charset.Value is null or "" || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!isJson)
        {
            throw new ApiException(415, "The Content-Type must be application/json, in UTF-8.", code: "unsupported_media_type");
        }
        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new ApiException(
                415, "A body with a Content-Encoding is not supported; send it uncompressed.", code: "unsupported_content_encoding");
        }
    }

    /// <summary>Reads the body; null if it is too large.</summary>
    static async Task<ReadOnlyMemory<byte>?> Read(HttpContext http, long maxBytes)
    {
        using MemoryStream whole = new();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            int count;
            while ((count = await http.Request.Body.ReadAsync(buffer, http.RequestAborted).ConfigureAwait(false)) > 0)
            {
                if (whole.Length + count > maxBytes)
                {
                    return null;
                }
                whole.Write(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }

    static async Task Drain(HttpContext http)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        late.CancelAfter(s_maxDrain);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            long drained = 0;
            int count;
            while ((count = await http.Request.Body.ReadAsync(buffer, late.Token).ConfigureAwait(false)) > 0 && drained < MaxDrainedBytes)
            {
                drained += count;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client gave up, or is too slow.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
