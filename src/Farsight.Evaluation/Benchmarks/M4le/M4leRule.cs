using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.M4le;

/// <summary>Specifies how M4LE (Kwan et al. 2023) compares an answer with the references.</summary>
enum M4leMetric
{
    /// <summary>Recall of ROUGE-L, the best over the references.</summary>
    Rouge,

    /// <summary>A reference occurs in the answer, without case.</summary>
    Containment,

    /// <summary>The answer is a reference, without case.</summary>
    Exact,

    /// <summary>F1 of the set of items that a list names.</summary>
    SetF1,

    /// <summary>Corpus BLEU.</summary>
    Bleu,
}

/// <summary>Specifies what M4LE changes in answers and references before it compares them.</summary>
enum M4lePreparation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Takes the text between the first two quotation marks of an answer.</summary>
    Quoted,

    /// <summary>Takes the items of a list up to its full stop; of references, the whole text.</summary>
    List,

    /// <summary>Takes the items of lists up to the full stop, of references as well.</summary>
    ListAndReference,

    /// <summary>Takes the references up to their full stop.</summary>
    Reference,
}

/// <summary>Represents the scoring of one of M4LE's tasks.</summary>
/// <remarks>Source: KwanWaiChung/M4LE @47c2af9, evaluation.py.</remarks>
/// <param name="Metric">The metric.</param>
/// <param name="IsChinese">Whether words, list marks and full stops are Chinese.</param>
/// <param name="Ends">Marks that end an answer; it is cut at the first of each, in their order.</param>
/// <param name="Preparation">The change before the comparison.</param>
sealed record M4leRule(M4leMetric Metric, bool IsChinese, IReadOnlyList<string> Ends, M4lePreparation Preparation = M4lePreparation.None)
{
    string Stop => IsChinese ? "。" : ".";

    char Comma => IsChinese ? '，' : ',';

    /// <summary>Returns the answer as it is compared; of lists, the part that holds the list.</summary>
    internal string Answer(string completion)
    {
        string text = Preparation switch
        {
            M4lePreparation.Quoted => Quoted(completion),
            M4lePreparation.List or M4lePreparation.ListAndReference => PythonStrings.Before(completion, Stop),
            _ => completion,
        };
        return PythonStrings.Strip(Ends.Aggregate(text, (t, end) => PythonStrings.Strip(PythonStrings.Before(t, end))));
    }

    /// <summary>Scores an answer, 0 to 1; not for BLEU, whose texts <see cref="Counts"/> counts.</summary>
    /// <param name="completion">The model's text.</param>
    /// <param name="references">The references, at least one.</param>
    /// <param name="words">Cuts Chinese text into words; only ROUGE needs it.</param>
    internal double Score(string completion, IReadOnlyList<string> references, IWordSegmenter? words)
    {
        string answer = Answer(completion);
        string[] gold = Preparation == M4lePreparation.Reference ? [PythonStrings.Before(references[0], Stop)] : [.. references];
        string lower = PythonStrings.Lower(answer);
        return Metric switch
        {
            M4leMetric.Containment => gold.Any(g => lower.Contains(PythonStrings.Lower(g), StringComparison.Ordinal)) ? 1 : 0,
            M4leMetric.Exact => gold.Any(g => PythonStrings.Strip(PythonStrings.Lower(g)) == PythonStrings.Strip(lower)) ? 1 : 0,
            M4leMetric.Rouge => RougeRecall(answer, gold, words),
            M4leMetric.SetF1 => ItemsF1(answer, gold[0]),
            _ => throw new InvalidOperationException("BLEU is computed over all texts together."),
        };
    }

    /// <summary>Counts what corpus BLEU needs of an answer.</summary>
    internal BleuCounts Counts(string completion, IReadOnlyList<string> references) =>
        CorpusBleu.Count(Answer(completion), references, IsChinese);

    static string Quoted(string text) => text.Split('"') is [_, var inner, ..] ? PythonStrings.Strip(inner) : text;

    double ItemsF1(string answer, string reference)
    {
        HashSet<string> said = Items(PythonStrings.Strip(answer)),
            gold = Items(Preparation == M4lePreparation.ListAndReference ? PythonStrings.Before(reference, Stop) : reference);
        return PrecisionRecall.Of(said.Count(gold.Contains), said.Count, gold.Count).F1;
    }

    HashSet<string> Items(string list) => [.. list.Split(Comma).Select(PythonStrings.Strip)];

    // 0 where a text has no sentence, which the package refuses.
    double RougeRecall(string answer, string[] gold, IWordSegmenter? words)
    {
        PrecisionRecall?[] scores =
        [
            .. gold.Where(g => g.Length > 0)
                .Select(g => IsChinese ? SentenceRouge.WholeL(Spaced(answer), Spaced(g)) : SentenceRouge.L(answer, g)),
        ];
        return scores.Length == 0 || scores.Contains(null) ? 0 : scores.Max(s => s!.Value.Recall);

        string Spaced(string text) => string.Join(' ', words!.Cut(text));
    }

