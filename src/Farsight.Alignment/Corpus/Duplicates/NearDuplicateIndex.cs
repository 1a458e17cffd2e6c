namespace Farsight.Alignment.Corpus.Duplicates;

/// <summary>Stores signatures of texts and detects near duplicates.</summary>
/// <remarks>
/// The signature is cut into 21 bands of 6 places. Texts that agree in one whole band are compared by all 128 places. With
/// similarity J that happens with probability 1 − (1 − J⁶)²¹: 0.998 at 0.8, and 0.28 at 0.5, where the comparison costs little.
/// A text takes some 430 bytes, however long it is. Only texts that are no duplicates are remembered, so the first one stays.
/// Source: Indyk and Motwani, STOC 1998; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3.
/// </remarks>
sealed class NearDuplicateIndex
{
    const int Bands = 21, Rows = 6, PerBlock = 4096, MostCompared = 64, MostSlots = 1 << 28;

    readonly double _threshold;
    readonly MinHash _hash = new();
    readonly List<ushort[]> _blocks = []; // of 4096 signatures each, so that growing copies nothing
    int[] _slots = new int[1 << 12]; // text + 1 by band, open addressing
    int _texts;

    /// <summary>Creates an empty index.</summary>
    /// <param name="threshold">Minimum similarity of a near duplicate, in (0, 1].</param>
    public NearDuplicateIndex(double threshold)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, 1);
        _threshold = threshold;
    }

    /// <summary>Gets the number of texts in the index.</summary>
    public int Count => _texts;

    /// <summary>
    /// Adds a text. Returns false, without adding it, if it is a near duplicate of a text in the index. Texts without words are
    /// always added.
    /// </summary>
    public bool Add(string text)
    {
        Span<ushort> signature = stackalloc ushort[MinHash.Places];
        if (!_hash.Sign(text, signature))
        {
            return true;
        }
        for (int band = 0; band < Bands; band++)
        {
            if (IsNear(signature, band))
            {
                return false;
            }
        }
        Remember(signature);
        return true;
    }

    bool IsNear(ReadOnlySpan<ushort> signature, int band)
    {
        int compared = 0;
        for (int slot = Slot(signature, band); _slots[slot] != 0 && compared < MostCompared; slot = (slot + 1) & (_slots.Length - 1))
        {
            ReadOnlySpan<ushort> other = Signature(_slots[slot] - 1);
            if (Band(other, band).SequenceEqual(Band(signature, band)))
            {
                compared++;
                if (MinHash.Similarity(other, signature) >= _threshold)
                {
                    return true;
                }
            }
        }
        return false;
    }

    void Remember(ReadOnlySpan<ushort> signature)
    {
        if (_texts == _blocks.Count * PerBlock)
        {
            _blocks.Add(new ushort[PerBlock * MinHash.Places]);
        }
        int text = _texts++;
        signature.CopyTo(Signature(text));
        if ((long)_texts * Bands * 2 > _slots.Length && _slots.Length <= MostSlots)
        {
            _slots = new int[_slots.Length * 4];
            for (int i = 0; i < text; i++)
            {
                Enter(i);
            }
        }
        Enter(text);
    }

    /// <summary>Adds a text to the slots of its bands, except bands that are too common to be informative.</summary>
    void Enter(int text)
    {
        ReadOnlySpan<ushort> signature = Signature(text);
        for (int band = 0; band < Bands; band++)
        {
            int slot = Slot(signature, band), alike = 0;
            while (_slots[slot] != 0)
            {
                alike += Band(Signature(_slots[slot] - 1), band).SequenceEqual(Band(signature, band)) ? 1 : 0;
                slot = (slot + 1) & (_slots.Length - 1);
            }
            if (alike < MostCompared)
            {
                _slots[slot] = text + 1;
            }
        }
    }

    int Slot(ReadOnlySpan<ushort> signature, int band)
    {
        ulong hash = (ulong)band + 1;
        foreach (ushort place in Band(signature, band))
        {
            hash = (hash ^ place) * 0xBF58476D1CE4E5B9;
            hash ^= hash >> 31;
        }
        return (int)(hash & (ulong)(_slots.Length - 1));
    }

    Span<ushort> Signature(int text) => _blocks[text / PerBlock].AsSpan(text % PerBlock * MinHash.Places, MinHash.Places);

    static ReadOnlySpan<ushort> Band(ReadOnlySpan<ushort> signature, int band) => signature.Slice(band * Rows, Rows);
}
