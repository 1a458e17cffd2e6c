using System.Collections.Frozen;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>
/// Lists English words without content: articles, pronouns, prepositions, auxiliaries and similar words.
/// </summary>
static class StopWords
{
    const int MostLetters = 10;

    static readonly FrozenSet<ulong> s_words = Hashes("""
        a an the this that these those such same other another each every either neither both all any some no none one ones
        i me my mine myself you your yours yourself he him his himself she her hers herself it its itself we us our ours
        ourselves they them their theirs themselves who whom whose which what where when why how there here
        am is are was were be been being do does did doing done have has had having will would shall should can could may
        might must ought let isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't won't wouldn't can't
        couldn't shouldn't i'm i've i'll i'd you're you've you'll he's she's it's we're we've they're they've that's there's what's
        of in on at by to from for with without within into onto upon over under above below between among through during
        before after since until till against about around across along behind beside beyond near off out up down toward towards
        and or but nor so yet if then than because as while though although unless whether also too very more most less least
        much many few only even just still again ever never always often now once not quite rather well else however
        said says say mr mrs ms dr oh ah yes
        """);

    // Words that open sentences with a capital and are no names; they are content words all the same.
    static readonly FrozenSet<ulong> s_openers = Hashes("""
        meanwhile according despite following furthermore moreover finally currently recently today later earlier next last
        several various first second third like due based born located named known founded built established originally
        two three four five six seven eight nine ten eventually subsequently initially similarly therefore thus hence instead
        besides unlike including additionally perhaps maybe indeed soon together yesterday tomorrow tonight afterwards nearly
        nothing something everything anything nobody somebody everybody anyone everyone someone please thank thanks
        """);

    /// <summary>Tells whether a word is a stop word.</summary>
    /// <param name="lower">The word in lower case, with a straight apostrophe.</param>
    internal static bool Contains(ReadOnlySpan<char> lower) => lower.Length <= MostLetters && s_words.Contains(TermHash.Of(lower));

    /// <summary>Tells whether a capital letter does not indicate a name in this word.</summary>
    internal static bool IsNoName(ReadOnlySpan<char> lower) => Contains(lower) || s_openers.Contains(TermHash.Of(lower));

    internal static FrozenSet<ulong> Hashes(string words) =>
        words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(w => TermHash.Of(w)).ToFrozenSet();
}
