using Farsight.Alignment.Fiction.Facts;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Facts;

/// <summary>Lists the classes of answers. Each answer has exactly one.</summary>
enum FactAnswerClass
{
    /// <summary>All requested values and none of another item; or, where the text has no answer, a refusal without a value.</summary>
    Right,

    /// <summary>A value of another item of the document, whatever else the answer says.</summary>
    Foreign,

    /// <summary>A value of this form that the document does not state.</summary>
    Invented,

    /// <summary>Some of several requested values, and no wrong one.</summary>
    Incomplete,

    /// <summary>No value: a refusal, or something else.</summary>
    None,
}

/// <summary>Represents the class of an answer about dense facts.</summary>
/// <remarks>
/// A value occurs if no letter, digit or underscore is directly beside it, in any case. Numbers may have separators ("48,213"), and a day
/// may stand before its month ("3rd of May"). Texts of the values' form that stand in the question or in a key are no inventions.
/// </remarks>
/// <param name="Class">The class.</param>
/// <param name="Missing">Share of the requested values that the answer lacks; 0 where nothing is requested.</param>
readonly record struct FactAnswer(FactAnswerClass Class, double Missing)
{
    const string Values = "values", Others = "others", Names = "names", Form = "form";

    /// <summary>Names the metrics beside the score.</summary>
    /// <param name="areSeveral">Whether several values are requested at once.</param>
    internal static string[] Metrics(bool areSeveral) =>
        areSeveral ? ["foreign", "invented", "incomplete", "none", "missing"] : ["foreign", "invented", "none"];

    /// <summary>Returns what the classification of an answer needs.</summary>
    internal static Dictionary<string, IReadOnlyList<string>> DetailsOf(FactSheet sheet, FactQuestion question) => new()
    {
        [Values] = question.Item.Values,
        [Others] = [.. sheet.Items.Where(i => i != question.Item).SelectMany(i => i.Values)],
        [Names] = [.. sheet.Items.Concat(sheet.Absent).SelectMany(i => new[] { i.Key, i.Holder }).Where(n => n.Length > 0)],
        [Form] = [sheet.Kind.Form.Name],
    };

    /// <summary>Classifies an answer.</summary>
    internal static FactAnswer Of(EvalExample example, string completion)
    {
        IReadOnlyList<string> values = example.Details[Values], names = [example.Question, .. example.Details[Names]];
        string text = FactForm.Normalize(completion), lower = text.ToLowerInvariant();
        double missing = values.Count == 0 ? 0 : (double)values.Count(v => !Says(v)) / values.Count;
        bool isInvented = FactForm.Of(example.Details[Form][0]).Find(text).Any(f => !Is(f, values) && !names.Any(n => Has(n, f)));
        bool isRight = values.Count > 0 ? missing == 0 : Refusal.Check(completion) is not null && !isInvented;
        return new(
            example.Details[Others].Any(Says) ? FactAnswerClass.Foreign
                : isRight ? FactAnswerClass.Right
                : isInvented ? FactAnswerClass.Invented
                : missing is > 0 and < 1 ? FactAnswerClass.Incomplete
                : FactAnswerClass.None,
            missing);

        bool Says(string value) => WholeWords.Occur(lower, value.ToLowerInvariant());
    }

    /// <summary>Returns the score: 1 for a right answer, and the share of each other class.</summary>
    internal EvalScore Score(bool areSeveral)
    {
        (string name, double missing) = (Class.ToString().ToLowerInvariant(), Missing);
        return new(
            Class == FactAnswerClass.Right ? 1 : 0,
            Metrics(areSeveral).ToDictionary(m => m, m => m == "missing" ? missing : m == name ? 1 : 0.0));
    }

    static bool Is(string found, IReadOnlyList<string> values) => values.Any(v => v.Equals(found, StringComparison.OrdinalIgnoreCase));

    static bool Has(string name, string found) => name.Contains(found, StringComparison.OrdinalIgnoreCase);
}
