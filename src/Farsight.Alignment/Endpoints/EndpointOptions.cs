using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Endpoints;

/// <summary>Holds the addresses of endpoints and the limits of their use.</summary>
/// <param name="Urls">At least one address: "http://localhost:8000/v1", or the full one that ends in
/// /chat/completions. All serve the same model.</param>
/// <param name="Model">The model's name, as the endpoints know it.</param>
public sealed record EndpointOptions(IReadOnlyList<string> Urls, string Model)
{
    /// <summary>The default of <see cref="KeyVariable"/>. If it is not set, no key is sent.</summary>
    public const string DefaultKeyVariable = "FARSIGHT_API_KEY";

    /// <summary>The environment variable that holds the key. The key itself is never part of options, messages or files.</summary>
    public string KeyVariable { get; init; } = DefaultKeyVariable;

    /// <summary>Maximum number of requests in progress at one endpoint; at least 1.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Maximum time for a complete answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Maximum number of retries of a request after failures; throttles do not count.</summary>
    public int Retries { get; init; } = 10;

    /// <summary>
    /// Number of consecutive failures, over all requests, after which an endpoint counts as broken. With the waiting times between them,
    /// that takes about a minute.
    /// </summary>
    public int FailuresInARow { get; init; } = 10;

    /// <summary>Maximum time that an endpoint may throttle every request before it counts as broken.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Time before a request tries a broken endpoint again, while others work.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Waiting times before retries.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(60));

    /// <summary>Folder that stores answers, so that no answer is paid for twice; null for none.</summary>
    public string? Cache { get; init; }

    /// <summary>Prices of the tokens; null where the cost is not counted.</summary>
    public EndpointPrices? Prices { get; init; }

    /// <summary>Validates the options before the first request.</summary>
    /// <param name="nameOf">Returns the name that a message uses for a property; null for the property's own name.</param>
    /// <exception cref="InputException">An address, a name or a number is wrong; the message names the property.</exception>
    public void Check(Func<string, string>? nameOf = null)
    {
        string? problem =
            Urls.Count == 0
                ? $"{Name(nameof(Urls))} is missing; give the address of an OpenAI-compatible server, such as http://localhost:8000/v1."
            : string.IsNullOrWhiteSpace(Model) ? $"{Name(nameof(Model))} is missing; give the model's name as the endpoint knows it."
            : Concurrency is < 1 or > 4096 ? $"{Name(nameof(Concurrency))} is {Concurrency}; use 1 to 4096."
            : Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1)
                ? $"{Name(nameof(Timeout))} is {Timeout.TotalSeconds} seconds; use more than 0 and at most one day."
            : Retries is < 0 or > 100 ? $"{Name(nameof(Retries))} is {Retries}; use 0 to 100."
            : FailuresInARow < 1 ? $"{Name(nameof(FailuresInARow))} is {FailuresInARow}; use 1 or more."
            : Prices is { Input: < 0 } or { Output: < 0 }
                ? $"{Name(nameof(Prices))} has a negative price; give the cost of a million tokens."
            : Cache is not null && File.Exists(Cache) ? $"{Name(nameof(Cache))} {Cache} is a file; give a folder."
            : null;
        if (problem is not null)
        {
            throw new InputException(problem);
        }
        EndpointAddress[] addresses = [.. Urls.Select(EndpointAddress.Parse)];
        if (addresses.GroupBy(a => a.Uri).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InputException(
                $"{Name(nameof(Urls))} has {twice.First().Name} twice; raise {Name(nameof(Concurrency))} instead.");
        }
        EndpointKey key = EndpointKey.Read(KeyVariable);
        if (Urls.Append(Model).Any(key.IsIn))
        {
            throw new InputException(
                "An address or the model's name contains the key, and both are shown and recorded. "
                    + "Give the key in the environment variable only.");
        }

        string Name(string property) => nameOf?.Invoke(property) ?? property;
    }
}

/// <summary>Holds the prices of a million tokens, in any currency.</summary>
/// <param name="Input">Price of prompt tokens.</param>
/// <param name="Output">Price of answer tokens.</param>
public sealed record EndpointPrices(decimal Input, decimal Output)
{
    /// <summary>Computes the cost of tokens.</summary>
    public decimal Of(long inputTokens, long outputTokens) => (inputTokens * Input + outputTokens * Output) / 1_000_000;
}

/// <summary>Computes waiting times that double with each failure, up to a maximum.</summary>
/// <param name="First">The time after the first failure.</param>
/// <param name="Most">The maximum.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Most)
{
    /// <summary>Computes the waiting time. Half of it is random, so that requests which failed together do not return together.</summary>
    /// <param name="failures">Number of failures before this one.</param>
    /// <param name="random">Advanced by one number.</param>
    public TimeSpan Delay(int failures, ref SeededRandom random)
    {
        double whole = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(failures, 30)), Most.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + 0.5 * random.NextDouble()));
    }
}
