using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Evaluation.Core;

/// <summary>Holds the options of an evaluation.</summary>
/// <param name="Tasks">Names of tasks or benchmarks of the catalog.</param>
/// <param name="Lengths">Context lengths in tokens, for the tasks that are made for a length.</param>
/// <param name="Depths">Number of needle depths, at equal distances from 0 to 1.</param>
/// <param name="Samples">Examples per cell of a task that generates its own; null for the task's own number.</param>
/// <param name="Seed">Seed of all random choices.</param>
/// <param name="Documents">Folder or file with the haystack's documents; null for generated ones.</param>
public sealed record EvalRequest(
    IReadOnlyList<string> Tasks, IReadOnlyList<int> Lengths, int Depths, int? Samples, int Seed, string? Documents)
{
    const int FictionWords = 4000;

    // Keeps generated evaluation documents apart from those of training, whose collections have small numbers.
    const int FictionCollection = 1_000_000_000;

    // Enough places to cut from, without tokenizing a library.
    const int LeastTokens = 1 << 16, MostTokens = 1 << 20;

    // Beyond any model; what these bounds allow is planned before the start.
    const int MaxLength = 1 << 24, MaxDepths = 1000, MaxSamples = 1_000_000;

    /// <summary>Names of suites, whose tasks run as well.</summary>
    public IReadOnlyList<string> Suites { get; init; } = [];

    /// <summary>Maximum number of examples per task and length, spread evenly over all of them; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>The folder of the benchmarks' data; null for that of <see cref="EvalData.Variable"/>, or none.</summary>
    public string? Data { get; init; }

    /// <summary>Whether the model's chat template is used.</summary>
    public TemplateUse Template { get; init; }

    /// <summary>Maximum tokens of a prompt where a benchmark cuts; null for the room in the window.</summary>
    public int? MaxPrompt { get; init; }

    /// <summary>
    /// Tokens that prompt and completion may have together; null for the model's own window, or for no limit of an endpoint that states
    /// none.
    /// </summary>
    public int? Window { get; init; }

    /// <summary>Directory with the tokenizer of an endpoint's model; null where it is not known.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>How answers are decoded: sampling, number of answers, and positions.</summary>
    public EvalDecoding Decoding { get; init; } = new();

    /// <summary>
    /// Folder that stores answers and answers equal requests of later runs; null for none. A model behind an endpoint is known by its name
    /// and server, so use another folder after its weights have changed.
    /// </summary>
    public string? AnswerCache { get; init; }

    /// <summary>Prices of an endpoint's tokens, to estimate the cost before the start; null where the cost is not counted.</summary>
    public EndpointPrices? Prices { get; init; }

    /// <summary>Heads that are switched off, as <see cref="HeadMask.Heads"/> reads them; null for none. Local models only.</summary>
    public string? MaskedHeads { get; init; }

    /// <summary>The head_scores.json that <see cref="MaskedHeads"/> refers to, or a directory that has one; null for none.</summary>
    public string? HeadScores { get; init; }

    /// <summary>
    /// Processes whose local models answer; rank 0 evaluates, the others call <see cref="Serve"/>. Default: this one alone.
    /// </summary>
    public Communicator Ranks { get; init; } = SingleProcess.Instance;

    /// <summary>Receives notices for the user; null to ignore them.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>The command line, for the results; empty where a program starts the evaluation.</summary>
    public string Command { get; init; } = "";

    /// <summary>Validates the options before a model is opened.</summary>
    /// <exception cref="InputException">A name is unknown, a number is out of range, or documents or data are not there. Of suites some
    /// data must be there.</exception>
    public void Check()
    {
        IReadOnlyList<IEvalTask> tasks = Selected();
        EvalData files = EvalData.At(Data);
        string? data = files.Root;
        (string What, bool Wrong)[] problems =
        [
            ("at least one task is required; Tasks and Suites are empty", tasks.Count == 0),
            ("at least one length is required", Lengths.Count == 0),
            ($"lengths must be 2 to {MaxLength} tokens", Lengths.Any(l => l is < 2 or > MaxLength)),
            ($"depths must be 1 to {MaxDepths}", Depths is < 1 or > MaxDepths),
            ($"samples must be 1 to {MaxSamples}", Samples is < 1 or > MaxSamples), ("the limit must be at least 1", Limit < 1),
            ("the longest prompt must have at least 2 tokens", MaxPrompt < 2), ("the window must have at least 2 tokens", Window < 2),
            ($"documents '{Documents}' do not exist", Documents is not null && !Path.Exists(Documents)),
            ($"the folder for answers '{AnswerCache}' is a file", AnswerCache is not null && File.Exists(AnswerCache)),
            ($"the data folder '{data}' does not exist", data is not null && !Directory.Exists(data)),
            .. Decoding.Problems().Select(p => (p, true)),
        ];
        foreach ((string what, _) in problems.Where(p => p.Wrong))
        {
            throw new InputException($"Evaluation: {what}.");
        }
        string?[] missing = [.. tasks.Select(t => TaskNeeds.Data(t, files))];
        IReadOnlyCollection<IEvalTask> optional = missing.Contains(null) ? OfSuites() : [];
        foreach ((_, string? what) in tasks.Zip(missing).Where(t => t.Second is not null && !optional.Contains(t.First)))
        {
            throw new InputException(what!);
        }
    }

    /// <summary>Returns the tasks of the names and suites, each once, in their order.</summary>
    /// <exception cref="InputException">A name is unknown.</exception>
    public IReadOnlyList<IEvalTask> Selected() =>
        [.. Tasks.SelectMany(EvalTaskCatalog.Find).Concat(Suites.SelectMany(EvalTaskCatalog.Suite)).Distinct()];

    /// <summary>Returns the tasks that no name selects; one that cannot run is not an error.</summary>
    HashSet<IEvalTask> OfSuites() => [.. Suites.SelectMany(EvalTaskCatalog.Suite).Except(Tasks.SelectMany(EvalTaskCatalog.Find))];

    /// <summary>Creates the plan for a local model.</summary>
    /// <exception cref="InputException">As <see cref="Check"/>, or the documents cannot be read.</exception>
    public EvalPlan For(LoadedModel model)
    {
        Check();
        CheckMemory(model.Model.Config);
        TokenizerText tokens = new(model.Tokenizer);
        string device = model.LanguageModel.Device is { } decoder ? $" on {decoder.Description}"
            : model.Model.Arithmetic.RecordedName() is { } arithmetic ? $" in {arithmetic}"
            : "";
        return PlanFor(Identity(model) + Without(model.Model.MaskedHeads) + device, tokens, model.HasFormat ? model.Text : null);
    }

    /// <summary>Evaluates a local model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="directory">As <see cref="EvalRunner.Run"/> takes it.</param>
    /// <param name="progress">Receives the progress after every example.</param>
    /// <param name="cancellationToken">Stops the evaluation; finished examples stay on disk.</param>
    /// <param name="judge">Judges the tasks that are judged; null for none.</param>
    /// <exception cref="InputException">As <see cref="Check"/>, or as <see cref="EvalRunner.Run"/>.</exception>
    public EvalResults Run(
        LoadedModel model,
        string? directory,
        IProgress<EvalProgress>? progress,
        CancellationToken cancellationToken,
        EvalJudge? judge = null) =>
        Masked(model, () => RunMasked(model, directory, progress, judge, cancellationToken));

    /// <summary>Answers the model calls of rank 0, which evaluates.</summary>
    /// <param name="model">The same model as that of rank 0. Documents, data and files are not needed.</param>
    /// <exception cref="InputException">A head or method does not fit the model, or the ranks differ.</exception>
    public void Serve(LoadedModel model) => Masked(model, () =>
    {
        RequireAgreement(model);
        RankedModel.Serve(Decoding.ContextMethod is { } text ? ContextMethod.Parse(text).Over(model) : model.LanguageModel, Ranks);
        return true;
    });

    void RequireAgreement(LoadedModel model)
    {
        if (Ranks.Size > 1)
        {
            string identity = Identity(model) + Without(model.Model.MaskedHeads) + model.Model.Arithmetic.RecordedName();
            RankAgreement.Require(
                Ranks, RunManifest.OfThisProcess("eval", Seed, new Dictionary<string, string> { ["model"] = identity }),
                ("context method", Decoding.ContextMethod ?? ""));
        }
    }

    /// <summary>Does something with the model while its heads are masked.</summary>
    T Masked<T>(LoadedModel model, Func<T> work)
    {
        IReadOnlyList<AttentionHead> before = model.Model.MaskedHeads;
        ReadingMethod? reading = model.LanguageModel.Reading;
        model.Model.MaskedHeads = MaskedHeads is null
            ? before
            : HeadMask.Heads(MaskedHeads, HeadScores is null ? null : Core.HeadScores.Read(HeadScores), model.Model.Config, Seed);
        try
        {
            return work();
        }
        finally
        {
            model.Model.MaskedHeads = before;
            model.LanguageModel.Reading = reading;
        }
    }

    EvalResults RunMasked(
        LoadedModel model,
        string? directory,
        IProgress<EvalProgress>? progress,
        EvalJudge? judge,
        CancellationToken cancellationToken)
    {
        RequireAgreement(model);
        EvalPlan plan = For(model);
        if (Template == TemplateUse.Chat && plan.Setting.Format is null)
        {
            throw new InputException(
                $"{model.Name} has no chat template, so the template mode 'chat' cannot be used; use another mode, "
                    + "or put a chat_template.jinja into the model's directory."
            );
        }
        ContextMethod? method = Decoding.ContextMethod is { } text ? ContextMethod.Parse(text) : null;
        CheckTemplate(method);
        ILanguageModel local = method?.Over(model) ?? model.LanguageModel;
        using RankedModel? ranked = Ranks.Size > 1 ? new(local, Ranks) : null;
        ILanguageModel asked = WithStore(ranked ?? local, plan);
        PromptOptions options = new(Template, Window ?? asked.ContextWindow, MaxPrompt);
        IPromptMaker prompts = method is { WritesPrompts: true }
            ? new EndpointPrompts(plan.Setting.Tokens, options)
            : new PromptMaker(plan.Setting.Tokens!, plan.Setting.Format, options);
        try
        {
            return new EvalRunner(asked, prompts, null, judge).Run(plan, directory, progress, cancellationToken);
        }
        catch (OutOfMemoryException e)
        {
            long cache = CacheBytes(model.Model.Config, Lengths.Max()), available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            throw new InputException(
                $"The memory is exhausted. The machine has {Gigabytes(available)}; keys and values of one prompt of {Lengths.Max()} tokens "
                    + $"need {Gigabytes(cache)}. Use shorter lengths; finished examples are kept.",
                e);
        }
    }

    /// <summary>Evaluates a model behind an endpoint.</summary>
    /// <param name="model">The model; its name must tell it from others, so it holds the server's name.</param>
    /// <param name="directory">As <see cref="EvalRunner.Run"/> takes it.</param>
    /// <param name="progress">Receives the progress after every example.</param>
    /// <param name="cancellationToken">Stops the evaluation; finished examples stay on disk.</param>
    /// <param name="judge">Judges the tasks that are judged; null for none.</param>
    /// <exception cref="InputException">As <see cref="Check"/>, or as <see cref="EvalRunner.Run"/>.</exception>
    public EvalResults Run(
        ILanguageModel model, string? directory, IProgress<EvalProgress>? progress,
        CancellationToken cancellationToken, EvalJudge? judge = null)
    {
        Check();
        if (Template != TemplateUse.Task)
        {
            throw new InputException("An endpoint applies its own chat template, so the template mode must be 'task'.");
        }
        if (MaskedHeads is not null)
        {
            throw new InputException(
                "Heads of a model behind an endpoint cannot be switched off; leave MaskedHeads unset, or evaluate a local model.");
        }
        if (Decoding.Positions is not null)
        {
            throw new InputException(
                "An endpoint numbers the tokens of a prompt itself; leave Positions unset, or evaluate a local model.");
        }
        Tokenizer? tokenizer = Tokenizer is null ? null : Text.Tokenizers.Tokenizer.Load(Tokenizer);
        EvalPlan plan = PlanFor(
            model.Name,
            tokenizer is null ? null : new TokenizerText(tokenizer),
            tokenizer is not null && ChatFormat.Exists(Tokenizer!, tokenizer)
                ? new ChatPromptText(tokenizer, ChatFormat.Load(Tokenizer!, tokenizer))
                : null);
        // A server that reads exact tokens gets those of a local model. A method splits messages, which may exceed the window.
        IPromptMaker prompts = model.Capabilities.AcceptsTokens && Decoding.ContextMethod is null && plan.Setting.Tokens is { } tokens
            ? new PromptMaker(tokens, plan.Setting.Format, new(Template, Window ?? model.ContextWindow, MaxPrompt))
            : new EndpointPrompts(plan.Setting.Tokens, new(Template, Window, MaxPrompt));
        EvalRunnerOptions groups = new(Examples: Math.Max(64, 4 * model.Capabilities.Concurrency), Tokens: int.MaxValue);
        ILanguageModel asked = WithStore(
            Decoding.ContextMethod is { } method
                ? ContextMethod.Parse(method).Over(model, tokenizer is null ? null : t => tokenizer.Count(t))
                : model,
            plan);
        return new EvalRunner(asked, prompts, groups, judge).Run(plan, directory, progress, cancellationToken);
    }

    ILanguageModel WithStore(ILanguageModel model, EvalPlan plan) => AnswerCache is { } folder
        ? new AnswerStore(model, $"{plan.Model}; {Decoding.ContextMethod}", folder)
        : model;

    void CheckTemplate(ContextMethod? method)
    {
        if (method is { WritesPrompts: true } && Template != TemplateUse.Task)
        {
            throw new InputException(
                $"Context method {method.Text} writes chat messages, so the template mode must be 'task'.");
        }
    }

    /// <summary>Refuses lengths whose keys and values alone do not fit the memory, before a text of that length is made.</summary>
    /// <exception cref="InputException">The longest length does not fit.</exception>
    void CheckMemory(ModelConfig config)
    {
        long needed = CacheBytes(config, Lengths.Max()), available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available && Selected().Any(t => t.Card.IsPerLength))
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"Evaluation: a length of {Lengths.Max()} tokens needs {Gigabytes(needed)} for its keys and values, and the machine has "
                    + $"{Gigabytes(available)}; use shorter lengths."));
        }
    }

    static long CacheBytes(ModelConfig config, int tokens) =>
        2L * sizeof(float) * tokens * config.NumHiddenLayers * config.NumKeyValueHeads * config.HeadDim;

    static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):F1} GiB");

    EvalPlan PlanFor(string name, ITextTokens? tokens, IPromptText? format)
    {
        int[] lengths = [.. Lengths.Distinct().Order()];
        EvalSetting setting = new(lengths[^1], Seed)
        {
            Samples = Samples,
            Depths = EvalSetting.EvenDepths(Depths),
            Data = EvalData.At(Data),
            Haystack = tokens is null ? null : HaystackOf(tokens, lengths[^1]),
            Tokens = tokens,
            Format = format,
        };
        string haystack = Documents is null
            ? $"invented documents, seed {Seed}"
            : Path.GetFileName(Path.TrimEndingDirectorySeparator(Documents));
        return new(name, Selected(), lengths, haystack, setting, Limit)
        {
            OfSuites = OfSuites(),
            Command = Command,
            Notice = Notice,
            Decoding = Decoding,
            Prices = Prices,
        };
    }

    Haystack HaystackOf(ITextTokens tokens, int longest) => Documents is null
        ? Haystack.Of(Fiction(), tokens, Math.Max(LeastTokens, 4 * longest))
        : Haystack.Of(DocumentReader.Read(Documents, Notice), tokens, MostTokens);

    // The hashes keep the answers of retrained weights under the same name apart.
    static string Identity(LoadedModel model)
    {
        string adapter = model.AdapterPath is null ? "" : $"+{InputHash.OfModel(model.AdapterPath)[..8]}";
        return $"{model.Name}, {model.Model.Config.RopeScaling.Describe()} ({InputHash.OfModel(model.DirectoryPath)[..8]}{adapter})";
    }

    static string Without(IReadOnlyList<AttentionHead> heads) =>
        heads.Count == 0 ? "" : $" without heads {string.Join(' ', heads.Select(HeadMask.Name))}";

    IEnumerable<SourceDocument> Fiction()
    {
        for (int i = 0; ; i++)
        {
            yield return new($"invented {i}", FictionWriter.Write(FictionCollection + Seed, i, FictionWords).Text, []);
        }
    }
}
