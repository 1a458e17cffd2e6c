using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>
/// Draws RULER's common words: a numbered list in which ten words occur more often than the others, after a short solved list.
/// </summary>
/// <remarks>Lists are shuffled by a generator that is seeded again for each, so the common words always hold the same places.</remarks>
sealed class RulerCommonWords : IRulerGenerator
{
    readonly PythonRandom _random;
    readonly RulerSetting _setting;
    readonly RulerTemplate _template;
    readonly IReadOnlyList<string> _words;
    readonly Func<IReadOnlyList<string>> _manyWords;
    readonly int _common, _often, _seldom;

    /// <summary>Creates the generator.</summary>
    /// <param name="words">All nouns, adjectives and verbs.</param>
    /// <param name="manyWords">A longer list, asked for only when a size needs more than <paramref name="words"/>.</param>
    /// <param name="template">The question.</param>
    /// <param name="setting">Length and seed.</param>
    /// <param name="common">Common words.</param>
    /// <param name="often">How often each of them occurs in contexts of 4,096 tokens and more.</param>
    /// <param name="seldom">How often the other words occur there.</param>
    internal RulerCommonWords(
        IEnumerable<string> words,
        Func<IReadOnlyList<string>> manyWords,
        RulerTemplate template,
        RulerSetting setting,
        int common,
        int often,
        int seldom)
    {
        string[] sorted = [.. words.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        new PythonRandom(setting.Seed).Shuffle(sorted);
        (_random, _setting, _template, _words, _manyWords) = (new(setting.Seed), setting, template, sorted, manyWords);
        (_common, _often, _seldom) = (common, often, seldom);
    }

    /// <inheritdoc/>
    public int Available => int.MaxValue;

    /// <inheritdoc/>
    public int Increment => 10;

    /// <inheritdoc/>
    public int LargestSize => _words.Count;

    /// <inheritdoc/>
    public string CountedAnswers(IReadOnlyList<string> outputs) => " " + Numbered(outputs);

    /// <inheritdoc/>
    public RulerDraft Draw(int sample, int size)
    {
        bool isShort = _setting.MaxTokens < 4096;
        (string example, string[] solved) = isShort ? DrawList(20, 3, 1) : DrawList(40, 10, 3);
        (string context, string[] common) = isShort ? DrawList(size, 6, 1) : DrawList(size, _often, _seldom);

        RulerTemplate template = _template.Around(_setting.ModelTemplate);
        string between = _setting.Edition == RulerEdition.Paper ? "" : " ";
        string prefix = Fill(template.AnswerPrefix, "");
        return new(
            $"{Fill(template.Prompt, example)}{prefix}{between}{Numbered(solved)}\n{Fill(template.Prompt, context)}",
            prefix,
            common);
    }

    string Fill(string template, string context) =>
        RulerTemplate.Fill(template, ("num_cw", _common.ToString(CultureInfo.InvariantCulture)), ("context", context), ("query", ""));

    (string, string[]) DrawList(int count, int often, int seldom)
    {
        IReadOnlyList<string> all = count <= _words.Count ? _words : _manyWords();
        string[] words = count <= all.Count
            ? _random.Sample(all, count)
            : throw new InputException($"cwe needs a list of {count} words, but RULER's lists have {all.Count}; {EvalData.Advice}.");
        string[] common = [.. words.Take(_common)];
        List<string> list = [.. Repeated(common, often), .. Repeated([.. words.Skip(_common)], seldom)];
        new PythonRandom(_setting.Seed).Shuffle(list);
        return (Numbered(list), common);
    }

    static IEnumerable<string> Repeated(string[] words, int times) => Enumerable.Repeat(words, times).SelectMany(w => w);

    static string Numbered(IEnumerable<string> words) =>
        string.Join(' ', words.Select((w, i) => string.Create(CultureInfo.InvariantCulture, $"{i + 1}. {w}")));
}
