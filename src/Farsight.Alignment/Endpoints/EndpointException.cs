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

    /// <summary>Whether no connection to any endpoint could ever be made, so that every request would fail.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>A form of the request that the endpoint may accept instead; null for none.</summary>
    internal RequestForm? OtherForm { get; init; }
}

/// <summary>Thrown when an attempt brought no usable answer.</summary>
sealed class EndpointFailure(string reason) : Exception(reason)
{
    /// <summary>Attempts after which a complete but damaged answer counts as the server's last word.</summary>
    internal const int AttemptsAtDamage = 3;

    /// <summary>Whether the endpoint throttles requests.</summary>
    internal bool IsThrottle { get; init; }

    /// <summary>The waiting time that it requested, above 0; null where it requested none.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether no connection could be made.</summary>
    internal bool IsUnreachable { get; init; }

    /// <summary>Maximum number of attempts that such a failure is worth; null for the usual number.</summary>
    internal int? MaxAttempts { get; init; }

    /// <summary>Returns the failure with another reason.</summary>
    internal EndpointFailure With(string other) => new(other)
    {
        IsThrottle = IsThrottle,
        RetryAfter = RetryAfter,
        IsUnreachable = IsUnreachable,
        MaxAttempts = MaxAttempts,
    };
}
