using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Generates the samples of RULER's thirteen tasks as the original's generators do, byte for byte.</summary>
/// <remarks>
/// Source: arXiv:2404.06654; NVIDIA/RULER, scripts/data/synthetic. Essays beyond the 111,877 words of the public repository, which lengths
/// above 128K tokens would need, are repeated; the original has further ones from the author's site.
/// </remarks>
/// <param name="files">The user's data.</param>
sealed class RulerGenerator(RulerFiles files)
{
    /// <summary>Gets the tasks' names, in the order of the paper's tables.</summary>
    internal static IReadOnlyList<string> Tasks { get; } =
    [
        "niah_single_1", "niah_single_2", "niah_single_3", "niah_multikey_1", "niah_multikey_2", "niah_multikey_3",
        "niah_multivalue", "niah_multiquery", "vt", "cwe", "fwe", "qa_1", "qa_2",
    ];

    /// <summary>Returns the kind of a task, by which templates are named.</summary>
    internal static string KindOf(string task) => task switch
    {
        "vt" => "variable_tracking",
        "cwe" => "common_words_extraction",
        "fwe" => "freq_words_extraction",
        "qa_1" or "qa_2" => "qa",
        _ => "niah",
    };

    /// <summary>Yields the samples of a task one by one.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or the context is too short for the task.</exception>
    internal IEnumerable<RulerSample> Samples(string task, RulerSetting setting)
    {
        RulerTemplate template = Template(task, setting.Edition);
        DataRecord settings = files.Settings(task);
        return KindOf(task) switch
        {
            "variable_tracking" => RulerSearch.Samples(
                new RulerTracking(settings.Number("num_chains"), settings.Number("num_hops"), template, setting),
                template.NewTokens,
                setting),
            "freq_words_extraction" => new RulerFrequentWords(settings.Real("alpha"), template, setting).Samples(),
            "common_words_extraction" => RulerSearch.Samples(CommonWords(settings, template, setting), template.NewTokens, setting),
            "qa" => RulerSearch.Samples(Questions(settings, template, setting), template.NewTokens, setting),
            _ => RulerSearch.Samples(Needles(settings, template, setting), template.NewTokens, setting),
        };
    }

    /// <summary>Returns the task's template; the paper's edition keeps its misspelling.</summary>
    internal RulerTemplate Template(string task, RulerEdition edition)
    {
        RulerTemplate template = files.Template(KindOf(task));
        return edition == RulerEdition.Paper && task == "vt"
            ? template with { AnswerPrefix = template.AnswerPrefix.Replace("assigned", "assgined", StringComparison.Ordinal) }
            : template;
    }

    RulerNeedles Needles(DataRecord settings, RulerTemplate template, RulerSetting setting)
    {
        RulerNeedlesPlan plan = new(
            settings.Text("type_haystack"),
            settings.Text("type_needle_k"),
            settings.Text("type_needle_v"),
            settings.Number("num_needle_k"),
            settings.Number("num_needle_v"),
            settings.Number("num_needle_q"));
        bool needsWords = plan.KeyKind == "words" || plan.ValueKind == "words";
        return new(
            plan, template.Around(setting.ModelTemplate), setting,
            needsWords ? new(files.WordList("adjective"), files.WordList("noun")) : null,
            plan.Haystack == "essay" ? new(files.EssayText(), files.SentenceSplitter()) : null);
    }

    RulerCommonWords CommonWords(DataRecord settings, RulerTemplate template, RulerSetting setting) => new(
        [.. files.WordList("noun"), .. files.WordList("adjective"), .. files.WordList("verb")], files.ManyWordList, template, setting,
        settings.Number("num_cw"), settings.Number("freq_cw"), settings.Number("freq_ucw"));

    RulerQuestions Questions(DataRecord settings, RulerTemplate template, RulerSetting setting) =>
        settings.Text("dataset") == "squad"
            ? RulerQuestions.OfSquad(files.SquadFile(), template, setting)
            : RulerQuestions.OfHotpot(files.HotpotFile(), template, setting);
}
