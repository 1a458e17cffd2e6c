using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Inference;

namespace Farsight.Cli.Options;

/// <summary>The options that <c>generate</c> and <c>chat</c> have in common: which model, and how it chooses tokens.</summary>
sealed class SamplingOptions
{
    readonly Option<string> _model = new("--model") { Description = "Model directory in Hugging Face's layout.", Required = true };
    readonly Option<string?> _adapter = new("--adapter") { Description = "Adapter directory in PEFT's layout." };
    readonly Option<string?> _rope = new("--rope")
    {
        Description = $"RoPE scaling instead of the model's or adapter's own: {RopeOption.Spellings}.",
    };
    readonly Option<int> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Most tokens of an answer.",
        DefaultValueFactory = _ => 256,
    };
    readonly Option<double> _temperature = new("--temperature")
    {
        Description = "Divides the logits; 0 takes the likeliest token each time.",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _topP = new("--top-p")
    {
        Description = "Draw among the likeliest tokens that hold this share of the probability.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<int> _topK = new("--top-k")
    {
        Description = "Draw among so many of the likeliest tokens; 0 for all.",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _minP = new("--min-p")
    {
        Description = "Draw among tokens at least so many times as likely as the likeliest; 0 for all.",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _penalty = new("--repetition-penalty")
    {
        Description = "Makes tokens less likely that are in the text already; 1 for none.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Text that ends an answer and is no part of it; may be given several times.",
    };
    readonly Option<int> _seed = new("--seed") { Description = "Decides the draws.", DefaultValueFactory = _ => 1 };
    readonly ThreadsOption _threads = new();

    internal Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };

    internal void AddTo(Command command)
    {
        foreach (
            Option option in (Option[])
                [_model, _adapter, _rope, _maxNewTokens, _temperature, _topP, _topK, _minP, _penalty, _stop, _seed, _threads, Json])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Opens the model, and sets the threads of this process.</summary>
    internal LoadedModel Open(ParseResult parse)
    {
        _threads.Apply(parse);
        string directory = Bundled.Locate(parse.GetValue(_model)!);
        string? rope = parse.GetValue(_rope);
        return LoadedModel.Open(
            directory, parse.GetValue(_adapter),
            rope is null ? null : RopeOption.Parse(rope, ModelFiles.ReadConfig(directory)),
            Console.Error.WriteLine);
    }

    /// <exception cref="InputException">A value is out of range.</exception>
    internal TextOptions Of(ParseResult parse)
    {
        TextOptions options = new(
            parse.GetValue(_maxNewTokens),
            new(parse.GetValue(_temperature), parse.GetValue(_topP), parse.GetValue(_topK), parse.GetValue(_minP)))
        {
            RepetitionPenalty = parse.GetValue(_penalty),
            Stop = [.. (parse.GetValue(_stop) ?? []).Select(Unescaped)],
            Seed = parse.GetValue(_seed),
        };
        options.Check();
        return options;
    }

    /// <summary>\n and \t as a shell cannot easily write them.</summary>
    static string Unescaped(string text) =>
        text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal);
}
