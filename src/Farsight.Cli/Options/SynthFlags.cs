using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Synthesis;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Options;

/// <summary>Represents the options of every command that synthesizes a dataset: model, documents, number, seed, output and shard.</summary>
/// <remarks>A command that asks the model also has threads, and an endpoint where the method can use one.</remarks>
sealed class SynthFlags
{
    readonly Option<string> _model, _documents, _out = SharedOptions.Out("Dataset to write (.jsonl). Rerun the same command to resume.");
    readonly Option<int> _samples, _seed = SharedOptions.Seed(required: true);
    readonly Option<string> _shard = SharedOptions.Shard();
    readonly CorpusFlags _corpus = new(nearDuplicates: 0.8);
    readonly ThreadsOption? _threads;
    readonly EndpointFlags? _endpoint;

    /// <summary>Creates the options.</summary>
    /// <param name="model">Description of --model.</param>
    /// <param name="asksModel">Whether the method asks the model.</param>
    /// <param name="hasEndpoint">Whether a model behind an endpoint can be asked.</param>
    /// <param name="samples">Description of --samples.</param>
    /// <param name="documents">Description of --documents; null for the usual one.</param>
    internal SynthFlags(
        string model,
        bool asksModel = true,
        bool hasEndpoint = true,
        string samples = "Number of samples to write.",
        string? documents = null)
    {
        _model = SharedOptions.Model(model);
        _documents = documents is null ? SharedOptions.Documents() : SharedOptions.Documents(documents);
        _samples = new("--samples") { Description = samples, Required = true };
        _threads = asksModel ? new() : null;
        _endpoint = asksModel && hasEndpoint ? new() : null;
    }

    /// <summary>The judge's endpoint, and the options with the judge in them; null for a method without a judge.</summary>
    internal EndpointFlags? Judge { get; init; }

    /// <summary>Creates the command.</summary>
    /// <param name="name">Name below synth.</param>
    /// <param name="description">Description.</param>
    /// <param name="own">The method's own options.</param>
    /// <param name="read">Reads the options of the method.</param>
    /// <param name="described">Describes the size of a chunk, "32 tokens", and the origin of the questions.</param>
    /// <param name="withJudge">Puts the judge into the options; null for a method without a judge.</param>
    internal Command Create<TSettings>(
        string name,
        string description,
        IReadOnlyList<Option> own,
        Func<ParseResult, SynthInput, SynthesisOptions<TSettings>> read,
        Func<TSettings, (string Chunks, string Questions)> described,
        Func<SynthesisOptions<TSettings>, ILanguageModel, SynthesisOptions<TSettings>>? withJudge = null)
        where TSettings : class
    {
        Command command = new(name, description) { _model, _documents, _samples, _seed, _out };
        foreach (Option option in (Option[])[.. own, _shard, .. _threads is null ? Array.Empty<Option>() : [_threads]])
        {
            command.Add(option);
        }
        _corpus.AddTo(command);
        _endpoint?.AddTo(command);
        Judge?.AddTo(command);
        SharedOptions.Limit(command, (_samples, 10_000_000));
        command.SetAction((parse, cancel) => Task.Run(
            () =>
            {
                _threads?.Apply(parse);
                return SynthWork.Run(
                    parse,
                    p => read(p, Input(p)),
                    _endpoint?.Of(parse),
                    described,
                    cancel,
                    withJudge is not null && Judge!.Of(parse) is { } endpoint ? (endpoint, withJudge) : null);
            },
            CancellationToken.None));
        return command;
    }

    SynthInput Input(ParseResult parse)
    {
        (string model, string documents, int seed) = (
            BundledFiles.LocateModel(parse.GetValue(_model)!), parse.GetValue(_documents)!, parse.GetValue(_seed));
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(model));
        return new(
            model,
            documents,
            parse.GetValue(_samples),
            seed,
            parse.GetValue(_out)!,
            _corpus.Options(parse, documents, seed, text => tokenizer.Value.Count(text)),
            parse.GetValue(_shard) is { } shard ? SynthesisShard.Parse(shard) : null);
    }
}

/// <summary>Represents the values of the options that every method of synthesis has.</summary>
/// <param name="Model">Directory of the model.</param>
/// <param name="Documents">Folder or file with the documents.</param>
/// <param name="Samples">Number of samples.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Out">The .jsonl file.</param>
/// <param name="Corpus">How the documents are read.</param>
/// <param name="Shard">The part to write; null for all.</param>
sealed record SynthInput(
    string Model, string Documents, int Samples, int Seed, string Out, CorpusOptions Corpus, SynthesisShard? Shard);
