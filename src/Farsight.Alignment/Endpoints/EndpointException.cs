using System.Net;
using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Thrown when endpoints give no answer: one refused the request, or all failed.</summary>
public sealed class EndpointException : InputException
{
    /// <summary>Creates the exception with a message for the user.</summary>
    public EndpointException(string message, HttpStatusCode? refusal = null)
        : base(message) => Refusal = refusal;

    /// <summary>
    /// The status with which an endpoint refused this request, where a retry would not help; null where endpoints failed.
    /// </summary>
    public HttpStatusCode? Refusal { get; }
}

/// <summary>Thrown when an attempt brought no usable answer, and another may.</summary>
sealed class EndpointFailure(string reason) : Exception(reason)
{
    /// <summary>Whether the endpoint throttles requests.</summary>
    internal bool IsThrottle { get; init; }

    /// <summary>The waiting time that it requested; null where it requested none.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
