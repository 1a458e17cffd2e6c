namespace Farsight.Alignment.Endpoints;

/// <summary>Tracks the state of one endpoint. The lock of <see cref="EndpointLine"/> guards everything that changes.</summary>
sealed class Endpoint(EndpointAddress address, int concurrency)
{
    /// <summary>Number of consecutive failures from which all requests wait.</summary>
    internal const int InTrouble = 3;

    TimeSpan _throttledSince;

    internal EndpointAddress Address { get; } = address;

    /// <summary>The form of requests that it accepts, as far as it is known.</summary>
    internal RequestForm Form { get; set; } = RequestForm.Of(address);

    /// <summary>Number of requests in progress.</summary>
    internal int InFlight { get; set; }

    /// <summary>Maximum of <see cref="InFlight"/>: halved when the endpoint throttles, and raised again with its answers.</summary>
    internal double Slots { get; private set; } = concurrency;

    /// <summary>Number of failures since the last answer.</summary>
    internal int Failures { get; private set; }

    /// <summary>Number of throttles since the last answer.</summary>
    internal int Throttles { get; private set; }

    /// <summary>Whether it failed too often in a row; it gets no requests until a trial succeeds.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Whether a connection to it was ever made.</summary>
    internal bool HasResponded { get; private set; }

    /// <summary>Time before which no request is sent, counted from the start of the line.</summary>
    internal TimeSpan NotBefore { get; private set; }

    /// <summary>Why the last attempt failed.</summary>
    internal string? LastFailure { get; private set; }

    internal bool IsFree(TimeSpan now) => NotBefore <= now && InFlight < (IsBroken ? 1 : (int)Slots);

    internal void RecordAnswer()
    {
        HasResponded = true;
        Slots = Math.Min(concurrency, Slots + 1 / Slots);
        (Failures, Throttles, IsBroken) = (0, 0, false);
    }

    /// <summary>
    /// Counts a failure. From the third in a row all requests wait; failures during the wait belong to requests sent before it.
    /// </summary>
    /// <param name="failure">The failure. If the endpoint never answered, a third refused connection in a row breaks the endpoint.</param>
    /// <param name="now">The current time.</param>
    /// <param name="pause">How long to wait.</param>
    /// <param name="most">Number of consecutive failures that break it.</param>
    /// <param name="rest">How long it gets no requests when it breaks.</param>
    internal void RecordFailure(EndpointFailure failure, TimeSpan now, TimeSpan pause, int most, TimeSpan rest)
    {
        LastFailure = failure.Message;
        HasResponded |= !failure.IsUnreachable;
        if (NotBefore > now)
        {
            return;
        }
        Failures++;
        if (IsBroken || Failures >= (HasResponded ? most : Math.Min(most, InTrouble)))
        {
            (IsBroken, NotBefore) = (true, now + rest);
        }
        else if (Failures >= InTrouble)
        {
            NotBefore = now + pause;
        }
    }

    /// <summary>Counts a throttle; several refusals of requests in progress together count as one.</summary>
    /// <param name="reason">The reason, for the user.</param>
    /// <param name="now">The current time.</param>
    /// <param name="pause">How long to wait.</param>
    /// <param name="patience">Maximum time of throttling without an answer.</param>
    /// <param name="rest">How long it gets no requests after that.</param>
    internal void RecordThrottle(string reason, TimeSpan now, TimeSpan pause, TimeSpan patience, TimeSpan rest)
    {
        LastFailure = reason;
        HasResponded = true;
        if (NotBefore <= now)
        {
            _throttledSince = Throttles++ == 0 ? now : _throttledSince;
            Slots = Math.Max(1, Slots / 2);
        }
        TimeSpan until = now + pause;
        IsBroken |= until - _throttledSince > patience && Throttles > 0;
        until = IsBroken && now + rest > until ? now + rest : until;
        NotBefore = until > NotBefore ? until : NotBefore;
    }
}
