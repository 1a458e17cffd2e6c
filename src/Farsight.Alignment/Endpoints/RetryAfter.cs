using System.Net.Http.Headers;

namespace Farsight.Alignment.Endpoints;

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
