using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Prints the text that a file yields (<c>farsight documents show</c>).</summary>
static class DocumentsShowCommand
{
    internal static Command Create()
    {
        Argument<string> file = new("file") { Description = "File or folder with documents." };
        Option<bool> marks = new("--marks")
        {
            Description = "Print a line such as [page 2] where a page or section begins. Default: the text only.",
        };
        Command command = new("show", "Print the text that a file yields, and warnings about parts that cannot be read.") { file, marks };
        command.SetAction((parse, cancel) => Task.Run(() => Show(parse, parse.GetValue(file)!, parse.GetValue(marks), cancel), cancel));
        return command;
    }

    static int Show(ParseResult parse, string path, bool hasMarks, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        foreach (SourceDocument document in Read(parse, path, cancel))
        {
            if (hasMarks)
            {
                output.Write($"[{document.Id}]\n");
            }
            int start = 0;
            foreach (TextMark mark in hasMarks ? document.Marks : [])
            {
                string before = document.Text[start..mark.Offset];
                output.Write($"{before}{(before.Length == 0 || before.EndsWith('\n') ? "" : "\n")}[{mark.Label}]\n");
                start = mark.Offset;
            }
            output.Write($"{document.Text[start..]}{(document.Text.EndsWith('\n') ? "" : "\n")}");
        }
        return ExitCode.Done;
    }

    /// <summary>Reads the documents of a path. Repairs and what cannot be read are written to standard error.</summary>
    /// <exception cref="InputException">The path yields no text.</exception>
    internal static IEnumerable<SourceDocument> Read(ParseResult parse, string path, CancellationToken cancel)
    {
        TextWriter error = parse.InvocationConfiguration.Error;
        CorpusReport report = new();
        CorpusOptions options = new(path)
        {
            HasWholeRows = true,
            Notice = error.WriteLine,
            Told = _ => cancel.ThrowIfCancellationRequested(),
        };
        foreach (SourceDocument document in DocumentReader.Read(options, report))
        {
            yield return document;
        }
        string[] sentences = [.. report.Sentences()];
        if (report.Kept == 0)
        {
            throw new InputException($"'{path}' yields no text. {string.Join(' ', sentences)}");
        }
        foreach (string sentence in sentences)
        {
            error.WriteLine(sentence);
        }
    }
}

/// <summary>Prints the chunks of the text that a file yields (<c>farsight documents chunks</c>).</summary>
static class DocumentsChunksCommand
{
    static readonly JsonSerializerOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Command Create()
    {
        Argument<string> file = new("file") { Description = "File or folder with documents." };
        Option<int> length = new("--length")
        {
            Description = "Maximum length of a chunk, in tokens with --tokenizer, else in characters (Unicode code points).",
            Required = true,
        };
        length.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--length must be at least 1.");
            }
        });
        Option<string> tokenizer = SharedOptions.Tokenizer(
            "tokenizer.json file or model directory, to measure chunks in tokens. Default: lengths in characters.");
        Command command = new("chunks", "Print the text of a file in chunks that end at sentences, one JSON string per line.")
        {
            file, length, tokenizer,
        };
        command.SetAction((parse, cancel) => Task.Run(
            () => Print(parse, parse.GetValue(file)!, parse.GetValue(length), parse.GetValue(tokenizer), cancel), cancel));
        return command;
    }

    static int Print(ParseResult parse, string path, int length, string? model, CancellationToken cancel)
    {
        Tokenizer? tokenizer = model is null ? null : Tokenizer.Load(BundledFiles.LocateModel(model));
        foreach (SourceDocument document in DocumentsShowCommand.Read(parse, path, cancel))
        {
            IEnumerable<string> chunks = tokenizer is null
                ? SentenceChunks.Cut(document.Text, length)
                : TokenChunks.Cut(document.Text, tokenizer, length);
            foreach (string chunk in chunks)
            {
                cancel.ThrowIfCancellationRequested();
                parse.InvocationConfiguration.Output.Write(JsonSerializer.Serialize(chunk, s_relaxed) + "\n");
            }
        }
        return ExitCode.Done;
    }
}
