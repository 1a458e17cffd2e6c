namespace Farsight.Evaluation.Metrics;

/// <summary>
/// Implements Porter's suffix stripping (1980) with the extensions that NLTK adds by default, for words in ASCII lower case.
/// </summary>
/// <remarks>
/// A word is [C](VC)^m[V]; m is its measure. y is a vowel after a consonant. NLTK's extensions: a list of irregular words, words of up to
/// two letters stay, "ies"/"ied" give "ie" in four-letter words, y becomes i after a consonant that is not the first letter, -alli, -bli,
/// -fulli and -logi in step 2, and a two-letter vowel-consonant stem counts as short.
/// </remarks>
static class PorterStemmer
{
    static readonly Dictionary<string, string> s_irregular = new(StringComparer.Ordinal)
    {
        ["sky"] = "sky",
        ["skies"] = "sky",
        ["dying"] = "die",
        ["lying"] = "lie",
        ["tying"] = "tie",
        ["news"] = "news",
        ["innings"] = "inning",
        ["inning"] = "inning",
        ["outings"] = "outing",
        ["outing"] = "outing",
        ["cannings"] = "canning",
        ["canning"] = "canning",
        ["howe"] = "howe",
        ["proceed"] = "proceed",
        ["exceed"] = "exceed",
        ["succeed"] = "succeed",
    };

    static readonly (string Suffix, string Replacement)[] s_plurals = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];

    static readonly (string Suffix, string Replacement)[] s_step2 =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ];

    static readonly (string Suffix, string Replacement)[] s_step3 =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    static readonly string[] s_step4 =
    [
        "al",
        "ance",
        "ence",
        "er",
        "ic",
        "able",
        "ible",
        "ant",
        "ement",
        "ment",
        "ent",
        "ion",
        "ou",
        "ism",
        "ate",
        "iti",
        "ous",
        "ive",
        "ize",
    ];

    /// <summary>Returns the stem of a word.</summary>
    public static string Stem(string word)
    {
        if (s_irregular.TryGetValue(word, out string? stem))
        {
            return stem;
        }
        return word.Length <= 2 ? word : Step5(Step4(Replace(Step2(Step1Y(Step1Past(Step1Plural(word)))), s_step3, 1)));
    }

    static string Step1Plural(string word) =>
        word.Length == 4 && Ends(word, "ies") ? word[..^1] : Replace(word, s_plurals, 0);

    static string Step1Past(string word)
    {
        if (Ends(word, "ied"))
        {
            return word.Length == 4 ? word[..^1] : word[..^2];
        }
        if (Ends(word, "eed"))
        {
            return Measure(word[..^3]) > 0 ? word[..^1] : word;
        }
        string? stem =
            Ends(word, "ed") && HasVowel(word[..^2]) ? word[..^2]
            : Ends(word, "ing") && HasVowel(word[..^3]) ? word[..^3]
            : null;
        return stem is null ? word : Completed(stem);
    }

    static string Completed(string stem)
    {
        if (Ends(stem, "at") || Ends(stem, "bl") || Ends(stem, "iz"))
        {
            return stem + "e";
        }
        if (stem.Length >= 2 && stem[^1] == stem[^2] && IsConsonant(stem, stem.Length - 1))
        {
            return stem[^1] is 'l' or 's' or 'z' ? stem : stem[..^1];
        }
        return Measure(stem) == 1 && IsShort(stem) ? stem + "e" : stem;
    }

    static string Step1Y(string word) =>
        Ends(word, "y") && word.Length > 2 && IsConsonant(word, word.Length - 2) ? word[..^1] + "i" : word;

    static string Step2(string word)
    {
        if (Ends(word, "alli") && Measure(word[..^4]) > 0)
        {
            return Step2(word[..^2]);
        }
        return Ends(word, "logi") && Measure(word[..^3]) > 0 ? word[..^1] : Replace(word, s_step2, 1);
    }

    static string Step4(string word)
    {
        string? suffix = s_step4.FirstOrDefault(s => Ends(word, s));
        if (suffix is null)
        {
            return word;
        }
        string stem = word[..^suffix.Length];
        return Measure(stem) > 1 && (suffix != "ion" || stem[^1] is 's' or 't') ? stem : word;
    }

    static string Step5(string word)
    {
        if (Ends(word, "e") && Measure(word[..^1]) is var m && (m > 1 || (m == 1 && !IsShort(word[..^1]))))
        {
            word = word[..^1];
        }
        return Ends(word, "ll") && Measure(word[..^1]) > 1 ? word[..^1] : word;
    }

    // The first suffix that fits decides, also when its stem is too short and the word stays.
    static string Replace(string word, (string Suffix, string Replacement)[] rules, int leastMeasure)
    {
        foreach ((string suffix, string replacement) in rules)
        {
            if (Ends(word, suffix))
            {
                string stem = word[..^suffix.Length];
                return Measure(stem) >= leastMeasure ? stem + replacement : word;
            }
        }
        return word;
    }

    static bool Ends(string word, string suffix) => word.EndsWith(suffix, StringComparison.Ordinal);

    static bool IsConsonant(string word, int i) => word[i] switch
    {
        'a' or 'e' or 'i' or 'o' or 'u' => false,
        'y' => i == 0 || !IsConsonant(word, i - 1),
        _ => true,
    };

    static int Measure(string stem)
    {
        int measure = 0;
        for (int i = 1; i < stem.Length; i++)
        {
            measure += IsConsonant(stem, i) && !IsConsonant(stem, i - 1) ? 1 : 0;
        }
        return measure;
    }

    static bool HasVowel(string stem) => Enumerable.Range(0, stem.Length).Any(i => !IsConsonant(stem, i));

    // Consonant, vowel, consonant other than w, x, y at the end; or vowel and consonant alone.
    static bool IsShort(string word)
    {
        int last = word.Length - 1;
        return last == 1
            ? !IsConsonant(word, 0) && IsConsonant(word, 1)
            : last >= 2
                && IsConsonant(word, last - 2)
                && !IsConsonant(word, last - 1)
                && IsConsonant(word, last)
                && word[last] is not ('w' or 'x' or 'y');
    }
}
