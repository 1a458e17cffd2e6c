using System.CommandLine;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Rope;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Report;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Scores a model on long-context tasks (<c>farsight eval</c>). The library has all evaluation logic.</summary>
static class EvalCommand
{
    static readonly Option<string[]> s_tasks = new("--task")
    {
        Description = "Tasks or benchmarks to run; --list shows them. Default: needle, if --suite is not given either.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string[]> s_suites = new("--suite")
    {
        Description = "Suites of tasks to run: short, long or paper. Default: none.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string> s_model = SharedOptions.ModelOrAdapters();
    static readonly Option<string> s_adapter = SharedOptions.Adapter(), s_rope = SharedOptions.Rope();
    static readonly Option<int[]> s_lengths = new("--length")
    {
        Description = "Context lengths in tokens, prompt and answer together. Applies to tasks that generate a context of a given length.",
        DefaultValueFactory = _ => [512, 1024, 2048, 4096],
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int> s_depths = new("--depths")
    {
        Description = "Number of needle depths, evenly spaced.",
        DefaultValueFactory = _ => 5,
    };
    static readonly Option<int?> s_samples = new("--samples")
    {
        Description = "Examples per cell (length and depth) of tasks that generate their examples, except perplexity. "
            + "Default: set by the task.",
    };
    static readonly Option<int?> s_limit = new("--limit")
    {
        Description = "Maximum examples per task and length, evenly spaced over the examples. Default: all.",
    };
    static readonly Option<string> s_documents = SharedOptions.Documents(
        "File or folder with the documents of the haystack. Default: generated documents.", required: false);
    static readonly Option<int> s_seed = SharedOptions.Seed("Random seed of needles, haystacks and resampling.");
    static readonly Option<TemplateUse> s_template = new("--template")
    {
        HelpName = "task|chat|raw",
        Description = "Use of the chat template: task (as the benchmark does), chat (always) or raw (never). Default: task.",
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Sampling temperature of every generated answer. 0 decodes as the benchmark does, which is greedy in most.",
        DefaultValueFactory = _ => 0,
    };
    static readonly Option<int> s_draws = new("--draws", "--samples-per-example")
    {
        Description = "Sampled answers per example: the mean of their scores, and pass@k. More than 1 requires --temperature.",
        DefaultValueFactory = _ => 1,
    };
    static readonly Option<int> s_fewShot = new("--few-shot")
    {
        Description = "Solved examples of the task before each prompt. 0 asks as the benchmark does.",
        DefaultValueFactory = _ => 0,
    };
    static readonly Option<string?> s_thinkEnd = new("--think-end")
    {
        HelpName = "text",
        Description = "Text that ends the reasoning of an answer, as in </think>; what stands before it is not scored. Default: the "
            + "marks of common models, at the beginning of an answer only.",
    };
    static readonly Option<int> s_thinkTokens = new("--think-tokens")
    {
        Description = "New tokens for reasoning, beside those of the answer.",
        DefaultValueFactory = _ => 0,
    };
    static readonly Option<string?> s_positions = new("--positions")
    {
        HelpName = "plain|randpos:LENGTH",
        Description =
            "Positions of the prompt's tokens: plain (0, 1, 2, …) or randpos:LENGTH (sorted random positions below LENGTH, "
            + "for models trained at random positions). Local models only. Default: plain.",
    };
    static readonly ContextMethodOption s_contextMethod = new();
    static readonly Option<int?> s_window = new("--window")
    {
        Description = "Maximum tokens of prompt and answer together. Default: the model's window.",
    };
    static readonly Option<int?> s_maxPrompt = new("--max-prompt")
    {
        Description = "Maximum prompt tokens, before the chat template, for benchmarks that truncate. Default: the rest of the window.",
    };
    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(
        "Directory with the tokenizer of the endpoint's model. Required for tasks that count or truncate tokens.");
    static readonly Option<string?> s_maskHeads = new("--mask-heads")
    {
        Description =
            "Attention heads to mask: top:N (best of --head-scores), random:N (non-retrieval heads), or layer-head pairs "
            + "as in 18-0,12-7. Default: none.",
    };
    static readonly Option<string?> s_headScores = new("--head-scores")
    {
        Description = "head_scores.json file of --task retrieval-heads, or its directory. Required for --mask-heads top:N and random:N.",
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "Output directory for examples, results and reports. Rerun the same command to resume. Default: no files.", required: false);
    static readonly DeviceOption s_device = new(infers: true);
    static readonly Option<string?> s_answerCache = new("--answer-cache")
    {
        HelpName = "folder",
        Description = "Folder with answers of earlier runs. A stored answer replaces a request that was sent before. Default: no cache.",
    };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json("Print the results as JSON; with --out, without the examples.");
    static readonly Option<bool> s_list = new("--list") { Description = "List the tasks and exit." };
    static readonly (string, string)[] s_examples =
    [
        ("Find needles at two lengths, and keep the answers", "farsight eval --model models/tiny --length 512 1024 --out reports/base"),
        (
            "Evaluate an adapter on the same examples",
            "farsight eval --model models/tiny --adapter runs/logo/adapter --length 512 1024 --out reports/logo"),
        ("Compare both", "farsight compare reports/base reports/logo"),
        (
            "Evaluate a model behind an endpoint",
            "farsight eval --endpoint http://localhost:8000/v1 --endpoint-model llama --tokenizer models/llama"),
    ];
    static readonly EndpointFlags s_endpoint = new(), s_judge = new("judge-", "the judge");

    /// <summary><c>--data</c>, which the subcommand shares.</summary>
    internal static Option<string?> Data { get; } =
        new("--data")
        {
            Description = $"Folder with benchmark data; 'farsight eval data' lists the files. Default: the {EvalData.Variable} variable.",
            Recursive = true,
        };

    internal static Command Create()
    {
        GroupedCommand command = new("eval", "Score a model on long-context tasks.")
        {
            Groups =
            [
                ("Model", [s_model, s_adapter, s_rope, s_template, s_window, s_maxPrompt, s_tokenizer, s_maskHeads, s_headScores]),
                ("Tasks", [s_list, s_tasks, s_suites, Data, s_limit, s_seed]),
                ("Answers",
                    [
                        s_temperature, s_draws, s_fewShot, s_thinkEnd, s_thinkTokens, s_positions, s_contextMethod,
                    ]),
                ("Generated contexts", [s_lengths, s_depths, s_samples, s_documents]),
                ("Output", [s_out, s_answerCache, s_json, s_threads, Ranks.Distributed]),
                ("Device", [s_device, s_device.Precision]),
                ("Endpoint instead of a local model", s_endpoint.All),
                ("Judge of free answers", s_judge.All),
            ],
            Examples = s_examples,
        };
        foreach (Option option in command.Groups.SelectMany(g => g.Options))
        {
            command.Options.Add(option);
        }
        command.Subcommands.Add(EvalDataCommand.Create());
        command.Subcommands.Add(EvalRescoreCommand.Create());
        command.Subcommands.Add(EvalHarnessCommand.Create());
        command.Subcommands.Add(EvalExtensionsCommand.Create());
        command.Subcommands.Add(EvalImportCommand.Create());
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
            CheckTasks(request);
            output.Write(EvalListing.Of(request.Tasks.Count + request.Suites.Count > 0 ? request.Selected() : EvalTaskCatalog.All, json));
            return ExitCode.Done;
        }

        return Ranks.Run(parse, ranks => ranks.IsFirst
            ? Run(parse, request with { Ranks = ranks }, json, cancel)
            : Serve(parse, request with { Ranks = ranks }));
    }

    /// <summary>Answers the calls of rank 0, which evaluates and reports.</summary>
    static int Serve(ParseResult parse, EvalRequest request)
    {
        s_threads.Apply(parse);
        if (s_endpoint.Of(parse) is null)
        {
            using LoadedModel model = Open(parse, null);
            using IDeviceModel? device = s_device.Attach(parse, model, request.Decoding.ContextMethod is not null, request.Ranks);
            request.Serve(model);
        }
        return ExitCode.Done;
    }

    static int Run(ParseResult parse, EvalRequest request, bool json, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        Ending ending = new();
        request = request.Tasks.Count + request.Suites.Count > 0 ? request : request with { Tasks = ["needle"] };
        CheckTasks(request);
        request.Check();
        EndpointOptions? endpoint = s_endpoint.Of(parse), judge = s_judge.Of(parse);
        if (endpoint is not null && parse.GetValue(s_model) is not null)
        {
            throw new InputException("--model and --endpoint cannot be combined; use one.");
        }
        if (endpoint is not null && (s_device.IsGiven(parse) || s_device.Precision.Of(parse) is not null))
        {
            throw new InputException("--device and --precision cannot be combined with --endpoint, which computes the model.");
        }
        string? directory = parse.GetValue(s_out);
        s_threads.Apply(parse);
        if (directory is not null && OtherCommand(directory, request.Command) is { } earlier)
        {
            Console.Error.WriteLine($"{directory} has the results of another command: {earlier}");
            Console.Error.WriteLine(
                "This command replaces them. To keep both, stop it and use another --out. The answers in examples.jsonl are kept.");
        }
        (string name, EvalResults results) = Evaluate(parse, request, endpoint, judge, directory, cancel);
        if (directory is not null)
        {
            ReportWriter.Write(
                Path.Combine(directory, "report.html"),
                EvalReport.Of($"{name}: long-context evaluation", "", [new(name, results)]));
        }
        output.Write(json ? EvalFiles.ToJson(directory is null ? results : results with { Examples = [] }) : EvalTable.Of(results));
        ending.Write(
            directory is null ? "" : $"Files: {directory}, with report.html",
            directory is null
                ? "add --out FOLDER to keep the answers and get a report"
                : $"open {Path.Combine(directory, "report.html")} in a browser. To compare with the evaluation in another folder: "
                    + $"{TypedCommand.Of("compare", directory)} FOLDER");
        return ExitCode.Done;
    }

    /// <summary>Returns the command whose results a folder has; null if it has none, or those of the same command.</summary>
    static string? OtherCommand(string directory, string command)
    {
        try
        {
            string path = Path.Combine(directory, EvalFiles.ResultsName);
            using JsonDocument? results = File.Exists(path) ? JsonDocument.Parse(RegularFile.ReadAllText(path)) : null;
            return results is not null && results.RootElement.TryGetProperty("command", out JsonElement earlier)
                && earlier.GetString() is { Length: > 0 } other && other != command
                ? other
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException)
        {
            return null; // a damaged file is replaced
        }
    }

    static void CheckTasks(EvalRequest request)
    {
        try
        {
            request.Selected();
        }
        catch (InputException e)
        {
            throw new InputException($"{e.Message} 'farsight eval --list' describes the tasks.", e);
        }
    }

    static EvalRequest Request(ParseResult parse) => new(
        parse.GetValue(s_tasks) ?? [], parse.GetValue(s_lengths)!, parse.GetValue(s_depths), parse.GetValue(s_samples),
        parse.GetValue(s_seed), parse.GetValue(s_documents))
    {
        Suites = parse.GetValue(s_suites) ?? [],
        Limit = parse.GetValue(s_limit),
        Data = parse.GetValue(Data),
        Template = parse.GetValue(s_template),
        Decoding = new()
        {
            Temperature = parse.GetValue(s_temperature),
            Draws = parse.GetValue(s_draws),
            FewShot = parse.GetValue(s_fewShot),
            ThinkEnd = parse.GetValue(s_thinkEnd),
            ThinkTokens = parse.GetValue(s_thinkTokens),
            Positions = parse.GetValue(s_positions),
            ContextMethod = s_contextMethod.Of(parse)?.Text,
        },
        Window = parse.GetValue(s_window),
        MaxPrompt = parse.GetValue(s_maxPrompt),
        AnswerCache = parse.GetValue(s_answerCache),
        MaskedHeads = parse.GetValue(s_maskHeads),
        HeadScores = parse.GetValue(s_headScores),
        Command = TypedCommand.Of(parse, [s_out, s_answerCache, s_threads, s_json, Ranks.Distributed]),
        Tokenizer = parse.GetValue(s_tokenizer) is { } tokenizer ? BundledFiles.LocateModel(tokenizer) : null,
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
        request = request with { Notice = line.Note };
        using EndpointSet? judging = judge is null ? null : EndpointSet.Open(judge, line.Note);
        EvalJudge? judged = judging is null ? null : new(judging.AsLanguageModel());
        try
        {
            return endpoint is null
                ? Local(parse, request, judged, directory, line, cancel)
                : Remote(request, endpoint, judged, directory, line, cancel);
        }
        catch (OperationCanceledException) when (directory is not null)
        {
            line.Note($"Stopped. Rerun the command to resume from {directory}.");
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
        using LoadedModel model = Open(parse, line.Note);
        using IDeviceModel? device = s_device.Attach(parse, model, request.Decoding.ContextMethod is not null, request.Ranks);
        int window = request.Window ?? model.Model.Config.MaxPositionEmbeddings;
        int[] beyond = [.. request.Lengths.Where(l => l > window)];
        if (beyond.Length > 0 && request.Selected().Any(t => t.Card.IsPerLength))
        {
            line.Note($"The window is {window} tokens. The lengths {string.Join(", ", beyond)} exceed it; they are run as requested.");
        }
        return (model.Name, request.Run(model, directory, new ExampleProgress(line), cancel, judge));
    }

    static LoadedModel Open(ParseResult parse, Action<string>? notice)
    {
        string path = SharedOptions.LocateModel(parse, s_model, s_adapter, ", or a server with --endpoint");
        RopeScaling? rope = parse.GetValue(s_rope) is { } text ? RopeOption.Parse(text, ModelFiles.ReadConfig(path)) : null;
        return LoadedModel.Open(path, parse.GetValue(s_adapter), rope, notice);
    }

    static (string Name, EvalResults Results) Remote(
        EvalRequest request, EndpointOptions options, EvalJudge? judge, string? directory, ProgressLine line, CancellationToken cancel)
    {
        using EndpointSet endpoint = EndpointSet.Open(options, line.Note);
        try
        {
            string name = $"{options.Model} at {string.Join(", ", options.Urls.Select(u => new Uri(u).Authority))}";
            ILanguageModel model = request.Tokenizer is { } tokenizer
                ? endpoint.AsTokenModelAsync(name, Tokenizer.Load(tokenizer).Sha256, cancel).GetAwaiter().GetResult()
                : endpoint.AsLanguageModel(name);
            if (request.Tokenizer is null)
            {
                line.Note("Without --tokenizer, prompts are not truncated, even if the benchmark truncates them.");
            }
            else if (request is { Window: null, MaxPrompt: null } && model.ContextWindow is null)
            {
                line.Note("Without --window or --max-prompt, prompts are not truncated, even if the benchmark truncates them.");
            }
            request = request with { Prices = options.Prices };
            return (options.Model, request.Run(model, directory, new ExampleProgress(line), cancel, judge));
        }
        finally
        {
            EndpointNotes.Write(line, "endpoint", endpoint);
        }
    }

    /// <summary>Reports on the calling thread, so that lines come in order; the framework's Progress would post them to a pool.</summary>
    sealed class ExampleProgress(ProgressLine line) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value) =>
            line.Report(
                value.Done, value.Total ?? 0, value.Length is { } length ? $"{value.Task} at {length}" : value.Task, value.Work);
    }
}
