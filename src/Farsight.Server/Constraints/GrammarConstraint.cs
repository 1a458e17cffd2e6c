using Farsight.Alignment.Answering;
using Farsight.Text.Tokenizers;

namespace Farsight.Server.Constraints;

/// <summary>Restricts an answer to the texts of a grammar, from its beginning or from a marker on.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="grammar">The grammar.</param>
/// <param name="marker">Text after which the grammar holds; before it the answer is free. Null for the whole answer.</param>
sealed class GrammarConstraint(Tokenizer tokenizer, Grammar grammar, string? marker = null) : ITokenConstraint
{
    readonly byte[] _marker = System.Text.Encoding.UTF8.GetBytes(marker ?? "");
    readonly List<byte> _free = [];
    readonly GrammarPlace _start = GrammarPlace.Start(grammar);
    GrammarPlace? _place;
    bool _hasMarker = marker is null;

    /// <inheritdoc/>
    public bool CanEnd => !_hasMarker || Place.CanEnd;

    /// <inheritdoc/>
    public bool IsOver => marker is null && Place.IsOver;

    GrammarPlace Place => _place ?? _start;

    /// <inheritdoc/>
    public bool Allows(int token) => tokenizer.BytesOf(token) is { Length: > 0 } bytes
        && (_hasMarker ? !tokenizer.IsSpecial(token) && Next(bytes) is not null : FitsBehindMarker(bytes));

    /// <inheritdoc/>
    public void Append(int token)
    {
        ReadOnlySpan<byte> bytes = tokenizer.BytesOf(token);
        if (_hasMarker)
        {
            _place = Next(bytes);
            return;
        }
        _free.AddRange(bytes);
        if (MarkerEnd([.. _free]) is { } end)
        {
            (_hasMarker, _place) = (true, _start.After(_free.ToArray().AsSpan(end)));
            _free.Clear();
        }
        _free.RemoveRange(0, Math.Max(0, _free.Count - _marker.Length));
    }

    /// <summary>Returns the place after a token; behind a complete call that a marker began, everything is allowed.</summary>
    GrammarPlace? Next(ReadOnlySpan<byte> bytes) => marker is not null && Place.IsOver ? Place : Place.After(bytes);

    bool FitsBehindMarker(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. _free, .. bytes];
        return MarkerEnd(all) is not { } end || _start.After(all.AsSpan(end)) is not null;
    }

    int? MarkerEnd(byte[] text) => text.AsSpan().IndexOf(_marker) is >= 0 and var at ? at + _marker.Length : null;
}
