using System.Buffers;
using System.Collections.Frozen;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Tells abbreviations from the ends of sentences, where both have a full stop.</summary>
static class Abbreviations
{
    static readonly SearchValues<char> s_numberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Titles and the like: a name follows.</summary>
    static readonly FrozenSet<string> s_titles = Set(
        "Mr Mrs Ms Mx Dr Prof St Ste Rev Hon Gen Col Capt Cpt Lt Maj Sgt Cpl Cmdr Adm Gov Sen Rep Pres Supt Messrs Mme "
            + "Mlle Mgr Fr Mt Ft vs cf ca approx viz resp Hr Frl Dipl Ing bzw vgl ggf evtl inkl Sr Sra Srta Dra Ud Uds Sig "
            + "Dott Avv Univ ул им проф акад г-н т.е डॉ प्रो पं श्री");

    /// <summary>Abbreviations that also end sentences: only a word that often begins one tells.</summary>
    static readonly FrozenSet<string> s_either = Set(
        "Co Corp Inc Ltd LLC Bros Jr Esq etc al ext dept est ff usw etw Mio Mrd Jan Feb Mar Apr Jun Jul Aug Sep Sept "
            + "Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun min max avg Ave Blvd Rd Str env гг руб тыс млн млрд др "
            + "пр");

    /// <summary>Abbreviations before numbers, which are words otherwise.</summary>
    static readonly FrozenSet<string> s_numbered = Set(
        "No Nos Nr Nrn vol vols p pp fig figs eq eqs sec sect ch chap art ed eds para par col pl app ref refs Bd Abs "
            + "Kap S núm pág n° г стр рис табл см гл");

    static readonly FrozenSet<string> s_starters = Set(
        "The He She It They We You I This That These Those There Here In On At But And So Then When If As For By From "
            + "To A An My Our His Her Its Their No Yes Not After Before While With What Who Where Why How Some Many Most All "
            + "One Each Nobody Everybody Once Now Only Even Der Die Das Er Sie Es Wir Ein Eine Und Aber Dann Le La Les Il "
            + "Elle El Los Las Ils Un Une Il Lo Gli Он Она Они В На Но И");

    static readonly FrozenSet<string> s_months = Set(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jänner januar februar mars");

    /// <summary>Returns whether a full stop after a word belongs to the word or number and ends no sentence.</summary>
    /// <param name="word">The letters, digits and stops before the full stop.</param>
    /// <param name="next">The next word; empty for none.</param>
    /// <param name="isLineStart">Whether the word is the first of its line.</param>
    internal static bool Is(ReadOnlySpan<char> word, ReadOnlySpan<char> next, bool isLineStart)
    {
        if (word.IsEmpty)
        {
            return false;
        }
        string name = word.ToString();
        if (isLineStart && IsListNumber(word))
        {
            return true;
        }
        bool isNumber = !word.ContainsAnyExceptInRange('0', '9');
        if (isNumber)
        {
            return word.Length <= 2 && s_months.Contains(next.ToString());
        }
        bool isBeforeNumber = !next.IsEmpty && (char.IsDigit(next[0]) || IsRoman(next));
        bool isStarter = s_starters.Contains(next.ToString());
        return s_titles.Contains(name) || (char.IsUpper(name[0]) && s_titles.Contains(Capital(name)))
            || (isBeforeNumber && (s_numbered.Contains(name) || s_numbered.Contains(name.ToLowerInvariant())))
            || (s_either.Contains(name) && !isStarter)
            || (IsInitials(word) && !isStarter)
            || (word.Length == 1 && char.IsLetter(word[0]) && word[0] != 'I' && !Script.IsWide(word[0])
                && (char.IsUpper(word[0]) || !isStarter));
    }

    /// <summary>Returns whether letters with stops between them are an abbreviation: "U.S", "e.g", "Ph.D".</summary>
    static bool IsInitials(ReadOnlySpan<char> word)
    {
        int letters = 0;
        bool hasStop = false;
        foreach (char c in word)
        {
            hasStop |= c == '.';
            letters = c == '.' ? 0 : letters + 1;
            if (letters > 2 || (c != '.' && !char.IsLetter(c)))
            {
                return false;
            }
        }
        return hasStop;
    }

    static bool IsListNumber(ReadOnlySpan<char> word) =>
        word.Length <= 4
        && (word.IndexOfAnyExcept(s_numberCharacters) < 0 || IsRoman(word) || (word.Length == 1 && char.IsLetter(word[0])));

    static bool IsRoman(ReadOnlySpan<char> word) => word.IndexOfAnyExcept("IVXLC") < 0 || word.IndexOfAnyExcept("ivxlc") < 0;

    static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..].ToLowerInvariant();

    static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
