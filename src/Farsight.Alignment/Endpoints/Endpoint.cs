namespace Farsight.Alignment.Endpoints;

/// <summary>One endpoint as the line of requests sees it. Everything that changes is guarded by the line's lock.</summary>
sealed class Endpoint(EndpointAddress address, int concurrency)
{
    internal EndpointAddress Address { get; } = address;

    /// <summary>Requests under way.</summary>
    internal int InFlight { get; set; }

    /// <summary>How many may be: halved when the endpoint asks to slow down, and grown back with its answers.</summary>
    internal double Slots { get; private set; } = concurrency;

    /// <summary>Failures since the last answer.</summary>
    internal int Failures { get; private set; }

    /// <summary>How often it asked to slow down since the last answer.</summary>
    internal int Throttles { get; private set; }

    /// <summary>It failed too often in a row; it has no part in the work until a trial succeeds.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Nothing is asked before this time, counted from the line's start.</summary>
    internal TimeSpan NotBefore { get; private set; }

    /// <summary>Why the last attempt failed.</summary>
    internal string? LastFailure { get; private set; }

    TimeSpan _throttledSince;

    internal bool IsFree(TimeSpan now) => NotBefore <= now && InFlight < (IsBroken ? 1 : (int)Slots);

    internal void Answered()
    {
        Slots = Math.Min(concurrency, Slots + 1 / Slots);
        (Failures, Throttles, IsBroken) = (0, 0, false);
    }

    /// <param name="reason">For the user.</param>
    /// <param name="most">Failures in a row that break it.</param>
    /// <param name="trial">When it may be tried again after that.</param>
    internal void Failed(string reason, int most, TimeSpan trial)
    {
        LastFailure = reason;
        Failures++;
        if (IsBroken || Failures >= most)
        {
            Break(trial);
        }
    }

    /// <param name="reason">For the user.</param>
    /// <param name="now">The time.</param>
    /// <param name="pause">For how long it wants to be left alone.</param>
    /// <param name="patience">How long it may do so without an answer between.</param>
    /// <param name="trial">When it may be tried again after that.</param>
    internal void Throttled(string reason, TimeSpan now, TimeSpan pause, TimeSpan patience, TimeSpan trial)
    {
        LastFailure = reason;
        _throttledSince = Throttles++ == 0 ? now : _throttledSince;
        Slots = NotBefore <= now ? Math.Max(1, Slots / 2) : Slots; // once a pause, however many were under way
        NotBefore = now + pause > NotBefore ? now + pause : NotBefore;
        if (IsBroken || NotBefore - _throttledSince > patience)
        {
            Break(trial > NotBefore ? trial : NotBefore);
        }
    }

    void Break(TimeSpan trial) => (IsBroken, NotBefore) = (true, trial);
}
