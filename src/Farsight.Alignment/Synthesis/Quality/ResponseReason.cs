namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>Names of faults as they stand in a dataset's summary.</summary>
static class ResponseReason
{
    /// <summary>A filter's reason with the side that it is about; null for no fault.</summary>
    /// <param name="side">"chosen" or "rejected".</param>
    /// <param name="fault">What a filter found.</param>
    internal static string? Of(string side, Fault? fault) =>
        fault is null ? null : fault.Reason.StartsWith(side, StringComparison.Ordinal) ? fault.Reason : $"{side}_{fault.Reason}";
}
