using System.CommandLine;
using Farsight.Alignment.Endpoints;
using Farsight.Engine;

namespace Farsight.Cli.Options;

/// <summary>The options of commands that can ask a server instead of a model of this process.</summary>
/// <param name="prefix">Before every name: "judge-" makes --judge-endpoint.</param>
/// <param name="whose">What the descriptions call the model: "one model".</param>
sealed class EndpointFlags(string prefix = "", string whose = "one model")
{
    readonly Option<string[]> _endpoints = new($"--{prefix}endpoint")
    {
        Description = $"Addresses of OpenAI-compatible servers of {whose}, as in http://localhost:8000/v1; work is spread over several.",
        AllowMultipleArgumentsPerToken = true,
    };
    readonly Option<string?> _model = new($"--{prefix}endpoint-model") { Description = "The model's name, as the endpoint knows it." };
    readonly Option<string> _keyVariable = new($"--{prefix}endpoint-key-variable")
    {
        Description = "Environment variable that holds the endpoint's key.",
        DefaultValueFactory = _ => EndpointOptions.DefaultKeyVariable,
    };
    readonly Option<int> _concurrency = new($"--{prefix}concurrency")
    {
        Description = "Most requests under way at one endpoint.",
        DefaultValueFactory = _ => 8,
    };
    readonly Option<double> _timeout = new($"--{prefix}timeout")
    {
        Description = "Seconds that an endpoint may take for an answer.",
        DefaultValueFactory = _ => 300,
    };
    readonly Option<string?> _cache = new($"--{prefix}cache")
    {
        Description = "Folder that keeps an endpoint's answers, so that a repeated run asks nothing twice.",
    };
    readonly Option<decimal[]> _price = new($"--{prefix}endpoint-price")
    {
        Description = "What a million tokens cost, read and written, as in 0.5 1.5; the sum is reported.",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_endpoints, _model, _keyVariable, _concurrency, _timeout, _cache, _price])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The endpoints that were asked for, checked as far as possible without asking them; null without --endpoint.</summary>
    /// <exception cref="InputException">Something is wrong or missing, or stands there without --endpoint.</exception>
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
                    $"{alone.Name} has no meaning without {_endpoints.Name}; give the address of a server, or leave it out.");
        }
        double seconds = parse.GetValue(_timeout);
        EndpointOptions options = new(endpoints, parse.GetValue(_model) ?? "")
        {
            KeyVariable = parse.GetValue(_keyVariable)!,
            Concurrency = parse.GetValue(_concurrency),
            Timeout = seconds is > 0 and <= 86_400
                ? TimeSpan.FromSeconds(seconds)
                : throw new InputException($"--timeout is {seconds}; use more than 0 seconds, at most a day (86400)."),
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
