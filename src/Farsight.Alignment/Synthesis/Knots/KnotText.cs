using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Knots;

/// <summary>Ties several documents into one text: pieces are shuffled and interleaved, and backtracing tasks ask for their order.</summary>
/// <remarks>
/// Source: "Untie the Knots", arXiv:2409.04774. A piece before a cut ends in the cut's tail mark, the piece after it starts with the head
/// mark. A document of several pieces has a name of six characters before each piece, and behind its last piece in the text the names in
/// their original order. Every document ends in an end mark. Differences: marks are ordinary text, so that any tokenizer can read
/// them, and cuts are at white space, so that no character is split. <see cref="Untie"/> is the inverse.
/// </remarks>
static partial class KnotText
{
    const string NameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";
    const int NameLength = 6;

    /// <summary>Ties documents.</summary>
    /// <param name="documents">At least one; none <see cref="HasMarks"/>.</param>
    /// <param name="maxPieces">Maximum pieces per document; each number from 1 is equally likely.</param>
    /// <param name="keepsOrder">Whether the pieces of each document keep their order.</param>
    /// <param name="random">Draws pieces, order and names; advanced.</param>
    internal static KnottedText Tie(IReadOnlyList<string> documents, int maxPieces, bool keepsOrder, ref SeededRandom random)
    {
        List<Piece> pieces = [];
        HashSet<string> names = [];
        int cut = 0;
        foreach ((int number, string document) in documents.Index())
        {
            string[] parts = Cut(document, 1 + random.Next(maxPieces), ref random);
            for (int i = 0; i < parts.Length; i++)
            {
                pieces.Add(new(
                    number, i, parts[i], parts.Length == 1 ? null : DrawName(names, ref random),
                    Head: i > 0 ? cut + i : null, Tail: i + 1 < parts.Length ? cut + i + 1 : null));
            }
            cut += parts.Length - 1;
        }
        return Write(Shuffle(pieces, keepsOrder, ref random));
    }

    /// <summary>Restores the documents of a tied text. A text that was cut off gives the pieces before the cut.</summary>
    /// <returns>The documents in the order in which their first restored pieces stand in the text.</returns>
    internal static IReadOnlyList<string> Untie(string text)
    {
        List<ReadPiece> pieces = [.. Read(text)];
        Dictionary<int, ReadPiece> byHead = pieces.Where(p => p.Head is not null).ToDictionary(p => p.Head!.Value);
        HashSet<int> tails = [.. pieces.Select(p => p.Tail).OfType<int>()];
        List<string> documents = [];
        // A piece starts a document if nothing restored leads to it.
        foreach (ReadPiece first in pieces.Where(p => p.Head is null || !tails.Contains(p.Head.Value)))
        {
            StringBuilder document = new();
            for (ReadPiece? piece = first; piece is not null; piece = piece.Tail is { } tail ? byHead.GetValueOrDefault(tail) : null)
            {
                document.Append(piece.Text);
            }
            documents.Add(document.ToString());
        }
        return documents;
    }

    /// <summary>Tells whether a text contains a mark by chance, so that it cannot be tied.</summary>
    internal static bool HasMarks(string text) => Mark().IsMatch(text);

    /// <summary>Cuts a text before white space, at random places.</summary>
    static string[] Cut(string text, int count, ref SeededRandom random)
    {
        int[] places =
        [
            .. Enumerable.Range(1, Math.Max(0, text.Length - 1)).Where(i => char.IsWhiteSpace(text[i]) && !char.IsWhiteSpace(text[i - 1])),
        ];
        random.Shuffle<int>(places);
        int[] ends = [0, .. places.Take(count - 1).Order(), text.Length];
        return [.. Enumerable.Range(0, ends.Length - 1).Select(i => text[ends[i]..ends[i + 1]])];
    }

    static string DrawName(HashSet<string> names, ref SeededRandom random)
    {
        char[] name = new char[NameLength];
        do
        {
            for (int i = 0; i < NameLength; i++)
            {
                name[i] = NameCharacters[random.Next(NameCharacters.Length)];
            }
        }
        while (!names.Add(new(name)));
        return new(name);
    }

