using System.Buffers;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Normalizes answers for comparison, as SQuAD's evaluation did first and most question answering benchmarks since.</summary>
static class AnswerText
{
    const string ChinesePunctuation =
        "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏.";

    static readonly SearchValues<char> s_punctuation = SearchValues.Create(PythonCharacters.Punctuation);
    static readonly SearchValues<char> s_allPunctuation = SearchValues.Create(PythonCharacters.Punctuation + ChinesePunctuation);
    static readonly string[] s_articles = ["a", "an", "the"];

    /// <summary>
    /// Returns the text in lower case, without ASCII punctuation and articles, with collapsed white space. "The A" becomes empty.
    /// </summary>
    public static string Normalize(string text) => WithoutArticles(WithoutPunctuation(PythonStrings.Lower(text)));

    /// <summary>Returns <see cref="Normalize"/> without changing the case.</summary>
    public static string NormalizeKeepingCase(string text) => WithoutArticles(WithoutPunctuation(text));

    /// <summary>Returns the text in lower case, without ASCII and Chinese punctuation and without white space.</summary>
    public static string NormalizeChinese(string text) =>
        string.Concat(PythonStrings.Split(PythonStrings.Remove(PythonStrings.Lower(text), s_allPunctuation)));

    /// <summary>Returns the tokens of <see cref="Normalize"/>. Clean mode keeps the articles of a text that has nothing else.</summary>
    public static List<string> Tokens(string text, MetricMode mode = MetricMode.Official)
    {
        List<string> tokens = PythonStrings.Split(Normalize(text));
        return mode == MetricMode.Clean && tokens.Count == 0 ? PythonStrings.Split(WithoutPunctuation(PythonStrings.Lower(text))) : tokens;
    }

    static string WithoutPunctuation(string text) => PythonStrings.Remove(text, s_punctuation);

    static string WithoutArticles(string text) => PythonStrings.CollapseSpaces(PythonStrings.ReplaceWords(text, s_articles, " "));
}
