using System.Text;

namespace Farsight.Server.Constraints;

/// <summary>Represents a set of texts, as bytes of UTF-8.</summary>
abstract class Grammar
{
    /// <summary>Gets the empty text.</summary>
    internal static Grammar Empty { get; } = new Sequence([]);

    /// <summary>Creates the grammar of one text.</summary>
    internal static Grammar Text(string text) => new Sequence([.. Encoding.UTF8.GetBytes(text).Select(b => (Grammar)new OneByte(b, b))]);

    /// <summary>Creates the grammar of several parts, one after the other.</summary>
    internal static Grammar Of(params Grammar[] parts) => parts is [var only] ? only : new Sequence(parts);

    /// <summary>Creates the grammar of any of the options.</summary>
    internal static Grammar Any(params Grammar[] options) => options is [var only] ? only : new Choice(options);

    /// <summary>Creates the grammar of one of several texts, which begin alike without becoming slow to match.</summary>
    /// <param name="texts">At least one, each short: a call of this method can nest once per byte.</param>
    internal static Grammar OneOf(IEnumerable<string> texts) => Branches([.. texts.Select(t => Encoding.UTF8.GetBytes(t))], 0);

    static Grammar Branches(IReadOnlyList<byte[]> texts, int at)
    {
        int end = at; // the texts are equal up to here
        while (texts.All(t => t.Length > end && t[end] == texts[0][end]))
        {
            end++;
        }
        Grammar[] rest =
        [
            .. texts.Any(t => t.Length == end) ? [Empty] : Array.Empty<Grammar>(),
            .. texts.Where(t => t.Length > end).GroupBy(t => t[end]).Select(g => Branches([.. g], end)),
        ];
        return Of([.. texts[0][at..end].Select(b => (Grammar)new OneByte(b, b)), Any(rest)]);
    }

    /// <summary>Represents one byte of a range.</summary>
    internal sealed class OneByte(byte first, byte last) : Grammar
    {
        internal bool Has(byte value) => value >= first && value <= last;
    }

    /// <summary>Represents parts that follow each other.</summary>
    internal sealed class Sequence(IReadOnlyList<Grammar> parts) : Grammar
    {
        internal IReadOnlyList<Grammar> Parts => parts;
    }

    /// <summary>Represents one of several options.</summary>
    internal sealed class Choice(IReadOnlyList<Grammar> options) : Grammar
    {
        internal IReadOnlyList<Grammar> Options => options;
    }

    /// <summary>Represents repetitions.</summary>
    /// <param name="part">The repeated part; not the empty text.</param>
    /// <param name="minimum">Minimum number of repetitions.</param>
    /// <param name="maximum">Maximum number; <see cref="int.MaxValue"/> for no limit.</param>
    internal sealed class Repeat(Grammar part, int minimum, int maximum = int.MaxValue) : Grammar
    {
        internal Grammar Part => part;

        internal int Minimum => minimum;

        internal int Maximum => maximum;

        /// <summary>Returns the number to count on with: without a maximum, numbers beyond the minimum are all alike.</summary>
        internal int Next(int count) => maximum == int.MaxValue ? Math.Min(count + 1, minimum) : count + 1;
    }
}

/// <summary>Represents a place in the texts of a grammar: what may follow. Places are computed when they are reached, and kept.</summary>
/// <remarks>Places after which the same may follow are one place, so a long text does not need more of them than a short one.</remarks>
sealed class GrammarPlace
{
    // A schema that is more ambiguous than this is refused when it gets there, rather than slowing everything down.
    const int MaxThreads = 20_000;

    readonly HashSet<Pending> _open = []; // each begins with a byte
    readonly GrammarPlace?[] _next = new GrammarPlace?[256];
    readonly Dictionary<HashSet<Pending>, GrammarPlace>[] _known; // places that are no end, and places that are one

