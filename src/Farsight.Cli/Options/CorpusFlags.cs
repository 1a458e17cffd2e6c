using System.CommandLine;
using Farsight.Alignment.Corpus;

namespace Farsight.Cli.Options;

/// <summary>
/// The options of every command that reads a corpus: what its records are, which documents count, and which part is drawn.
/// </summary>
sealed class CorpusFlags
{
    static readonly Dictionary<string, DocumentFormat> s_formats = Enum.GetValues<DocumentFormat>()
        .ToDictionary(f => f.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    readonly Option<string> _format = new("--format")
    {
        Description = "How documents lie in the files: auto, text, field, conversations or instruction.",
        DefaultValueFactory = _ => "auto",
    };
    readonly Option<string> _field = new("--field")
    {
        Description = "The field of a JSON record that holds the text.",
        DefaultValueFactory = _ => "text",
    };
    readonly Option<double> _nearDuplicates = new("--near-duplicates");
    readonly Option<double> _share = new("--draw-share")
    {
        Description = "Each document's chance to be read, up to 1; whether it is depends on --seed and its name.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<int?> _count = new("--draw")
    {
        Description = "Most documents to draw, by --seed, of those that the other options let through.",
    };
    readonly Option<int?> _least = new("--min-length")
    {
        Description = "Drop shorter documents; in tokens where there is a tokenizer, else in characters.",
    };
    readonly Option<int?> _most = new("--max-length") { Description = "Drop longer documents." };

    /// <summary>The options.</summary>
    /// <param name="nearDuplicates">The similarity from which later documents are dropped, unless the user says otherwise; 0 keeps
    /// all.</param>
    internal CorpusFlags(double nearDuplicates)
    {
        _format.AcceptOnlyFromAmong([.. s_formats.Keys]);
        _nearDuplicates.Description =
            "Drop documents that share this part of their runs of five words with an earlier one, 0.8 for instance; 0 keeps all.";
        _nearDuplicates.DefaultValueFactory = _ => nearDuplicates;
    }

    /// <summary>Adds them to a command.</summary>
    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _format, _field, _nearDuplicates, _least, _most, _share, _count })
        {
            command.Add(option);
        }
    }

    /// <summary>What the user asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="path">Folder or file.</param>
    /// <param name="seed">Of the drawing.</param>
    /// <param name="tokens">Counts a text's tokens; null where there is no tokenizer.</param>
    internal CorpusOptions Options(ParseResult parse, string path, int seed, Func<string, int>? tokens)
    {
        int? least = parse.GetValue(_least), most = parse.GetValue(_most), count = parse.GetValue(_count);
        double similarity = parse.GetValue(_nearDuplicates), share = parse.GetValue(_share);
        return new(path)
        {
            Format = s_formats[parse.GetValue(_format)!],
            Field = parse.GetValue(_field)!,
            NearDuplicate = similarity == 0 ? null : similarity,
            Length =
                least is null && most is null
                    ? null
                    : new(least ?? 0, most ?? int.MaxValue, tokens is null ? "characters" : "tokens", tokens ?? (t => t.Length)),
            Sample = share == 1 && count is null ? null : new(seed, share, count),
        };
    }
}
