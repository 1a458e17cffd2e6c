namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>People who do not exist, for chains of relatives when the user has no list of names.</summary>
static class InventedNames
{
    const string First =
        "Alda Berin Corla Davit Elsin Farro Gitte Hovan Ilmar Jorun Kessa Lorin Mavra Nilo Orsa Pellin Quira Rovan Selka Torben Ulla Vesna Wendel Yorik Zelda";

    const string Last =
        "Abbing Borrow Calder Dunmore Elwick Farrant Grasmoor Hallin Ibsted Jessop Kettering Lomax Merrow Norby Oakhurst Penrith Quarles Ridding Sallow Thorne Umber Varley Wexham Yarrow Zeller";

    /// <summary>All of them: 625.</summary>
    internal static IReadOnlyList<string> All { get; } =
        [.. from first in First.Split(' ') from last in Last.Split(' ') select $"{first} {last}"];
}
