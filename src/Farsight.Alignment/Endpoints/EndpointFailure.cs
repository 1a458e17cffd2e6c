namespace Farsight.Alignment.Endpoints;

/// <summary>Thrown when an attempt brought no usable answer, and another may.</summary>
sealed class EndpointFailure(string reason) : Exception(reason)
{
    /// <summary>Whether the endpoint throttles requests.</summary>
    internal bool IsThrottle { get; init; }

    /// <summary>The waiting time that it requested; null where it requested none.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
