using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Invents the proper names of one document; each is given once, so that a name stands for one thing only.</summary>
sealed class FictionNames
{
    static readonly string[] s_stems = List("""
        Ald Am Ar Bel Ber Bor Bran Cal Car Cor Dal Del Dor Ed El Em Far Fen Fer Gal Gar Gel Hal Har Hel Il Im Is Jan Jor Kal
        Kel Kor Lan Lev Lor Mal Mar Mer Mil Mor Nar Nel Nor Od Ol Or Pel Per Quin Ral Rem Ros Sal Sel Sor Tal Tam Tar Tel Ul
        Val Var Ver Vil Wal Wen Wil Yar Yel Zan Zel
        """);

    static readonly string[] s_middles = List("a e i o u and er en in ol ar am el is on ev id im os an");
    static readonly string[] s_womanEnds = List("a ia elle ine wen ra na la da ka mira beth lind sa rys eth");
    static readonly string[] s_manEnds = List("or an im ard ek us on ric win bert mund dan tor as ew ulf");

    static readonly string[] s_surnameHeads = List("""
        Alder Apple Ash Barley Bell Birch Black Bramble Brook Candle Chalk Clay Cobble Copper Corn Crane Dray Elder Fallow Fern
        Field Flint Frost Garland Gold Gorse Green Hall Hawk Hazel Heath Hollow Honey Iron Juniper Keel Lamb Lang Lark Linden
        Long Maple Marsh May Meadow Mill Moss Oak Orchard Penny Pike Plum Quill Rain Raven Reed Rook Rose Rush Salt Sedge Silver
        Sparrow Spindle Stone Straw Summer Swan Tallow Thatch Thorn Tinder Vine Water Wax Weather Wheat White Willow Winter Wood
        Wool Yarrow
        """);

    static readonly string[] s_surnameTails = List("""
        acre bank bourne by carver combe croft dale dyke fall fast feather field ford gate grove ham hand hurst ing ley lock man
        mere more path ridge ring shaw side smith son spring stead strand ton wain wall ward well wick wood worth wright yard
        """);

    static readonly string[] s_townTails = List("""
        borough bridge brook burn burg by cliff combe cross dale den fell field ford gate gard ham haven holm hurst keep low
        market mere minster mouth ness over port row sea stead stow thwaite ton vale wall wick wold worth
        """);

    static readonly string[] s_riverTails = List("a e ane ey is ock orn und aw eth ild ime ost ulla ent ere iver umber ara elm");

    readonly HashSet<string> _used = [];

    public string Given(ref SeededRandom random, bool woman)
    {
        for (int tries = 0; ; tries++)
        {
            string stem = random.Pick(s_stems) + (random.Next(3) == 0 ? random.Pick(s_middles) : "");
            string name = Lengthened(ref random, stem, tries) + random.Pick(woman ? s_womanEnds : s_manEnds);
            if (IsNew(name))
            {
                return name;
            }
        }
    }

    /// <summary>Returns a given name and a surname.</summary>
    public string Full(ref SeededRandom random, bool woman) => $"{Given(ref random, woman)} {Surname(ref random)}";

    public string Town(ref SeededRandom random) => Compound(ref random, s_stems, s_townTails);

    public string River(ref SeededRandom random) => Compound(ref random, s_stems, s_riverTails);

    public string Surname(ref SeededRandom random) =>
        Compound(ref random, random.Next(2) == 0 ? s_stems : s_surnameHeads, s_surnameTails);

    /// <summary>Returns true the first time a name or part of a name is used.</summary>
    public bool IsNew(string name) => _used.Add(name);

    string Compound(ref SeededRandom random, string[] heads, string[] tails)
    {
        for (int tries = 0; ; tries++)
        {
            string head = Lengthened(ref random, random.Pick(heads), tries);
            string tail = random.Pick(tails);
            if (head[^1] != tail[0] && !head.EndsWith(tail, StringComparison.OrdinalIgnoreCase) && IsNew(head + tail))
            {
                return head + tail;
            }
        }
    }

    // Very long documents use up the short names; a syllable more makes room without an end.
    static string Lengthened(ref SeededRandom random, string stem, int tries)
    {
        for (int i = 0; i < tries / 20; i++)
        {
            stem += random.Pick(s_middles) + random.Pick(s_stems).ToLowerInvariant();
        }
        return stem;
    }

    static string[] List(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
