using System.CommandLine;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Cli.Options;

/// <summary>Represents the options that <c>generate</c> and <c>chat</c> share: the model and the sampling of tokens.</summary>
sealed class SamplingOptions
{
    readonly Option<string> _model = SharedOptions.ModelOrAdapters(), _adapter = SharedOptions.Adapter(), _rope = SharedOptions.Rope();
    readonly Option<int> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Maximum number of generated tokens.",
        DefaultValueFactory = _ => 256,
    };
    readonly Option<double> _temperature = new("--temperature")
    {
        Description = "Sampling temperature. 0 selects the most likely token.",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _topP = new("--top-p")
    {
        Description = "Nucleus sampling: cumulative probability of the most likely tokens to sample from. 1 disables it.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<int> _topK = new("--top-k")
    {
        Description = "Number of most likely tokens to sample from. 0 disables it.",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _minP = new("--min-p")
    {
        Description = "Minimum probability of a token relative to the most likely one. 0 disables it.",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _penalty = new("--repetition-penalty")
    {
        Description = "Penalty for tokens that are already in the text. 1 disables it.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Stop text; generation ends before it. Repeatable.",
    };
    readonly Option<int> _seed = SharedOptions.Seed();
    readonly ContextMethodOption _contextMethod = new();
    readonly ThreadsOption _threads = new();

    internal Option<bool> Json { get; } = SharedOptions.Json("Print each answer as JSON.");

    internal void AddTo(Command command)
    {
        foreach (
            Option option in (Option[])
                [
                    _model, _adapter, _rope, _maxNewTokens, _temperature, _topP, _topK, _minP, _penalty, _stop, _seed, _contextMethod,
                    _threads, Json,
                ])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Opens the model and sets the threads of this process.</summary>
    internal LoadedModel Open(ParseResult parse)
    {
        _threads.Apply(parse);
        string directory = SharedOptions.LocateModel(parse, _model, _adapter);
        string? rope = parse.GetValue(_rope);
        return LoadedModel.Open(
            directory, parse.GetValue(_adapter),
            rope is null ? null : RopeOption.Parse(rope, ModelFiles.ReadConfig(directory)),
            Console.Error.WriteLine);
    }

    /// <summary>Returns the context method; null for none.</summary>
    /// <exception cref="InputException">The name or an option is not valid.</exception>
    internal ContextMethod? MethodOf(ParseResult parse) => _contextMethod.Of(parse);

    /// <exception cref="InputException">A value is out of range.</exception>
    internal GenerationOptions Of(ParseResult parse)
    {
        GenerationOptions options = new(parse.GetValue(_maxNewTokens))
        {
            Temperature = parse.GetValue(_temperature),
            TopP = parse.GetValue(_topP),
            TopK = parse.GetValue(_topK),
            MinP = parse.GetValue(_minP),
            RepetitionPenalty = parse.GetValue(_penalty),
            Stop = [.. (parse.GetValue(_stop) ?? []).Select(Unescaped)],
            Seed = parse.GetValue(_seed),
        };
        options.Check(property => "--" + JsonNamingPolicy.KebabCaseLower.ConvertName(property));
        return options;
    }

    /// <summary>Replaces \n and \t, which are hard to type in a shell.</summary>
    static string Unescaped(string text) =>
        text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal);
}
