using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Represents text with marks on the characters that come from messages rather than from the template.</summary>
/// <remarks>
/// Only the template's own markup may become control tokens. Marks survive what templates do to strings: joining, cutting,
/// stripping, splitting, replacing. Where an operation makes new characters out of marked ones, all it makes is marked.
/// </remarks>
public sealed class MarkedText
{
    /// <summary>Gets the empty text.</summary>
    public static MarkedText Empty { get; } = new("", []);

    readonly MarkedRange[] _marked;

    MarkedText(string value, MarkedRange[] marked) => (Value, _marked) = (value, marked);

    /// <summary>Gets the characters.</summary>
    public string Value { get; }

    /// <summary>Gets the ranges that come from messages, in order and disjoint.</summary>
    public IReadOnlyList<MarkedRange> Marked => _marked;

    /// <summary>Gets whether any character comes from a message.</summary>
    internal bool IsMarked => _marked.Length > 0;

    internal int Length => Value.Length;

    /// <summary>Creates text that comes from a template.</summary>
    public static MarkedText Own(string value) => value.Length == 0 ? Empty : new(value, []);

    /// <summary>Creates text that comes from a message.</summary>
    internal static MarkedText FromMessage(string value) => value.Length == 0 ? Empty : new(value, [new(0, value.Length)]);

    /// <summary>Creates text derived from this text: marked as a whole if any part of this text is.</summary>
    internal MarkedText Derive(string value) => IsMarked ? FromMessage(value) : Own(value);

    internal MarkedText Slice(int start, int length)
    {
        if (start == 0 && length == Length)
        {
            return this;
        }
        if (length == 0)
        {
            return Empty;
        }
        int end = start + length;
        List<MarkedRange> marked = [];
        for (int i = FirstMarkAfter(start); i < _marked.Length && _marked[i].Start < end; i++)
        {
            int first = Math.Max(_marked[i].Start, start), last = Math.Min(_marked[i].Start + _marked[i].Length, end);
            marked.Add(new(first - start, last - first));
        }
        return new(Value.Substring(start, length), [.. marked]);
    }

    /// <summary>Returns the index of the first marked range that ends after a position, by binary search.</summary>
    int FirstMarkAfter(int place)
    {
        int low = 0, high = _marked.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _marked[middle].Start + _marked[middle].Length <= place ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Concatenates texts and keeps their marks.</summary>
    internal sealed class Builder
    {
        readonly StringBuilder _text = new();
        readonly List<MarkedRange> _marked = [];

        internal int Length => _text.Length;

        internal Builder Append(MarkedText text)
        {
            int start = _text.Length;
            _text.Append(text.Value);
            foreach (MarkedRange range in text._marked)
            {
                Mark(start + range.Start, range.Length);
            }
            return this;
        }

        internal MarkedText Build() => _text.Length == 0 ? Empty : new(_text.ToString(), [.. _marked]);

        void Mark(int start, int length)
        {
            if (_marked.Count > 0 && _marked[^1] is var last && last.Start + last.Length == start)
            {
                _marked[^1] = new(last.Start, last.Length + length);
            }
            else
            {
                _marked.Add(new(start, length));
            }
        }
    }
}

/// <summary>Represents consecutive characters of a <see cref="MarkedText"/>.</summary>
/// <param name="Start">The first.</param>
/// <param name="Length">How many, at least 1.</param>
public readonly record struct MarkedRange(int Start, int Length);
