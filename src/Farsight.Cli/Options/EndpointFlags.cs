using System.CommandLine;
using Farsight.Alignment.Endpoints;
using Farsight.Engine;

namespace Farsight.Cli.Options;

/// <summary>Represents the options of commands that can use an OpenAI-compatible server instead of a local model.</summary>
/// <param name="prefix">A prefix for every name: "judge-" creates --judge-endpoint.</param>
/// <param name="model">Name of the model in the descriptions: "the model".</param>
sealed class EndpointFlags(string prefix = "", string model = "the model")
{
    readonly Option<string[]> _endpoints = new($"--{prefix}endpoint")
    {
        Description =
            $"Addresses of OpenAI-compatible servers of {model}, as in http://localhost:8000/v1. They share the requests. Default: none.",
        AllowMultipleArgumentsPerToken = true,
    };
    readonly Option<string?> _model = new($"--{prefix}endpoint-model")
    {
        Description = $"Model name at the endpoint. Required with --{prefix}endpoint.",
    };
    readonly Option<string> _keyVariable = new($"--{prefix}endpoint-key-variable")
    {
        Description = "Environment variable with the API key of the endpoint.",
        DefaultValueFactory = _ => EndpointOptions.DefaultKeyVariable,
    };
    readonly Option<int> _concurrency = new($"--{prefix}concurrency")
    {
        Description = "Maximum concurrent requests per endpoint.",
        DefaultValueFactory = _ => 8,
    };
    readonly Option<double> _timeout = new($"--{prefix}timeout")
    {
        Description = "Timeout per request, in seconds.",
        DefaultValueFactory = _ => 300,
    };
    readonly Option<string?> _cache = new($"--{prefix}cache")
    {
        Description = "Cache folder for responses. A repeated run does not send the same request again. Default: no cache.",
    };
    readonly Option<decimal[]> _price = new($"--{prefix}endpoint-price")
    {
        Description = "Price per million input tokens and per million output tokens, as in 0.5 1.5, to report the cost. Default: none.",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>Gets the options in the order of the help.</summary>
    internal IReadOnlyList<Option> All => [_endpoints, _model, _keyVariable, _concurrency, _timeout, _cache, _price];

    internal void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads and validates the options without sending a request; returns null if --endpoint was not given.</summary>
    /// <exception cref="InputException">A value is invalid or missing, or an option was given without --endpoint.</exception>
    internal EndpointOptions? Of(ParseResult parse)
    {
        string[] endpoints = parse.GetValue(_endpoints) ?? [];
        if (endpoints.Length == 0)
        {
            Option? alone = ((Option[])[_model, _keyVariable, _concurrency, _timeout, _cache, _price]).FirstOrDefault(o =>
                parse.GetResult(o) is { Implicit: false });
            return alone is null
                ? null
                : throw new InputException(
                    $"{alone.Name} requires {_endpoints.Name}. Add the address of a server, or remove {alone.Name}.");
        }
        double seconds = parse.GetValue(_timeout);
        EndpointOptions options = new(endpoints, parse.GetValue(_model) ?? "")
        {
            KeyVariable = parse.GetValue(_keyVariable)!,
            Concurrency = parse.GetValue(_concurrency),
            Timeout = seconds is > 0 and <= 86_400
                ? TimeSpan.FromSeconds(seconds)
                : throw new InputException($"{_timeout.Name} is {seconds}. Use more than 0 and at most 86400 seconds (one day)."),
            Cache = parse.GetValue(_cache),
            Prices = parse.GetValue(_price) is [decimal input, decimal output] ? new(input, output) : null,
        };
        options.Check(property => property switch
        {
            nameof(EndpointOptions.Urls) => _endpoints.Name,
            nameof(EndpointOptions.Model) => _model.Name,
            nameof(EndpointOptions.Concurrency) => _concurrency.Name,
            nameof(EndpointOptions.Prices) => _price.Name,
            nameof(EndpointOptions.Cache) => _cache.Name,
            _ => property,
        });
        return options;
    }
}
