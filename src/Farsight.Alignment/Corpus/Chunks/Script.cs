using System.Globalization;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Classifies the characters that decide where a text can be cut.</summary>
static class Script
{
    /// <summary>Returns whether words of the character's script have no spaces between them: Chinese and Japanese.</summary>
    internal static bool IsWide(char c) =>
        c is (>= '\u3000' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF')
            or (>= '\uFF00' and <= '\uFF9F');

    internal static bool IsHiragana(char c) => c is >= '\u3041' and <= '\u309F';

    /// <summary>Returns whether the character ends a sentence only before white space, as it has other uses.</summary>
    internal static bool IsStop(char c) => c is '.' or '!' or '?' or '…' or '‼' or '⁇' or '⁈' or '⁉' or '؟' or '۔' or '։'
            or '።' or '፧' or '፨';

    /// <summary>Returns whether the character ends a sentence in a script that needs no white space after it.</summary>
    internal static bool IsFullStop(char c) =>
        c is '。' or '！' or '？' or '．' or '｡' or '।' or '॥' or '၊' or '။' or '។' or '៕' or '།' or '༎' or '᠃' or '᠉' or '෴' or '꓿' or '꛳';

    /// <summary>Returns whether the character closes a quotation or a bracket, or emphasis in Markdown.</summary>
    internal static bool IsCloser(char c) =>
        c is '"' or '\'' or ')' or ']' or '}' or '”' or '’' or '“' or '»' or '«' or '›' or '‹' or '」' or '』' or '】' or '》'
            or '〉' or '）' or '］'
            or '｝' or '〕' or '〗' or '＂' or '*' or '_' or '`';

    /// <summary>Returns whether the character opens a quotation or a bracket.</summary>
    internal static bool IsOpener(char c) =>
        c is '"' or '\'' or '(' or '[' or '{' or '“' or '„' or '‚' or '‘' or '»' or '«' or '‹' or '›' or '「' or '『' or '【'
            or '《' or '〈' or '（'
            or '［' or '｛' or '〔' or '¿' or '¡' or '*' or '_' or '`' or '#';

    /// <summary>Returns whether the character belongs to the one before it.</summary>
    internal static bool IsMark(char c) =>
        c is '\u200D' or (>= '\uFE00' and <= '\uFE0F')
        || CharUnicodeInfo.GetUnicodeCategory(c)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Returns whether a line of Chinese or Japanese may not begin with the character.</summary>
    internal static bool BeginsNoLine(char c) =>
        IsFullStop(c) || (IsCloser(c) && c != '“') || IsMark(c) || c is '，' or '、' or '；' or '：' or '・' or 'ー' or '…' or '々' or '％'
            or 'っ' or 'ゃ' or 'ゅ' or 'ょ' or 'ァ' or 'ィ' or 'ゥ' or 'ェ' or 'ォ' or 'ッ' or 'ャ' or 'ュ' or 'ョ';

    /// <summary>Returns whether a line of Chinese or Japanese may not end with the character.</summary>
    internal static bool EndsNoLine(char c) => c is '“' or '‘' or '「' or '『' or '【' or '《' or '〈' or '（' or '［' or '｛' or '〔';
}
