using System.Globalization;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Endpoints;

/// <summary>Queues requests for one or several endpoints: each goes to the first that has room.</summary>
/// <remarks>
/// An endpoint that throttles gets no requests for the requested time and fewer at once afterwards; one that fails too often in a row gets
/// none while another works. When none is left, all waiting requests fail.
/// </remarks>
sealed class EndpointLine : IDisposable
{
    static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(1); // timers take at most 49 days; Serve sets the clock again

    readonly Lock _lock = new();
    readonly LinkedList<TaskCompletionSource<Endpoint>> _waiting = new();
    readonly EndpointOptions _options;
    readonly Action<string>? _notice;
    readonly TimeProvider _time;
    readonly long _start;
    readonly ITimer _wake;
    SeededRandom _random;
    bool _isDisposed;

    internal EndpointLine(EndpointOptions options, IReadOnlyList<EndpointAddress> addresses, Action<string>? notice, TimeProvider time)
    {
        (_options, _notice, _time, _start) = (options, notice, time, time.GetTimestamp());
        Endpoints = [.. addresses.Select(a => new Endpoint(a, options.Concurrency))];
        _wake = time.CreateTimer(_ => Serve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _random = SeededRandom.For(0, "endpoint line", Environment.ProcessId); // shards that were refused together must not return together
    }

    internal IReadOnlyList<Endpoint> Endpoints { get; }

    TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>Waits for a place at an endpoint, which one of the methods below must give back.</summary>
    /// <param name="isRepeated">Whether the request was sent before; it then goes to the head of the line.</param>
    /// <param name="cancel">Leaves the line.</param>
    /// <exception cref="EndpointException">All endpoints are broken.</exception>
    internal async Task<Endpoint> Take(bool isRepeated, CancellationToken cancel)
    {
        TaskCompletionSource<Endpoint> place = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _ = isRepeated ? _waiting.AddFirst(place) : _waiting.AddLast(place);
        }
        Serve();
        using CancellationTokenRegistration left = cancel.Register(() => place.TrySetCanceled(cancel));
        return await place.Task.ConfigureAwait(false);
    }

    internal void RecordAnswer(Endpoint endpoint) => GiveBack(endpoint, () => endpoint.RecordAnswer());

    /// <summary>Gives a place back without a result: the endpoint refused this one request, or the request was cancelled.</summary>
    internal void Release(Endpoint endpoint) => GiveBack(endpoint, () => { });

    /// <summary>Keeps the form of a request that an endpoint accepted.</summary>
    internal void AdoptForm(Endpoint endpoint, RequestForm form)
    {
        lock (_lock)
        {
            if (!form.IsSame(endpoint.Form))
            {
                endpoint.Form = form;
                _notice?.Invoke(
                    $"{endpoint.Address.Name} refuses some keys of requests; "
                        + $"they are sent {form.Describe(RequestForm.Of(endpoint.Address))}.");
            }
        }
    }

    internal void RecordFailure(Endpoint endpoint, EndpointFailure failure) =>
        GiveBack(
            endpoint,
            () =>
            {
                TimeSpan now = Now;
                (int failures, int throttles, bool wasBroken) = (endpoint.Failures, endpoint.Throttles, endpoint.IsBroken);
                if (failure.IsThrottle)
                {
                    endpoint.RecordThrottle(failure.Message, now, Pause(endpoint, failure, now), _options.Patience, _options.Rest);
                }
                else
                {
                    TimeSpan pause = _options.Backoff.Delay(Math.Max(0, endpoint.Failures - Endpoint.InTrouble + 1), ref _random);
                    endpoint.RecordFailure(failure, now, pause, _options.FailuresInARow, _options.Rest);
                }
                Report(endpoint, failure, isCounted: endpoint.Failures > failures || endpoint.Throttles > throttles, wasBroken);
            });

    /// <summary>Reports an endpoint in trouble: once when its requests begin to wait, and once when others take over.</summary>
    void Report(Endpoint endpoint, EndpointFailure failure, bool isCounted, bool wasBroken)
    {
        int count = failure.IsThrottle ? endpoint.Throttles : endpoint.Failures;
        string what = failure.IsThrottle ? "throttled requests" : "failed";
        string? state =
            endpoint.IsBroken ? wasBroken || Endpoints.All(e => e.IsBroken) ? null : "the other endpoints take over its requests"
            : isCounted && count == Endpoint.InTrouble ? "still retrying"
            : null;
        if (state is not null)
        {
            _notice?.Invoke($"{endpoint.Address.Name} {what} {Times(count)}; last error: {failure.Message}; {state}.");
        }
    }

    /// <summary>Computes how long a request waits after its own failures.</summary>
    internal TimeSpan Delay(int failures)
    {
        lock (_lock)
        {
            return _options.Backoff.Delay(failures, ref _random);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _wake.Dispose();
        }
    }

    /// <summary>Computes the pause: a little more than the endpoint requested, or else doubling times.</summary>
    TimeSpan Pause(Endpoint endpoint, EndpointFailure failure, TimeSpan now)
    {
        if (failure.RetryAfter is not { } asked)
        {
            return endpoint.NotBefore > now ? TimeSpan.Zero : _options.Backoff.Delay(endpoint.Throttles, ref _random);
        }
        TimeSpan wait = asked * (1 + 0.1 * _random.NextDouble()); // several processes may have been throttled together
        return wait > _options.Backoff.First ? wait : _options.Backoff.First;
    }

    void GiveBack(Endpoint endpoint, Action change)
    {
        lock (_lock)
        {
            endpoint.InFlight--;
            change();
        }
        Serve();
    }

    /// <summary>Gives free places to waiting requests, and sets the clock for the next one.</summary>
    void Serve()
    {
        lock (_lock)
        {
            TimeSpan now = Now;
            while (_waiting.First is { } first)
            {
                if (Endpoints.All(e => e.IsBroken))
                {
                    _waiting.RemoveFirst();
                    first.Value.TrySetException(new EndpointException(AllBroken()) { IsUnreachable = !Endpoints.Any(e => e.HasResponded) });
                    continue;
                }
                Endpoint? free = Endpoints.Where(e => e.IsFree(now)).MinBy(e => (e.IsBroken ? 0 : 1, e.Failures, e.InFlight / e.Slots));
                if (free is null)
                {
                    break;
                }
                _waiting.RemoveFirst();
                free.InFlight += first.Value.TrySetResult(free) ? 1 : 0; // a cancelled request needs no place
            }
            SetClock(now);
        }
    }

    void SetClock(TimeSpan now)
    {
        TimeSpan next = Endpoints.Select(e => e.NotBefore).Where(t => t > now).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        if (_waiting.Count > 0 && next < TimeSpan.MaxValue && !_isDisposed)
        {
            TimeSpan wait = next - now + TimeSpan.FromMilliseconds(1);
            _wake.Change(wait < s_longestTimer ? wait : s_longestTimer, Timeout.InfiniteTimeSpan);
        }
    }

    string AllBroken()
    {
        string advice = Endpoints.All(e => e.Throttles > 0)
            ? "Rerun the command later to resume, or lower the concurrency."
            : "Check that the server runs and that its address is right, then rerun the command to resume.";
        return string.Join(
            "; ",
            Endpoints.Select(e => $"{e.Address.Name} gave no answer {Times(e.Failures + e.Throttles)}; last error: {e.LastFailure}")
        ) + $". {advice}";
    }

    static string Times(int count) => count == 1 ? "1 time" : string.Create(CultureInfo.InvariantCulture, $"{count} times in a row");
}
