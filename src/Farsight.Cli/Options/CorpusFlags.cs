using System.CommandLine;
using Farsight.Alignment.Corpus;

namespace Farsight.Cli.Options;

/// <summary>Represents the options of every command that reads a corpus: record format, filters and sampling.</summary>
sealed class CorpusFlags
{
    static readonly Dictionary<string, DocumentFormat> s_formats = Enum.GetValues<DocumentFormat>()
        .ToDictionary(f => f.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    readonly Option<string> _format = SharedOptions.Choice("--format", "Record format of the files.", s_formats.Keys, "auto");
    readonly Option<string> _field = new("--field")
    {
        Description = "Field of a JSON record that contains the text.",
        DefaultValueFactory = _ => "text",
    };
    readonly Option<double> _nearDuplicates = new("--near-duplicates");
    readonly Option<double> _drawShare = new("--draw-share")
    {
        Description = "Probability, 0 to 1, that a document is read. It depends on --seed and the document's name.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<int?> _draw = new("--draw")
    {
        Description = "Maximum number of documents, drawn with --seed after all other filters. Default: no limit.",
    };
    readonly Option<int?> _minLength = new("--min-length")
    {
        Description = "Minimum document length, in tokens if a tokenizer is given, else in characters. Default: no limit.",
    };
    readonly Option<int?> _maxLength = new("--max-length")
    {
        Description = "Maximum document length, in the unit of --min-length. Default: no limit.",
    };

    readonly Option<bool> _strict = new("--strict")
    {
        Description = "End with an error at the first record without its text. Default: such records are dropped and counted.",
    };

    /// <summary>Creates the options.</summary>
    /// <param name="nearDuplicates">The default of --near-duplicates; 0 keeps all documents.</param>
    internal CorpusFlags(double nearDuplicates)
    {
        _nearDuplicates.Description =
            "Similarity, 0 to 1, at which a document is dropped as a duplicate of an earlier one (shared five-word runs). 0 keeps all.";
        _nearDuplicates.DefaultValueFactory = _ => nearDuplicates;
    }

    /// <summary>Adds the options to a command.</summary>
    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _format, _field, _nearDuplicates, _minLength, _maxLength, _drawShare, _draw, _strict })
        {
            command.Add(option);
        }
    }

    /// <summary>Reads the options from a command line.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="path">The folder or file with documents.</param>
    /// <param name="seed">Seed of the sampling.</param>
    /// <param name="tokens">Counts the tokens of a text; null if there is no tokenizer.</param>
    internal CorpusOptions Options(ParseResult parse, string path, int seed, Func<string, int>? tokens)
    {
        int? least = parse.GetValue(_minLength), most = parse.GetValue(_maxLength), count = parse.GetValue(_draw);
        double similarity = parse.GetValue(_nearDuplicates), share = parse.GetValue(_drawShare);
        return new(path)
        {
            Format = s_formats[parse.GetValue(_format)!],
            Field = parse.GetValue(_field)!,
            IsStrict = parse.GetValue(_strict),
            NearDuplicate = similarity == 0 ? null : similarity,
            Length =
                least is null && most is null
                    ? null
                    : new(least ?? 0, most ?? int.MaxValue, tokens is null ? "characters" : "tokens", tokens ?? (t => t.Length)),
            Sample = share == 1 && count is null ? null : new(seed, share, count),
        };
    }
}
