using System.CommandLine;
using Farsight.Alignment.Evaluation;
using Farsight.Alignment.Evaluation.Report;
using Farsight.Alignment.Generation;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight eval</c>: parses, calls one library method, prints. No evaluation logic here.</summary>
static class EvalCommand
{
    static readonly Option<string[]> s_tasks = new("--task") { Description = "Tasks to run; --list shows them.", DefaultValueFactory = _ => ["needle"], AllowMultipleArgumentsPerToken = true };
    static readonly Option<string> s_model = new("--model") { Description = "Model directory in Hugging Face's layout." };
    static readonly Option<string?> s_adapter = new("--adapter") { Description = "Adapter directory in PEFT's layout." };
    static readonly Option<string?> s_rope = new("--rope") { Description = $"RoPE scaling instead of the model's or adapter's own: {RopeOption.Spellings}." };
    static readonly Option<int[]> s_lengths = new("--length") { Description = "Context lengths in tokens; prompt and room for the answer together.", DefaultValueFactory = _ => [512, 1024, 2048, 4096], AllowMultipleArgumentsPerToken = true };
    static readonly Option<int> s_depths = new("--depths") { Description = "Needle depths, evenly from first to last.", DefaultValueFactory = _ => 5 };
    static readonly Option<int?> s_samples = new("--samples") { Description = "Examples for each cell (length and depth) of tasks that make their own; each task's own number if left out." };
    static readonly Option<string?> s_documents = new("--documents") { Description = "Folder or file with the haystack's documents; invented ones if left out." };
    static readonly Option<int> s_seed = new("--seed") { Description = "Decides needles and haystacks.", DefaultValueFactory = _ => 1 };
    static readonly Option<string?> s_out = new("--out") { Description = "Directory for examples.jsonl, results.json and report.html; an interrupted evaluation continues there." };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = new("--json") { Description = "Print the results as JSON." };
    static readonly Option<bool> s_list = new("--list") { Description = "List the tasks and stop." };

    internal static Command Create()
    {
        Command command = new("eval", "Score a model on long-context tasks.")
        {
            s_tasks, s_model, s_adapter, s_rope, s_lengths, s_depths, s_samples, s_documents, s_seed, s_out, s_threads, s_json, s_list,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(s_list))
        {
            List(output);
            return ExitCode.Done;
        }

        EvalRequest request = new(
            parse.GetValue(s_tasks)!, parse.GetValue(s_lengths)!, parse.GetValue(s_depths), parse.GetValue(s_samples),
            parse.GetValue(s_seed), parse.GetValue(s_documents));
        request.Check();
        string? directory = parse.GetValue(s_out);
        s_threads.Apply(parse);
        using LoadedModel model = Open(parse);
        EvalResults results = Evaluate(request, model, directory, cancel);
        if (directory is not null)
        {
            ReportWriter.Write(Path.Combine(directory, "report.html"), EvalReport.Of($"{model.Name}: long-context evaluation", "", [new(model.Name, results)]));
        }
        output.Write(parse.GetValue(s_json) ? EvalFiles.ToJson(results) : EvalTable.Of(results));
        return ExitCode.Done;
    }

    static LoadedModel Open(ParseResult parse)
    {
        string directory = Bundled.Locate(parse.GetValue(s_model) ?? throw new InputException("--model is missing; name a model directory."));
        string? rope = parse.GetValue(s_rope);
        return LoadedModel.Open(
            directory, parse.GetValue(s_adapter),
            rope is null ? null : RopeOption.Parse(rope, ModelFiles.ReadConfig(directory)));
    }

    static EvalResults Evaluate(EvalRequest request, LoadedModel model, string? directory, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("example");
        try
        {
            return request.Run(model, directory, new Shown(line), cancel);
        }
        catch (OperationCanceledException) when (directory is not null)
        {
            line.Note($"Stopped; the same command goes on with what {directory} holds.");
            throw;
        }
    }

    static void List(TextWriter output)
    {
        foreach (EvalTaskCard card in EvalTaskCatalog.All.Select(t => t.Card))
        {
            output.WriteLine($"{card.Name,-20} v{card.Version}  {card.Title}; {card.Metric}");
        }
    }

    /// <summary>Reports where it is called, so that lines come in order; Progress of the framework would post them to a pool.</summary>
    sealed class Shown(ProgressLine line) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value) => line.Report(value.Done, value.Total ?? 0, value.Length is { } length ? $"{value.Task} at {length}" : value.Task);
    }
}
