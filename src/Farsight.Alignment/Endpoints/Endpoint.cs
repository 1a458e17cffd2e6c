namespace Farsight.Alignment.Endpoints;

/// <summary>One endpoint as the line of requests sees it. Everything that changes is guarded by the line's lock.</summary>
sealed class Endpoint(EndpointAddress address, int concurrency)
{
    /// <summary>So many failures in a row are no accident.</summary>
    internal const int InTrouble = 3;

    TimeSpan _throttledSince;

    internal EndpointAddress Address { get; } = address;

    /// <summary>Requests under way.</summary>
    internal int InFlight { get; set; }

    /// <summary>How many may be: halved when the endpoint asks to slow down, and grown back with its answers.</summary>
    internal double Slots { get; private set; } = concurrency;

    /// <summary>Failures since the last answer.</summary>
    internal int Failures { get; private set; }

    /// <summary>How often it put everything off since the last answer.</summary>
    internal int Throttles { get; private set; }

    /// <summary>It failed too often in a row; it has no part in the work until a trial succeeds.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Nothing is asked before this time, counted from the line's start.</summary>
    internal TimeSpan NotBefore { get; private set; }

    /// <summary>Why the last attempt failed.</summary>
    internal string? LastFailure { get; private set; }

    internal bool IsFree(TimeSpan now) => NotBefore <= now && InFlight < (IsBroken ? 1 : (int)Slots);

    internal void Answered()
    {
        Slots = Math.Min(concurrency, Slots + 1 / Slots);
        (Failures, Throttles, IsBroken) = (0, 0, false);
    }

    /// <summary>
    /// Counts a failure. From the third in a row on everybody waits a little, and what fails meanwhile was under way before.
    /// </summary>
    /// <param name="reason">For the user.</param>
    /// <param name="now">The time.</param>
    /// <param name="pause">How long to wait.</param>
    /// <param name="most">Failures in a row that break it.</param>
    /// <param name="rest">How long it is left alone when it breaks.</param>
    internal void Failed(string reason, TimeSpan now, TimeSpan pause, int most, TimeSpan rest)
    {
        LastFailure = reason;
        if (NotBefore > now)
        {
            return;
        }
        Failures++;
        if (IsBroken || Failures >= most)
        {
            (IsBroken, NotBefore) = (true, now + rest);
        }
        else if (Failures >= InTrouble)
        {
            NotBefore = now + pause;
        }
    }

    /// <summary>Puts everything off; several refusals of requests that were under way together are one.</summary>
    /// <param name="reason">For the user.</param>
    /// <param name="now">The time.</param>
    /// <param name="pause">For how long.</param>
    /// <param name="patience">How long it may do so without an answer between.</param>
    /// <param name="rest">How long it is left alone when that is too much.</param>
    internal void Throttled(string reason, TimeSpan now, TimeSpan pause, TimeSpan patience, TimeSpan rest)
    {
        LastFailure = reason;
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
