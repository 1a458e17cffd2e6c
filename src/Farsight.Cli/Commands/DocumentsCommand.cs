using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli.Commands;

/// <summary>
/// Generates long documents with questions (<c>farsight documents</c>); its subcommands print the text and the chunks of files.
/// </summary>
static class DocumentsCommand
{
    /// <summary>The kinds by their names in recipes.</summary>
    static readonly Dictionary<string, FictionQueryKind> s_kinds =
        Enum.GetValues<FictionQueryKind>().ToDictionary(k => JsonSerializer.SerializeToElement(k, RecipeFile.Json).GetString()!);

    public static Command Create()
    {
        Option<string> folder = SharedOptions.Out("Folder to write to; created if missing.");
        Option<int> count = new("--count") { Description = "Number of documents.", DefaultValueFactory = _ => 10 };
        Option<int> words = new("--words") { Description = "Minimum words per document.", DefaultValueFactory = _ => 5000 };
        Option<int> seed = SharedOptions.Seed();
        Option<string> format = SharedOptions.Choice(
            "--format",
            "File format: txt (one file per document, and questions.json, which no command reads) or jsonl (one file, with questions).",
            ["txt", "jsonl"], "txt");
        Option<string[]> questions = new("--questions")
        {
            Description =
                "Question kinds: single (one detail), multi (two details of different things), summary (all facts about one thing).",
            DefaultValueFactory = _ => ["single"],
            AllowMultipleArgumentsPerToken = true,
        };
        questions.AcceptOnlyFromAmong([.. s_kinds.Keys]);
        Option<bool> force = new("--force") { Description = "Overwrite files in a folder that is not empty." };

        Command command = new("documents", "Generate long documents with questions and answers, or print the text of files.")
        {
            folder, count, words, seed, format, questions, force, DocumentsShowCommand.Create(), DocumentsChunksCommand.Create(),
        };
        command.SetAction((parse, cancellation) =>
        {
            FictionFormat form = parse.GetValue(format) == "txt" ? FictionFormat.Txt : FictionFormat.Jsonl;
            FictionFolder request = new(
                parse.GetValue(folder)!, parse.GetValue(count), parse.GetValue(words), parse.GetValue(seed), form, parse.GetValue(force))
            {
                Kinds = [.. parse.GetValue(questions)!.Distinct().Select(name => s_kinds[name])],
            };
            if (!request.Force && Directory.Exists(request.Folder) && request.IsTaken)
            {
                throw new InputException(
                    $"The folder '{request.Folder}' is not empty. Specify another one, or overwrite its files with {force.Name}.");
            }
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

    /// <summary>Shows progress after two seconds; most runs are finished by then.</summary>
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