    GrammarPlace(IEnumerable<Pending?> threads, Dictionary<HashSet<Pending>, GrammarPlace>[] known)
    {
        _known = known;
        Stack<Pending?> left = new(threads);
        while (left.TryPop(out Pending? thread))
        {
            if (thread is null)
            {
                CanEnd = true;
                continue;
            }
            Expand(thread, left);
            if (left.Count + _open.Count > MaxThreads)
            {
                throw new SchemaException("The schema has too many alternatives at one place; simplify it.");
            }
        }
    }

    /// <summary>Whether a text ends here.</summary>
    internal bool CanEnd { get; }

    /// <summary>Whether nothing may follow.</summary>
    internal bool IsOver => _open.Count == 0;

    /// <summary>Returns the beginning of a grammar's texts.</summary>
    /// <exception cref="SchemaException">There are too many alternatives.</exception>
    internal static GrammarPlace Start(Grammar grammar) => new(
        [new(grammar, 0, null)], [new(HashSet<Pending>.CreateSetComparer()), new(HashSet<Pending>.CreateSetComparer())]);

    /// <summary>Returns the place after a byte; null if the byte may not follow.</summary>
    /// <exception cref="SchemaException">There are too many alternatives at that place.</exception>
    internal GrammarPlace? After(byte value)
    {
        if (_next[value] is { } known)
        {
            return known;
        }
        Pending?[] threads = [.. _open.Where(t => ((Grammar.OneByte)t.First).Has(value)).Select(t => t.Rest)];
        if (threads.Length == 0)
        {
            return null;
        }
        GrammarPlace next = new(threads, _known);
        Dictionary<HashSet<Pending>, GrammarPlace> alike = _known[next.CanEnd ? 1 : 0];
        alike.TryAdd(next._open, next);
        return _next[value] = alike[next._open];
    }

    /// <summary>Returns the place after several bytes; null if they may not follow.</summary>
    internal GrammarPlace? After(ReadOnlySpan<byte> bytes)
    {
        GrammarPlace? place = this;
        for (int i = 0; i < bytes.Length && place is not null; i++)
        {
            place = place.After(bytes[i]);
        }
        return place;
    }

    void Expand(Pending thread, Stack<Pending?> left)
    {
        switch (thread.First)
        {
            case Grammar.Sequence sequence:
                left.Push(sequence.Parts.Reverse().Aggregate(thread.Rest, (rest, part) => new Pending(part, 0, rest)));
                break;
            case Grammar.Choice choice:
                foreach (Grammar option in choice.Options)
                {
                    left.Push(new(option, 0, thread.Rest));
                }
                break;
            case Grammar.Repeat repeat:
                if (thread.Count >= repeat.Minimum)
                {
                    left.Push(thread.Rest);
                }
                if (thread.Count < repeat.Maximum)
                {
                    left.Push(new(repeat.Part, 0, new(repeat, repeat.Next(thread.Count), thread.Rest)));
                }
                break;
            default:
                _open.Add(thread);
                break;
        }
    }

    /// <summary>Represents what is still to come.</summary>
    /// <remarks>Lists are as long as a text of the schema, so comparing them must not call itself for each part.</remarks>
    /// <param name="first">The next part.</param>
    /// <param name="count">Repetitions of it so far.</param>
    /// <param name="rest">What follows it; null for the end.</param>
    sealed class Pending(Grammar first, int count, Pending? rest) : IEquatable<Pending>
    {
        readonly int _hash = unchecked((first.GetHashCode() * 31 + count) * 31 + (rest?._hash ?? 0));

        internal Grammar First => first;

        internal int Count => count;

        internal Pending? Rest => rest;

        public bool Equals(Pending? other)
        {
            Pending? own = this;
            while (own is not null && other is not null && own._hash == other._hash && own.First == other.First && own.Count == other.Count
                && own != other)
            {
                (own, other) = (own.Rest, other.Rest);
            }
            return own == other;
        }

        public override bool Equals(object? obj) => Equals(obj as Pending);

        public override int GetHashCode() => _hash;
    }
}

/// <summary>Thrown when a schema has a keyword or a size that cannot be enforced. The message names it.</summary>
sealed class SchemaException(string message) : Exception(message);
