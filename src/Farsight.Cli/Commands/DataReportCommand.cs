using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Corpus;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Reports the content of a corpus and what reading it would repair and drop (<c>farsight data report</c>).</summary>
static class DataReportCommand
{
    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static readonly Argument<string> s_path = new("path") { Description = "File or folder with documents." };
    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(
        "tokenizer.json file or model directory, to measure lengths in tokens. Default: lengths in characters.");
    static readonly Option<int> s_seed = SharedOptions.Seed("Random seed of the document sample.");
    static readonly Option<bool> s_json = SharedOptions.Json();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);

    internal static Command Create()
    {
        Command command = new("report", "Report the documents, lengths, repairs and dropped records of a corpus.")
        {
            s_path,
            s_tokenizer,
            s_seed,
            s_json,
        };
        s_corpus.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string path = parse.GetValue(s_path)!;
        Tokenizer? tokenizer = parse.GetValue(s_tokenizer) is { } file ? Tokenizer.Load(BundledFiles.LocateModel(file)) : null;
        CorpusOptions options = s_corpus.Options(
            parse,
            path,
            parse.GetValue(s_seed),
            tokenizer is null ? null : text => tokenizer.Encode(text).Length);
        CorpusReport report = new();
        long tokens = 0;
        using (ProgressLine line = ProgressLine.OnStandardError("document"))
        {
            foreach (SourceDocument document in DocumentReader.Read(options with { Told = Told, Notice = _ => { } }, report))
            {
                tokens += tokenizer?.Count(document.Text) ?? 0;
            }

            void Told(CorpusReport soFar)
            {
                cancel.ThrowIfCancellationRequested();
                line.Report(soFar.Read, 0, $"kept {soFar.Kept}");
            }
        }
        long? counted = tokenizer is null ? null : tokens;
        parse.InvocationConfiguration.Output.Write(parse.GetValue(s_json) ? Json(report, counted) : Text(path, report, counted));
        return ExitCode.Done;
    }

    static string Json(CorpusReport report, long? tokens)
    {
        JsonObject json = report.ToJson();
        if (tokens is { } count)
        {
            json["tokens"] = count;
        }
        return json.ToJsonString(s_indented) + "\n";
    }

    static string Text(string path, CorpusReport report, long? tokens)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(path);
        Line(text, "files", $"{report.Files} ({string.Join(", ", report.Formats.Select(f => $"{f.Key} {f.Value}"))})");
        Line(text, "read", $"{Count(report.Read, "document")}");
        string counted = tokens is { } count ? $", {Count(count, "token")}" : "";
        Line(text, "kept", $"{Count(report.Kept, "document")}, {Count(report.Characters, "character")}{counted}");
        Line(text, "questions", $"{report.Questions} in {Count(report.WithQuestions, "document")}");
        Counts(text, "dropped", report.Dropped);
        Counts(text, "repaired", report.Repaired);
        if (report.LeftOut.Count > 0)
        {
            Counts(text, "left out", report.LeftOut);
        }
        if (report.Scripts.Count > 0)
        {
            Line(text, "scripts", $"{string.Join(", ", report.Scripts.Select(s => $"{s.Key} {s.Value}"))}");
        }
        foreach ((int power, long documents) in report.Lengths)
        {
            Line(text, "length", $"{1L << power} to {(1L << (power + 1)) - 1} characters: {documents}");
        }
        if (report.PassedOver.Count > 0)
        {
            Line(text, "skipped", $"{Count(report.PassedOver.Count, "file")} without documents, the first is {report.PassedOver[0]}");
        }
        Notes(text, "refused", report.Refused);
        Notes(text, "warnings", report.Warnings);
        return text.ToString();
    }

    static void Notes(StringWriter text, string label, IReadOnlyList<FileNote> notes)
    {
        const int MaxShown = 20;
        foreach (FileNote note in notes.Take(MaxShown))
        {
            Line(text, label, $"{note.File}: {note.Sentence}");
        }
        if (notes.Count > MaxShown)
        {
            Line(text, label, $"and {notes.Count - MaxShown} more, which --json lists");
        }
    }

    static void Counts(StringWriter text, string label, IReadOnlyDictionary<string, CorpusCount> counts)
    {
        foreach ((string name, CorpusCount count) in counts)
        {
            string places =
                count.Places == count.Documents ? "" : string.Create(CultureInfo.InvariantCulture, $" in {count.Places} places");
            string first = count.Examples.Count == 1 ? $"is {count.First}" : $"are {string.Join(", ", count.Examples)}";
            Line(text, label, $"{name}: {Count(count.Documents, "document")}{places}, the first {first}");
        }
        if (counts.Count == 0)
        {
            Line(text, label, $"none");
        }
    }

    static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    static void Line(StringWriter text, string label, FormattableString value) =>
        text.WriteLine($"  {label,-11}  {value.ToString(CultureInfo.InvariantCulture)}");
}
