using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Hub;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Workflows.Train;

/// <summary>Reads and checks the inputs that a <see cref="TrainRecipe"/> names, without the weights.</summary>
/// <param name="BaseModel">The model's directory or file.</param>
/// <param name="Config">Its config, as it is stored.</param>
/// <param name="Rope">The rule that replaces the config's; null keeps it.</param>
/// <param name="DataPath">The dataset.</param>
/// <param name="DataHash">Hash of the dataset.</param>
/// <param name="Training">Samples to train on.</param>
/// <param name="HeldOut">Samples that are only measured.</param>
sealed record TrainInputs(
    string BaseModel,
    ModelConfig Config,
    RopeScaling? Rope,
    string DataPath,
    string DataHash,
    IReadOnlyList<SampleTokens> Training,
    IReadOnlyList<SampleTokens> HeldOut)
{
    /// <summary>All samples as stored, in the order of the file.</summary>
    internal required PreferenceDataset Dataset { get; init; }

    /// <summary>The samples to train on as stored, for verifying responses.</summary>
    internal required IReadOnlyList<PreferenceSample> TrainingSamples { get; init; }

    /// <summary>The held-out samples as stored, for asking their questions.</summary>
    internal required IReadOnlyList<PreferenceSample> HeldOutSamples { get; init; }

    /// <summary>Directory of the objective's teacher; null without one.</summary>
    internal string? Teacher { get; private init; }

    /// <summary>By sample id, each turn or question after its short context; empty if the objective does not read it.</summary>
    internal Dictionary<string, IReadOnlyList<SampleTokens>> ShortTurns { get; private init; } = [];

    /// <summary>Says that the base model hides one of the same name in the Hugging Face cache; null if it hides none.</summary>
    internal string? Hidden { get; init; }

    /// <summary>How prompts are read in segments; null if they are read whole.</summary>
    internal SegmentMemoryOptions? SegmentMemory { get; private init; }

    /// <summary>Chat format of the prompts.</summary>
    internal required ChatFormat Format { get; init; }

    /// <summary>Reads the inputs.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="recipePath">Its file; relative paths begin there.</param>
    /// <param name="folder">Folder to search first; null for none.</param>
    /// <exception cref="InputException">Something is missing, damaged or does not fit together.</exception>
    internal static TrainInputs Read(TrainRecipe recipe, string recipePath, string? folder = null)
    {
        string baseModel = RecipeFile.LocateModel(recipePath, "base_model", recipe.BaseModel, folder);
        string data = RecipeFile.Locate(recipePath, "data", recipe.Data, folder);
        PreferenceDataset dataset = PreferenceDataset.Read(data);
        ModelConfig config = ModelFiles.ReadConfig(baseModel);
        Tokenizer tokenizer = Tokenizer.LoadFor(baseModel, config.VocabSize);
        ChatFormat format = ChatFormat.Load(baseModel, tokenizer);
        dataset.RequireTokenizer(tokenizer);
        (IReadOnlyList<PreferenceSample> training, IReadOnlyList<PreferenceSample> heldOut) = dataset.Split(recipe.HeldOut, recipe.Seed);
        if (recipe.Resample is { } resample)
        {
            RejectedResampler.Check(training, resample);
        }
        if (recipe.Objective is ISampledObjective onPolicy)
        {
            OnPolicySampler.Check(training, onPolicy);
        }
        if (recipe.Curriculum is not null)
        {
            Curriculum.Check(training, heldOut);
        }
        return new(
            baseModel,
            config,
            RopeOption.Parse(recipe.Rope, config),
            data,
            dataset.Sha256,
            [.. training.Select(s => SampleTokens.Of(s, format, config.VocabSize))],
            [.. heldOut.Select(s => SampleTokens.Of(s, format, config.VocabSize))])
        {
            Teacher = recipe.Objective.Distillation is not { } teacher ? null
                : teacher.Model is { } path ? RecipeFile.LocateModel(recipePath, "objective.teacher", path, folder)
                : baseModel,
            ShortTurns = recipe.Objective is { ReadsShort: true } or { Distillation.Context: TeacherContext.Short }
                ? dataset.Samples.ToDictionary(
                    s => s.Id, s => SampleTokens.ShortTurns(s, format, config.VocabSize), StringComparer.Ordinal)
                : new(),
            Dataset = dataset,
            TrainingSamples = training,
            HeldOutSamples = heldOut,
            Hidden = HubCache.HiddenBy(recipe.BaseModel, baseModel),
            Format = format,
            SegmentMemory = recipe.SegmentMemory,
        };
    }

    /// <summary>
    /// Contradictions between the files of the model, and samples beyond its window under the recipe's RoPE.
    /// </summary>
    internal IEnumerable<string> Notices
    {
        get
        {
            int window = (Rope is { } rope ? Config.With(rope) : Config).MaxPositionEmbeddings;
            string? beyond = SegmentMemory is null ? WindowNotice.Of(Training.Concat(HeldOut), window) : SegmentNotice(window);
            return [.. new[] { Hidden }.OfType<string>(), .. ModelFileNotices.Of(BaseModel), .. new[] { beyond }.OfType<string>()];
        }
    }

    /// <summary>Returns the maximum tokens of a sample that the model reads at once.</summary>
    internal int LongestReading(SampleTokens sample)
    {
        PromptShape shape = sample.Shape;
        return (SegmentMemory?.LongestSegment(shape.PromptTokens) ?? shape.PromptTokens) + shape.LongestResponseTokens;
    }

    string? SegmentNotice(int window)
    {
        int longest = Training.Concat(HeldOut).Max(LongestReading);
        return longest <= window
            ? null
            : $"The longest segment with carried tokens and response has {longest} tokens, and the window of the model {window}; "
                + "lower segment or carry of segment_memory, or set rope.";
    }

    /// <summary>
    /// Returns the log-probabilities after the short contexts, by question id: read from beside the dataset, or computed and put there.
    /// </summary>
    /// <param name="objective">Says how many rejected responses count.</param>
    /// <param name="arithmetic">How products are computed.</param>
    /// <param name="progress">Receives finished and total samples while they are computed.</param>
    /// <param name="ranks">Ranks that divide the computation; rank 0 has the file, and the others receive what it holds.</param>
    /// <param name="cancel">Stops after a tree; the next call continues.</param>
    /// <exception cref="InputException">The file is damaged or incomplete.</exception>
    internal IReadOnlyDictionary<string, PreferenceLogProbs> ReadShortReference(
        IPreferenceObjective objective, Arithmetic arithmetic, Action<int, int>? progress, Communicator ranks, CancellationToken cancel)
    {
        string file = ShortReference.Make(new(BaseModel, DataPath) { Arithmetic = arithmetic }, Dataset, progress, cancel, ranks: ranks);
        return ReferenceLogProbs.Share(ranks.IsFirst ? ReadShortReference(objective, file) : new(), ranks);
    }

    Dictionary<string, PreferenceLogProbs> ReadShortReference(IPreferenceObjective objective, string file)
    {
        IReadOnlyDictionary<string, IReadOnlyList<PreferenceLogProbs>> reference = ShortReferenceFile.Read(file);
        Dictionary<string, PreferenceLogProbs> byQuestion = new(StringComparer.Ordinal);
        foreach (SampleTokens sample in Training.Concat(HeldOut))
        {
            IReadOnlyList<PreferenceLogProbs> all = reference.GetValueOrDefault(sample.Id) ?? throw new InputException(
                $"{file} lacks the sample '{sample.Id}'; remove the file, and the next start computes it again.");
            IEnumerable<IReadOnlyList<PreferenceLogProbs>> questions = sample.Questions.Count == 0 ? [all] : all.Chunk(1);
            foreach ((string id, IReadOnlyList<PreferenceLogProbs> turns) in sample.QuestionIds.Zip(questions))
            {
                byQuestion[id] = PreferenceLogProbs.OverTurns(
                    turns, objective.ReadsShort ? objective.FewestRejected : objective.RejectedResponses);
            }
        }
        return byQuestion;
    }

    /// <summary>
    /// Returns the teacher's most likely tokens by question id: read from beside the dataset, or computed and put there; empty without one.
    /// </summary>
    /// <param name="options">The teacher; null for none.</param>
    /// <param name="progress">Receives finished and total questions while they are computed.</param>
    /// <param name="cancel">Stops between calls; the next call starts again.</param>
    /// <param name="ranks">Ranks that divide the computation.</param>
    /// <exception cref="InputException">The teacher does not fit the base model, a sample has several turns, or the file is
    /// damaged.</exception>
    internal IReadOnlyDictionary<string, IReadOnlyList<TeacherFile.Top>> ReadTeacher(
        TeacherOptions? options, Action<int, int>? progress, Communicator ranks, CancellationToken cancel)
    {
        return options is { Live: false } && Teacher is { } teacher
            ? TeacherFile.ReadOrCompute(
                DataPath, teacher, options with { TopK = TopOf(options) }, TaughtPlaces(options), () => OpenTeacher(teacher), progress,
                cancel, ranks)
            : new Dictionary<string, IReadOnlyList<TeacherFile.Top>>();
    }

    /// <summary>Loads a teacher that is asked during training; null for none.</summary>
    /// <param name="options">The teacher; null for none.</param>
    /// <param name="ranks">Ranks that divide its calls.</param>
    /// <exception cref="InputException">The teacher does not fit the base model, or a sample has several turns.</exception>
    internal LiveTeacher? OpenLiveTeacher(TeacherOptions? options, Communicator ranks) =>
        options is { Live: true } && Teacher is { } teacher
            ? new(OpenTeacher(teacher), TopOf(options), TaughtPlaces(options), ranks)
            : null;

    int TopOf(TeacherOptions options) => Math.Min(options.TopK, Config.VocabSize);

    /// <summary>Returns the chosen response of every question, behind the prompt that the teacher reads.</summary>
    List<TeacherFile.Place> TaughtPlaces(TeacherOptions options)
    {
        List<TeacherFile.Place> places = [];
        foreach (SampleTokens sample in Training.Concat(HeldOut))
        {
            if (sample.Further.Count > 0)
            {
                throw new InputException($"Sample {sample.Id} has several turns, and distill takes one; write each turn as a sample.");
            }
            IReadOnlyList<int[]> prompts = options.Context == TeacherContext.Short
                ? [.. ShortTurns[sample.Id].Select(t => t.Prompt)]
                : [.. sample.Questions.Prepend(sample.Turns.First()).Select(q => (sample with { Question = q.Question }).Prompt)];
            places.AddRange(sample.QuestionIds.Zip(
                prompts, sample.Questions.Select(q => q.Chosen).Prepend(sample.Chosen)).Select(q => new TeacherFile.Place(
                    q.First, q.Second, q.Third)));
        }
        return places;
    }

    LoadedTeacher OpenTeacher(string teacher)
    {
        DecoderModel model = ModelLoader.Load(teacher);
        if (model.Config.VocabSize != Config.VocabSize)
        {
            int vocabulary = model.Config.VocabSize;
            model.Dispose();
            throw new InputException(
                $"objective.teacher: {teacher} has {vocabulary} tokens and the base model {Config.VocabSize}; use a teacher with the "
                    + "same tokenizer.");
        }
        return new(new LocalModel("the teacher", model, Format), model);
    }

    /// <summary>Creates the training work.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="reference">By question id; empty for objectives without one.</param>
    internal PreferenceTraining Work(TrainRecipe recipe, IReadOnlyDictionary<string, PreferenceLogProbs> reference) =>
        Work(
            recipe, new PreferenceSamples(Training, HeldOut, reference) { ShortTurns = ShortTurns }, null, null, null, null,
            CurriculumOf(recipe));

    /// <summary>Creates the curriculum of a recipe; null for none.</summary>
    internal Curriculum? CurriculumOf(TrainRecipe recipe) => recipe.Curriculum is { } options
        ? new(options, TrainingSamples, HeldOutSamples, recipe.Steps, recipe.Seed)
        : null;

    /// <summary>Creates the training work.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="samples">The samples with references and teacher.</param>
    /// <param name="resampler">Samples rejected responses again; null for none.</param>
    /// <param name="sampler">Samples the responses of an on-policy objective; null for others.</param>
    /// <param name="kl">Estimates the divergence from the reference; null for none.</param>
    /// <param name="teacher">Asks the teacher before every step; null for none.</param>
    /// <param name="curriculum">Draws the samples; null for none.</param>
    internal static PreferenceTraining Work(
        TrainRecipe recipe, PreferenceSamples samples, RejectedResampler? resampler, OnPolicySampler? sampler, KlEstimate? kl,
        LiveTeacher? teacher, Curriculum? curriculum) =>
        new(
            samples,
            recipe.Objective,
            recipe.Positions,
            new(recipe.BatchSize, recipe.MicroBatchTokens, recipe.Seed))
        {
            Resample = recipe.Resample,
            Resampler = resampler,
            Sampler = sampler,
            Kl = kl,
            Teacher = teacher,
            Curriculum = curriculum,
        };
}
