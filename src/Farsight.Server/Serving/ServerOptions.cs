using System.Net;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Server.Serving;

/// <summary>Represents an adapter that is served under a name of its own.</summary>
/// <param name="Name">Name of the model in requests.</param>
/// <param name="Directory">Adapter in PEFT's layout.</param>
public sealed record ServedAdapter(string Name, string Directory);

/// <summary>Holds what is served, and the limits of a server.</summary>
public sealed record ServerOptions
{
    /// <summary>Model directory in Hugging Face's layout, or a GGUF file.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the model in requests; null for the name of its directory.</summary>
    public string? ModelName { get; init; }

    /// <summary>Adapters of the model.</summary>
    public IReadOnlyList<ServedAdapter> Adapters { get; init; } = [];

    /// <summary>Replaces the RoPE scaling of the base model; null for its own.</summary>
    public RopeScaling? Rope { get; init; }

    /// <summary>
    /// Method that changes how prompts are read, as <see cref="Alignment.Answering.Context.ContextMethod.Parse"/> reads it; null for none.
    /// With a method, answers are generated one after the other and prompts are not cached. One without a limit reads up to
    /// <see cref="MaxContext"/>.
    /// </summary>
    public string? ContextMethod { get; init; }

    /// <summary>How products are computed. Default: F32.</summary>
    public Arithmetic Precision { get; init; }

    /// <summary>Folder whose subfolders may be loaded as adapters while the server runs; null to refuse that.</summary>
    public string? AdapterFolder { get; init; }

    /// <summary>Address to listen on. One that other machines reach needs a key. Default: 127.0.0.1.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen on; 0 for a free one. Default: 8080.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Key that clients must send; null for none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// Format of cached keys and values: F32, BF16 or Q8_0 (8 bits). Fewer bits hold more tokens in the same memory and change the logits.
    /// Default: F32.
    /// </summary>
    public NumberFormat CacheFormat { get; init; } = NumberFormat.F32;

    /// <summary>Maximum bytes of cached keys and values for each model name. Default: 1 GiB.</summary>
    public long CacheBytes { get; init; } = PromptDecoder.DefaultCacheBytes;

    /// <summary>Maximum number of tokens of a prompt and its answer; null for the model's window.</summary>
    public int? MaxContext { get; init; }

    /// <summary>Maximum number of answers that are generated at a time, for each model name. Default: 32.</summary>
    public int Concurrency { get; init; } = 32;

    /// <summary>Maximum number of requests in progress, those that wait included. Default: 256.</summary>
    public int MaxRequests { get; init; } = 256;

    /// <summary>Maximum number of prompt tokens that are read before running answers go on. Default: 256.</summary>
    public int PrefillTokens { get; init; } = 256;

    /// <summary>Maximum bytes of a request's body; null for 4 MiB and 64 bytes for each token of the window.</summary>
    public long? MaxBodyBytes { get; init; }

    /// <summary>Maximum number of open connections. Default: 1,024.</summary>
    public int MaxConnections { get; init; } = 1_024;

    /// <summary>Maximum time for the headers of a request. Default: 15 s.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Maximum time that a connection may be idle. Default: 130 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Time without an event after which a stream gets a comment line. Default: 5 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether prompts and answers are logged. Default: false.</summary>
    public bool LogsPrompts { get; init; }

    /// <summary>Validates the options.</summary>
    /// <exception cref="InputException">An option is out of range, or other machines could use the server without a key.</exception>
    public void Check()
    {
        CheckAddress(Host, Port, ApiKey);
        string? problem =
            Concurrency is < 1 or > 256 ? $"{nameof(Concurrency)} is {Concurrency}; use 1 to 256."
            : MaxRequests < 1 ? $"{nameof(MaxRequests)} is {MaxRequests}; use 1 or more."
            : PrefillTokens < 1 ? $"{nameof(PrefillTokens)} is {PrefillTokens}; use 1 or more."
            : MaxConnections < 1 ? $"{nameof(MaxConnections)} is {MaxConnections}; use 1 or more."
            : CacheFormat is not (NumberFormat.F32 or NumberFormat.BF16 or NumberFormat.Q8_0)
                ? $"{nameof(CacheFormat)} is {CacheFormat}; use F32, BF16 or Q8_0."
            : ContextMethod is not null && CacheFormat != NumberFormat.F32
                ? $"{nameof(CacheFormat)} is {CacheFormat}, but a context method keeps keys and values in a format of its own; use F32."
            : MaxContext < 2 ? $"{nameof(MaxContext)} is {MaxContext}; use 2 or more."
            : Adapters.Select(a => a.Name).Append(ModelName).GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice
                ? $"Two models have the name {twice.Key}; give each its own."
            : null;
        if (problem is not null)
        {
            throw new InputException(problem);
        }
    }

    /// <summary>Validates an address with its key.</summary>
    /// <exception cref="InputException">One of them is out of range, or other machines could use the server without a key.</exception>
    internal static void CheckAddress(IPAddress host, int port, string? key)
    {
        string? problem =
            !IPAddress.IsLoopback(host) && key is null
                ? $"The address {host} can be reached by other machines, so it needs an API key. Set one, or listen on 127.0.0.1."
            : key is { Length: < 16 } ? "The API key has fewer than 16 characters; use a longer one."
            : key?.Any(c => c is <= ' ' or > '~') == true ? "The API key has characters that are not visible ASCII; use letters."
            : port is < 0 or > 65_535 ? $"{nameof(Port)} is {port}; use 0 to 65535."
            : null;
        if (problem is not null)
        {
            throw new InputException(problem);
        }
    }
}
