using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight eval</c>: parses, calls one library method, prints. No evaluation logic here.</summary>
static class EvalCommand
{
    static readonly Option<string[]> s_tasks = new("--task")
    {
        Description = "Tasks or benchmarks to run; --list shows them. Needles if neither --task nor --suite is given.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string[]> s_suites = new("--suite")
    {
        Description = "Run the tasks of a suite: short, long, paper.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string> s_model = new("--model") { Description = "Model directory in Hugging Face's layout." };
    static readonly Option<string?> s_adapter = new("--adapter") { Description = "Adapter directory in PEFT's layout." };
    static readonly Option<string?> s_rope = new("--rope")
    {
        Description = $"RoPE scaling instead of the model's or adapter's own: {RopeOption.Spellings}.",
    };
    static readonly Option<int[]> s_lengths = new("--length")
    {
        Description = "Context lengths in tokens, for tasks that are made for a length; prompt and room for the answer together.",
        DefaultValueFactory = _ => [512, 1024, 2048, 4096],
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int> s_depths = new("--depths")
    {
        Description = "Needle depths, evenly from first to last.",
        DefaultValueFactory = _ => 5,
    };
    static readonly Option<int?> s_samples = new("--samples")
    {
        Description = "Examples for each cell (length and depth) of tasks that make their own; each task's own number if left out.",
    };
    static readonly Option<int?> s_limit = new("--limit")
    {
        Description = "Most examples of a task at each length, from everywhere among them.",
    };
    static readonly Option<string?> s_documents = new("--documents")
    {
        Description = "Folder or file with the haystack's documents; invented ones if left out.",
    };
    static readonly Option<int> s_seed = new("--seed")
    {
        Description = "Decides needles, haystacks and resampling.",
        DefaultValueFactory = _ => 1,
    };
    static readonly Option<TemplateUse> s_template = new("--template")
    {
        Description =
            "Whether prompts are put into the model's chat template: task (where the benchmark does), chat (always), raw (never).",
    };
    static readonly Option<int?> s_window = new("--window")
    {
        Description = "Tokens that prompt and answer may have together; the model's own window if left out.",
    };
    static readonly Option<int?> s_maxPrompt = new("--max-prompt")
    {
        Description = "Most tokens of a prompt, before the chat template, where a benchmark cuts; what the window leaves if left out.",
    };
    static readonly Option<string?> s_tokenizer = new("--tokenizer")
    {
        Description = "Directory with the tokenizer of an endpoint's model, to count and to cut.",
    };
    static readonly Option<string?> s_maskHeads = new("--mask-heads")
    {
        Description =
            "Attention heads to switch off: top:N (the best of --head-scores), random:N (of those that are no retrieval heads), or layer-head names with commas, such as 18-0,12-7.",
    };
    static readonly Option<string?> s_headScores = new("--head-scores")
    {
        Description = "The head_scores.json that --task retrieval-heads wrote, or its directory.",
    };
    static readonly Option<string?> s_out = new("--out")
    {
        Description = "Directory for examples.jsonl, results.json, report.html and report.md; an interrupted evaluation continues there.",
    };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = new("--json")
    {
        Description = "Print the results as JSON; with --out without the examples, which are there.",
    };
    static readonly Option<bool> s_list = new("--list") { Description = "List the tasks and stop." };
    static readonly EndpointFlags s_endpoint = new(), s_judge = new("judge-", "the model that judges");

    /// <summary><c>--data</c>, of the subcommand too.</summary>
    internal static Option<string?> Data { get; } =
        new("--data")
        {
            Description =
                $"Folder with the benchmarks' data; {EvalData.Variable} if left out. 'farsight eval data' says what belongs there.",
            Recursive = true,
        };

    internal static Command Create()
    {
        Command command = new("eval", "Score a model on long-context tasks.")
        {
            s_tasks,
            s_suites,
            s_model,
            s_adapter,
            s_rope,
            s_lengths,
            s_depths,
            s_samples,
            s_limit,
            s_documents,
            Data,
            s_seed,
            s_template,
            s_window,
            s_maxPrompt,
            s_tokenizer,
            s_maskHeads,
            s_headScores,
            s_out,
            s_threads,
            s_json,
            s_list,
            EvalDataCommand.Create(),
        };
        s_endpoint.AddTo(command);
        s_judge.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        bool json = parse.GetValue(s_json);
        EvalRequest request = Request(parse);
        if (parse.GetValue(s_list))
        {
            output.Write(EvalListing.Of(request.Tasks.Count + request.Suites.Count > 0 ? request.Selected() : EvalTaskCatalog.All, json));
            return ExitCode.Done;
        }

        request = request.Tasks.Count + request.Suites.Count > 0 ? request : request with { Tasks = ["needle"] };
        request.Check();
        EndpointOptions? endpoint = s_endpoint.Of(parse), judge = s_judge.Of(parse);
        if (endpoint is not null && parse.GetValue(s_model) is not null)
        {
            throw new InputException("--model and --endpoint name two models; give one of them.");
        }
        string? directory = parse.GetValue(s_out);
        s_threads.Apply(parse);
        (string name, EvalResults results) = Evaluate(parse, request, endpoint, judge, directory, cancel);
        if (directory is not null)
        {
            ReportWriter.Write(
                Path.Combine(directory, "report.html"),
                EvalReport.Of($"{name}: long-context evaluation", "", [new(name, results)]));
        }
        output.Write(json ? EvalFiles.ToJson(directory is null ? results : results with { Examples = [] }) : EvalTable.Of(results));
        return ExitCode.Done;
    }

    static EvalRequest Request(ParseResult parse) => new(
        parse.GetValue(s_tasks) ?? [], parse.GetValue(s_lengths)!, parse.GetValue(s_depths), parse.GetValue(s_samples),
        parse.GetValue(s_seed), parse.GetValue(s_documents))
    {
        Suites = parse.GetValue(s_suites) ?? [],
        Limit = parse.GetValue(s_limit),
        Data = parse.GetValue(Data),
        Template = parse.GetValue(s_template),
        Window = parse.GetValue(s_window),
        MaxPrompt = parse.GetValue(s_maxPrompt),
        MaskedHeads = parse.GetValue(s_maskHeads),
        HeadScores = parse.GetValue(s_headScores),
        Command = TypedCommand.Of(parse, [s_out, s_threads, s_json]),
        Tokenizer = parse.GetValue(s_tokenizer) is { } tokenizer ? Bundled.Locate(tokenizer) : null,
    };

    static (string Name, EvalResults Results) Evaluate(
        ParseResult parse,
        EvalRequest request,
        EndpointOptions? endpoint,
        EndpointOptions? judge,
        string? directory,
        CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("example");
        using EndpointSet? judging = judge is null ? null : EndpointSet.Open(judge, line.Note);
        EvalJudge? judged = judging is null ? null : new(judge!.Model, judging);
        try
        {
            return endpoint is null
                ? Local(parse, request, judged, directory, line, cancel)
                : Remote(request, endpoint, judged, directory, line, cancel);
        }
        catch (OperationCanceledException) when (directory is not null)
        {
            line.Note($"Stopped; the same command goes on with what {directory} holds.");
            throw;
        }
        finally
        {
            EndpointNotes.Write(line, "judge", judging);
        }
    }

    static (string Name, EvalResults Results) Local(
        ParseResult parse, EvalRequest request, EvalJudge? judge, string? directory, ProgressLine line, CancellationToken cancel)
    {
        string path = Bundled.Locate(
            parse.GetValue(s_model) ?? throw new InputException("--model is missing; name a model directory, or a server with --endpoint.")
        );
        string? rope = parse.GetValue(s_rope);
        using LoadedModel model = LoadedModel.Open(
            path,
            parse.GetValue(s_adapter),
            rope is null ? null : RopeOption.Parse(rope, ModelFiles.ReadConfig(path)),
            line.Note);
        return (model.Name, request.Run(model, directory, new Shown(line), cancel, judge));
    }

    static (string Name, EvalResults Results) Remote(
        EvalRequest request, EndpointOptions options, EvalJudge? judge, string? directory, ProgressLine line, CancellationToken cancel)
    {
        if (request.Tokenizer is null)
        {
            line.Note("Without --tokenizer prompts are sent whole, also where a benchmark cuts them.");
        }
        else if (request is { Window: null, MaxPrompt: null })
        {
            line.Note("Without --window or --max-prompt prompts are sent whole, also where a benchmark cuts them.");
        }
        using EndpointSet endpoint = EndpointSet.Open(options, line.Note);
        try
        {
            string name = $"{options.Model} at {string.Join(", ", options.Urls.Select(u => new Uri(u).Authority))}";
            return (
                options.Model,
                request.Run(endpoint, name, options.Concurrency * options.Urls.Count, directory, new Shown(line), cancel, judge));
        }
        finally
        {
            EndpointNotes.Write(line, "endpoint", endpoint);
        }
    }

    /// <summary>Reports where it is called, so that lines come in order; Progress of the framework would post them to a pool.</summary>
    sealed class Shown(ProgressLine line) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value) =>
            line.Report(value.Done, value.Total ?? 0, value.Length is { } length ? $"{value.Task} at {length}" : value.Task);
    }
}
