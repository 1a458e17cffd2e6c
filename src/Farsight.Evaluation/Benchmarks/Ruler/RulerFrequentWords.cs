using Farsight.Engine;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>
/// Draws RULER's frequent words: invented words of six letters whose counts follow a zeta distribution. The most frequent one is dots.
/// </summary>
/// <param name="alpha">Exponent of the distribution.</param>
/// <param name="template">The question.</param>
/// <param name="setting">Length and seed.</param>
sealed class RulerFrequentWords(double alpha, RulerTemplate template, RulerSetting setting)
{
    const string Letters = "abcdefghijklmnopqrstuvwxyz";
    const int WordLetters = 6;

    readonly PythonRandom _random = new(setting.Seed);
    readonly RulerTemplate _template = template.Around(setting.ModelTemplate);

    // The paper's edition leaves no room for the completion.
    readonly int _room = setting.MaxTokens - (setting.Edition == RulerEdition.Paper ? 0 : setting.TemplateTokens + template.NewTokens);

    /// <summary>Yields the samples one by one.</summary>
    /// <exception cref="InputException">The context is too short.</exception>
    internal IEnumerable<RulerSample> Samples()
    {
        int words = FindSize();
        for (int i = 0; i < setting.Samples; i++)
        {
            string[] vocabulary = DrawVocabulary();
            RulerDraft draft = Fitting(vocabulary, words);
            yield return new(i, draft.Input, draft.AnswerPrefix, draft.Outputs, setting.CountTokens(draft.Text) + template.NewTokens);
        }
    }

    int FindSize()
    {
        if (_room < 100)
        {
            throw new InputException($"A context of {setting.MaxTokens} tokens is too short for fwe; use a longer one.");
        }
        string[] vocabulary = DrawVocabulary();
        int words = _room / WordLetters;
        while (setting.CountTokens(Compose(vocabulary, words).Text) < _room)
        {
            words += _room / 32;
        }
        return words - (_room / 32);
    }

    RulerDraft Fitting(string[] vocabulary, int words)
    {
        RulerDraft draft = Compose(vocabulary, words);
        while (setting.CountTokens(draft.Text) > _room)
        {
            words -= _room / 32;
            draft = words > 0
                ? Compose(vocabulary, words)
                : throw new InputException($"A context of {setting.MaxTokens} tokens is too short for fwe; use a longer one.");
        }
        return draft;
    }

    string[] DrawVocabulary()
    {
        List<string> words = [];
        for (HashSet<string> distinct = new(StringComparer.Ordinal); words.Count < _room / 50 || distinct.Count < _room / 50;)
        {
            words.Add(_random.Letters(Letters, WordLetters));
            distinct.Add(words[^1]);
        }
        string[] vocabulary = [.. words.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        new PythonRandom(setting.Seed).Shuffle(vocabulary);
        vocabulary[0] = "...";
        return vocabulary;
    }

    RulerDraft Compose(string[] vocabulary, int words)
    {
        double zeta = Zeta(alpha);
        List<string> drawn = [.. vocabulary.SelectMany((w, i) => Enumerable.Repeat(w, (int)(words * Math.Pow(i + 1, -alpha) / zeta)))];
        new PythonRandom(setting.Seed).Shuffle(drawn);
        (string, string)[] fields = [("context", string.Join(' ', drawn)), ("query", "")];
        return new(RulerTemplate.Fill(_template.Prompt, fields), RulerTemplate.Fill(_template.AnswerPrefix, fields), vocabulary[1..4]);
    }

    // Euler and Maclaurin: twenty terms, then the integral of the rest with its corrections; exact to the last bits for s > 1.
    static double Zeta(double s)
    {
        const int terms = 20;
        if (s == 2)
        {
            return Math.PI * Math.PI / 6;
        }
        double sum = Enumerable.Range(1, terms - 1).Sum(n => Math.Pow(n, -s));
        return sum + (Math.Pow(terms, 1 - s) / (s - 1)) + (Math.Pow(terms, -s) / 2) + (s * Math.Pow(terms, -s - 1) / 12)
            - (s * (s + 1) * (s + 2) * Math.Pow(terms, -s - 3) / 720);
    }
}
