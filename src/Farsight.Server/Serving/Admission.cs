using Farsight.Server.Protocol;

namespace Farsight.Server.Serving;

/// <summary>Counts requests in progress, and refuses those beyond the limit or after the server began to stop.</summary>
/// <param name="most">Maximum number of requests in progress.</param>
sealed class Admission(int most)
{
    readonly Lock _access = new();
    TaskCompletionSource? _empty;
    int _count;

    /// <summary>Number of requests in progress.</summary>
    internal int Count => _count;

    /// <summary>Whether new requests are refused.</summary>
    internal bool IsClosed => _empty is not null;

    /// <summary>Begins a request; dispose the result when it ends.</summary>
    /// <exception cref="ApiException">There are too many, or the server is stopping.</exception>
    internal IDisposable Enter()
    {
        lock (_access)
        {
            if (_empty is not null)
            {
                throw new ApiException(503, "The server is stopping; try again later.", code: "server_stopping") { RetryAfter = 5 };
            }
            if (_count >= most)
            {
                throw new ApiException(
                    429, $"The server has {most} requests in progress, its maximum; try again later.", code: "too_many_requests")
                {
                    RetryAfter = 1,
                };
            }
            _count++;
            return new Place(this);
        }
    }

    /// <summary>Refuses new requests, and waits for those in progress.</summary>
    internal Task Close()
    {
        lock (_access)
        {
            _empty ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_count == 0)
            {
                _empty.TrySetResult();
            }
            return _empty.Task;
        }
    }

    void Leave()
    {
        lock (_access)
        {
            _count--;
            if (_count == 0)
            {
                _empty?.TrySetResult();
            }
        }
    }

    sealed class Place(Admission admission) : IDisposable
    {
        Admission? _admission = admission;

        public void Dispose() => Interlocked.Exchange(ref _admission, null)?.Leave();
    }
}
