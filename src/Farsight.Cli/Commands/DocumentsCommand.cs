using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight documents</c>: invented long documents with questions, to train and to try things on.</summary>
static class DocumentsCommand
{
    /// <summary>As recipes spell them.</summary>
    static readonly Dictionary<string, FictionQueryKind> s_kinds =
        Enum.GetValues<FictionQueryKind>().ToDictionary(k => JsonSerializer.SerializeToElement(k, RecipeFile.Json).GetString()!);

    public static Command Create()
    {
        Option<string> folder = new("--out") { Description = "Folder to write into; made if missing.", Required = true };
        Option<int> count = new("--count") { Description = "Number of documents.", DefaultValueFactory = _ => 10 };
        Option<int> words = new("--words") { Description = "Least words of each document.", DefaultValueFactory = _ => 5000 };
        Option<int> seed = new("--seed") { Description = "The same seed gives the same documents.", DefaultValueFactory = _ => 1 };
        Option<string> format = new("--format")
        {
            Description = "txt: one file a document, and questions.json; jsonl: one file for all.",
            DefaultValueFactory = _ => "txt",
        };
        format.AcceptOnlyFromAmong("txt", "jsonl");
        Option<string[]> questions = new("--questions")
        {
            Description =
                "What is asked: single (one detail each), multi (two details of different things at once), summary (all that the text says of a person, town or thing).",
            DefaultValueFactory = _ => ["single"],
            AllowMultipleArgumentsPerToken = true,
        };
        questions.AcceptOnlyFromAmong([.. s_kinds.Keys]);
        Option<bool> force = new("--force") { Description = "Replace files in a folder that is not empty." };

        Command command = new("documents", "Writes invented long documents, each with questions and answers.")
        {
            folder, count, words, seed, format, questions, force,
        };
        command.SetAction((parse, cancellation) =>
        {
            FictionFormat form = parse.GetValue(format) == "txt" ? FictionFormat.Txt : FictionFormat.Jsonl;
            FictionFolder request = new(
                parse.GetValue(folder)!, parse.GetValue(count), parse.GetValue(words), parse.GetValue(seed), form, parse.GetValue(force))
            {
                Kinds = [.. parse.GetValue(questions)!.Distinct().Select(name => s_kinds[name])],
            };
            return RunAsync(request, parse.InvocationConfiguration.Output, cancellation);
        });
        return command;
    }

    static Task<int> RunAsync(FictionFolder request, TextWriter output, CancellationToken cancellation)
    {
        FictionTotals totals;
        using (Progress progress = new(request.Count))
        {
            totals = request.Write(progress, cancellation);
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Folder}: {totals.Documents} documents, {totals.Words} words, {totals.Questions} questions"));
        return Task.FromResult(ExitCode.Done);
    }

    /// <summary>Silent for two seconds: most runs are over by then.</summary>
    sealed class Progress(int count) : IProgress<int>, IDisposable
    {
        static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

        readonly long _started = Stopwatch.GetTimestamp();
        ProgressLine? _line;

        public void Report(int value)
        {
            if (Stopwatch.GetElapsedTime(_started) >= s_patience)
            {
                _line ??= ProgressLine.OnStandardError("document");
                _line.Report(value, count, "");
            }
        }

        public void Dispose() => _line?.Dispose();
    }
}