    /// <summary>Computes the program's qa_f1, which its table of tasks does not use: the best F1 of words over the references.</summary>
    /// <param name="answer">The answer as it is compared.</param>
    /// <param name="references">The references.</param>
    /// <param name="words">Cuts Chinese text into words; null for English.</param>
    internal static double QuestionF1(string answer, IReadOnlyList<string> references, IWordSegmenter? words)
    {
        return references.Max(r =>
        {
            List<string> said = Tokens(answer), gold = Tokens(r);
            return said.Count + gold.Count == 0 ? 1 : TokenF1.Of(said, gold).F1;
        });

        List<string> Tokens(string text) => words is null ? AnswerText.Tokens(text) : [.. words.Cut(AnswerText.Normalize(text))];
    }
}

/// <summary>Lists M4LE's tasks by the names of its scorer and of its data.</summary>
static class M4leRules
{
    static readonly string[] s_abilities = ["_cls+ret", "_cls+cnt", "_ret", "_qa"];

    static readonly string[] s_line = ["\n"], s_answer = ["\n", "."], s_chineseAnswer = ["\n", "。"];

    /// <summary>Gets the rules by the scorer's names.</summary>
    internal static IReadOnlyDictionary<string, M4leRule> All { get; } = new Dictionary<string, M4leRule>(StringComparer.Ordinal)
    {
        ["arxiv"] = new(M4leMetric.Rouge, false, s_line),
        ["pubmed"] = new(M4leMetric.Rouge, false, s_line),
        ["booksum"] = new(M4leMetric.Rouge, false, s_line),
        ["cnnnews"] = new(M4leMetric.Rouge, false, s_line),
        ["wikihow"] = new(M4leMetric.Rouge, false, s_line),
        ["bigpatent_global_sum"] = new(M4leMetric.Rouge, false, s_line),
        ["cnewsum"] = new(M4leMetric.Rouge, true, ["\n", "新闻"]),
        ["clts+"] = new(M4leMetric.Rouge, true, ["\n", "新闻"]),
        ["cepsum"] = new(M4leMetric.Rouge, true, s_line),
        ["lcsts"] = new(M4leMetric.Rouge, true, s_line),
        ["ncls"] = new(M4leMetric.Rouge, true, s_line),
        ["news2016"] = new(M4leMetric.Rouge, true, s_line, M4lePreparation.Quoted),
        ["triviaqa"] = new(M4leMetric.Containment, false, s_answer),
        ["newsqa"] = new(M4leMetric.Containment, false, s_answer),
        ["duorc"] = new(M4leMetric.Containment, false, s_answer),
        ["nq-open"] = new(M4leMetric.Containment, false, s_answer),
        ["hotpotqa"] = new(M4leMetric.Containment, false, s_answer),
        ["c3"] = new(M4leMetric.Containment, true, s_chineseAnswer),
        ["dureader"] = new(M4leMetric.Containment, true, s_chineseAnswer),
        ["drcd_semantic-single_qa"] = new(M4leMetric.Containment, true, s_chineseAnswer),
        ["drcd_explicit-single_ret"] = new(M4leMetric.Containment, false, ["，", "\n"]),
        ["wow"] = new(M4leMetric.Containment, false, [",", "\n"]),
        ["bigpatent_global_cls"] = new(M4leMetric.Containment, false, [":"]),
        ["wikitext-103"] = new(M4leMetric.Exact, false, ["."]),
        ["wiki2019zh"] = new(M4leMetric.Exact, true, ["。"]),
        ["mnds-news_semantic-multiple_cls+cnt"] = new(M4leMetric.Exact, false, ["."], M4lePreparation.Reference),
        ["thucnews_semantic-multiple_cls+cnt"] = new(M4leMetric.Exact, true, ["。"], M4lePreparation.Reference),
        ["mnds-news_explicit-single_cls+ret"] = new(M4leMetric.Exact, false, []),
        ["thucnews_explicit-single_cls+ret"] = new(M4leMetric.Exact, true, []),
        ["marc"] = new(M4leMetric.SetF1, false, [], M4lePreparation.ListAndReference),
        ["online-shopping"] = new(M4leMetric.SetF1, true, [], M4lePreparation.List),
        ["mnds-news_explicit-multiple_cls+ret"] = new(M4leMetric.SetF1, false, [], M4lePreparation.List),
        ["thucnews_explicit-multiple_cls+ret"] = new(M4leMetric.SetF1, true, [], M4lePreparation.List),
        ["open-subtitles-en2zh"] = new(M4leMetric.Bleu, true, []),
        ["open-subtitles-zh2en"] = new(M4leMetric.Bleu, false, []),
        ["news-commentary-en2zh"] = new(M4leMetric.Bleu, true, []),
        ["news-commentary-zh2en"] = new(M4leMetric.Bleu, false, []),
        ["tedtalks-en2zh"] = new(M4leMetric.Bleu, true, []),
        ["tedtalks-zh2en"] = new(M4leMetric.Bleu, false, []),
    };

    /// <summary>Returns the name of the data's configuration: the scorer's name without the suffix for the ability.</summary>
    internal static string Configuration(string name) =>
        s_abilities.FirstOrDefault(s => name.EndsWith(s, StringComparison.Ordinal)) is { } suffix
            ? name[..^suffix.Length]
            : name;
}