    /// <summary>Shuffles the pieces; the last piece of the last document stays last.</summary>
    static Piece[] Shuffle(List<Piece> pieces, bool keepsOrder, ref SeededRandom random)
    {
        Piece[] shuffled = [.. pieces.SkipLast(1)];
        random.Shuffle<Piece>(shuffled);
        Piece[] all = [.. shuffled, pieces[^1]];
        if (!keepsOrder)
        {
            return all;
        }
        Dictionary<int, Queue<Piece>> inOrder = pieces.GroupBy(p => p.Document).ToDictionary(g => g.Key, g => new Queue<Piece>(g));
        return [.. all.Select(p => inOrder[p.Document].Dequeue())];
    }

    static KnottedText Write(Piece[] pieces)
    {
        StringBuilder text = new();
        List<(int Start, int End)> unlearned = [];
        for (int i = 0; i < pieces.Length; i++)
        {
            Piece piece = pieces[i];
            if (piece.Name is not null)
            {
                Unlearned($"<|D|>{piece.Name}<|/D|>");
            }
            if (piece.Head is { } head)
            {
                Unlearned(string.Create(CultureInfo.InvariantCulture, $"<|h{head}|>"));
            }
            text.Append(piece.Text);
            if (piece.Tail is { } tail)
            {
                Unlearned(string.Create(CultureInfo.InvariantCulture, $"<|t{tail}|>"));
            }
            else
            {
                Unlearned("<|E|>");
            }
            if (piece.Name is null || pieces.Skip(i + 1).Any(p => p.Document == piece.Document))
            {
                continue;
            }
            Unlearned("<|S|>");
            foreach ((int k, Piece part) in pieces.Where(p => p.Document == piece.Document).OrderBy(p => p.Index).Index())
            {
                if (k > 0)
                {
                    Unlearned("<|s|>");
                }
                text.Append(part.Name);
            }
            Unlearned("<|/S|>");
        }
        return new(text.ToString(), unlearned);

        void Unlearned(string mark)
        {
            unlearned.Add((text.Length, text.Length + mark.Length));
            text.Append(mark);
        }
    }

    /// <summary>Reads the pieces of a tied text, without names and backtracing tasks.</summary>
    static IEnumerable<ReadPiece> Read(string text)
    {
        text = Task().Replace(text, "\0"); // ends a piece
        StringBuilder piece = new();
        int? head = null;
        int at = 0;
        foreach (Match mark in Mark().Matches(text))
        {
            piece.Append(text, at, mark.Index - at);
            at = mark.Index + mark.Length;
            bool isTail = mark.Groups["tail"].Success;
            if (!isTail && piece.Length > 0)
            {
                yield return new(head, null, Taken(piece));
                head = null;
            }
            if (mark.Groups["head"].Success)
            {
                head = int.Parse(mark.Groups["head"].Value, CultureInfo.InvariantCulture);
            }
            if (isTail)
            {
                yield return new(head, int.Parse(mark.Groups["tail"].Value, CultureInfo.InvariantCulture), Taken(piece));
                head = null;
            }
        }
        piece.Append(text, at, text.Length - at);
        if (piece.Length > 0)
        {
            yield return new(head, null, Taken(piece));
        }

        static string Taken(StringBuilder piece)
        {
            string taken = piece.ToString();
            piece.Clear();
            return taken;
        }
    }

    [GeneratedRegex(@"<\|S\|>.*?(?:<\|/S\|>|\z)", RegexOptions.Singleline)]
    private static partial Regex Task();

    [GeneratedRegex(@"<\|h(?<head>\d{1,6})\|>|<\|t(?<tail>\d{1,6})\|>|<\|D\|>[a-z0-9]{0,6}(?:<\|/D\|>|\z)|<\|/?[DSsE]\|>|\0")]
    private static partial Regex Mark();

    sealed record Piece(int Document, int Index, string Text, string? Name, int? Head, int? Tail);

    sealed record ReadPiece(int? Head, int? Tail, string Text);
}

/// <summary>Represents a tied text.</summary>
/// <param name="Text">The text with marks, names and backtracing tasks.</param>
/// <param name="Unlearned">Ranges of characters that the paper leaves out of the loss: marks and names, but not the answers of the tasks.
/// </param>
sealed record KnottedText(string Text, IReadOnlyList<(int Start, int End)> Unlearned)
{
    /// <summary>Cuts the text off.</summary>
    internal KnottedText Take(int length) => length >= Text.Length
        ? this
        : new(Text[..length], [.. Unlearned.Where(u => u.Start < length).Select(u => (u.Start, Math.Min(u.End, length)))]);
}
