using System.Buffers;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LoCoMo;

/// <summary>Scores answers of LoCoMo (Maharana et al. 2024): F1 of word stems, and refusals of questions without an answer.</summary>
static class LoCoMoScore
{
    static readonly SearchValues<char> s_punctuation = SearchValues.Create(PythonCharacters.Punctuation);
    static readonly string[] s_dropped = ["a", "an", "the", "and"];

    /// <summary>Returns the text in lower case, without punctuation, articles and "and".</summary>
    internal static string Normalize(string text) => PythonStrings.CollapseSpaces(
        PythonStrings.ReplaceWords(PythonStrings.Remove(PythonStrings.Lower(text), s_punctuation), s_dropped, " "));

    /// <summary>Computes F1 of the multisets of Porter stems.</summary>
    internal static double F1(string prediction, string answer) => TokenF1.Of(Stems(prediction), Stems(answer)).F1;

    /// <summary>Computes the mean over the answer's parts, between commas, of the best F1 with a part of the prediction.</summary>
    internal static double PartsF1(string prediction, string answer)
    {
        string[] said = Parts(prediction);
        return Parts(answer).Average(gold => said.Max(p => F1(p, gold)));
    }

    /// <summary>Scores an answer by the question's category, as <see cref="LoCoMoCategory"/> numbers them.</summary>
    internal static double Score(int category, string prediction, string answer) => category switch
    {
        LoCoMoCategory.MultiHop => PartsF1(prediction, answer),
        LoCoMoCategory.OpenDomain => F1(prediction, PythonStrings.Strip(PythonStrings.Before(answer, ";"))),
        LoCoMoCategory.Adversarial => IsRefusal(prediction) ? 1 : 0,
        _ => F1(prediction, answer),
    };

    /// <summary>Returns the option that a reply to an adversarial question selects, or the reply in lower case.</summary>
    internal static string Option(string reply, string a, string b)
    {
        string said = PythonStrings.Lower(PythonStrings.Strip(reply));
        return PythonStrings.Length(said) switch
        {
            1 => said == "a" ? a : b,
            3 => said == "(a)" ? a : b,
            _ => said,
        };
    }

    static bool IsRefusal(string prediction)
    {
        string said = PythonStrings.Lower(prediction);
        return said.Contains("no information available", StringComparison.Ordinal)
            || said.Contains("not mentioned", StringComparison.Ordinal);
    }

    static string[] Parts(string text) => [.. text.Split(',').Select(PythonStrings.Strip)];

    static List<string> Stems(string text) => [.. PythonStrings.Split(Normalize(text)).Select(PorterStemmer.Stem)];
}

/// <summary>Numbers the categories of LoCoMo's questions as its scoring code and the paper's columns do; several ports swap them.</summary>
static class LoCoMoCategory
{
    /// <summary>Answered from several sessions.</summary>
    internal const int MultiHop = 1;

    /// <summary>Asks for a date.</summary>
    internal const int Temporal = 2;

    /// <summary>Needs common knowledge as well.</summary>
    internal const int OpenDomain = 3;

    /// <summary>Answered from one session.</summary>
    internal const int SingleHop = 4;

    /// <summary>Has no answer in the conversation.</summary>
    internal const int Adversarial = 5;

    /// <summary>Returns the name of a category; null where there is none.</summary>
    internal static string? NameOf(int category) => category switch
    {
        MultiHop => "multi-hop",
        Temporal => "temporal",
        OpenDomain => "open-domain",
        SingleHop => "single-hop",
        Adversarial => "adversarial",
        _ => null,
    };
}
