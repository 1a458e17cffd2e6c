using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Which endpoints answer, and how they are treated.</summary>
/// <param name="Urls">At least one: "http://localhost:8000/v1", or the whole address up to /chat/completions. All serve the same
/// model.</param>
/// <param name="Model">The model's name, as the endpoints know it.</param>
public sealed record EndpointOptions(IReadOnlyList<string> Urls, string Model)
{
    /// <summary>The variable that is read where none is named; without it no key is sent.</summary>
    public const string DefaultKeyVariable = "FARSIGHT_API_KEY";

    /// <summary>The environment variable that holds the key. The key itself is never part of options, messages or files.</summary>
    public string KeyVariable { get; init; } = DefaultKeyVariable;

    /// <summary>Most requests under way at one endpoint; at least 1.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>How long an endpoint may take for a whole answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a request is asked again after a failure; waiting that an endpoint asked for does not count.</summary>
    public int Retries { get; init; } = 10;

    /// <summary>
    /// So many failures in a row, over all requests, and an endpoint is broken. Waiting between them, that takes about a minute.
    /// </summary>
    public int FailuresInARow { get; init; } = 10;

    /// <summary>How long an endpoint may put off every request before it counts as broken.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a broken endpoint is left alone before one request tries it again, while others work.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Waiting before a request is asked again.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(60));

    /// <summary>Folder of answers that were paid for already; null for none.</summary>
    public string? Cache { get; init; }

    /// <summary>What the tokens cost; null where it does not matter.</summary>
    public EndpointPrices? Prices { get; init; }

    /// <summary>Looks at everything that can be wrong before the first request.</summary>
    /// <exception cref="InputException">An address, name or number is wrong; the message names its flag.</exception>
    public void Check()
    {
        string? problem =
            Urls.Count == 0 ? "--endpoint is missing; give the address of an OpenAI-compatible server, as in http://localhost:8000/v1."
            : string.IsNullOrWhiteSpace(Model) ? "--endpoint-model is missing; name the model as the endpoint knows it."
            : Concurrency is < 1 or > 4096 ? $"--concurrency is {Concurrency}; use 1 to 4096."
            : Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1)
                ? $"--timeout is {Timeout.TotalSeconds} seconds; use more than 0, at most a day."
            : Retries is < 0 or > 100 ? $"Retries is {Retries}; use 0 to 100."
            : FailuresInARow < 1 ? $"FailuresInARow is {FailuresInARow}; use 1 or more."
            : Prices is { Input: < 0 } or { Output: < 0 } ? "--endpoint-price is negative; use what a million tokens cost."
            : Cache is not null && File.Exists(Cache) ? $"--cache {Cache} is a file; name a folder."
            : null;
        if (problem is not null)
        {
            throw new InputException(problem);
        }
        EndpointAddress[] addresses = [.. Urls.Select(EndpointAddress.Parse)];
        if (addresses.GroupBy(a => a.Uri).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InputException($"--endpoint {twice.First().Name} is given twice; raise --concurrency instead.");
        }
        _ = EndpointKey.Read(KeyVariable);
    }
}
