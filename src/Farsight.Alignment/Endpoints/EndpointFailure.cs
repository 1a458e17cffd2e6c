namespace Farsight.Alignment.Endpoints;

/// <summary>One attempt brought no usable answer, and another may.</summary>
sealed class EndpointFailure(string reason) : Exception(reason)
{
    /// <summary>The endpoint is well, and asked to be left alone for a while.</summary>
    internal bool IsThrottle { get; init; }

    /// <summary>For how long, if it said so.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
