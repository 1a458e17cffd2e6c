namespace Farsight.Engine.Optimizers;

/// <summary>Represents 256 values in [−1, 1] or [0, 1] that are dense near 0: dynamic tree quantization.</summary>
/// <remarks>
/// Seven decades from 1e-6 to 1. Decade i has 2^i values of each sign, or 2^(i+1) without signs, in the middle of equal parts of
/// [0.1, 1]; 0 and 1 complete the list. A value is coded as the nearest of them. The error is at most 0.7 % of the block's maximum with
/// signs, 0.35 % without, and much less for small values. Source: arXiv:2110.02861, Sec. 2.3. A code is the place from that of 0 on, so
/// that zeroed memory holds zeros. Unlike there, a second moment above 0 is never coded as 0: the update divides by its root, and a
/// first moment that is still remembered would be divided by nothing.
/// </remarks>
sealed class DynamicCode
{
    const int Decades = 7, Codes = 256;

    /// <summary>Values of both signs, for first moments.</summary>
    internal static readonly DynamicCode Signed = new(isSigned: true);

    /// <summary>Values of at least 0, for second moments.</summary>
    internal static readonly DynamicCode Unsigned = new(isSigned: false);

    readonly float[] _sorted, _middles, _byCode;
    readonly int _zero;
    readonly bool _isSigned;

    DynamicCode(bool isSigned)
    {
        _isSigned = isSigned;
        List<float> values = [0, 1];
        for (int i = 0; i < Decades; i++)
        {
            int parts = 1 << (isSigned ? i : i + 1);
            double decade = Math.Pow(10, i - Decades + 1);
            for (int j = 0; j < parts; j++)
            {
                float value = (float)(decade * (0.1 + 0.9 * (j + 0.5) / parts));
                values.Add(value);
                if (isSigned)
                {
                    values.Add(-value);
                }
            }
        }
        _sorted = [.. values.Order()];
        _middles = [.. _sorted.Zip(_sorted.Skip(1), (a, b) => (a + b) / 2)];
        _zero = Array.IndexOf(_sorted, 0);
        _byCode = new float[Codes];
        for (int place = 0; place < Codes; place++)
        {
            _byCode[(byte)(place - _zero)] = _sorted[place];
        }
    }

    /// <summary>The values in ascending order: [256].</summary>
    internal IReadOnlyList<float> Values => _sorted;

    /// <summary>Widens codes.</summary>
    /// <param name="codes">[n]</param>
    /// <param name="scale">The block's maximum magnitude.</param>
    /// <param name="values">[n] overwritten.</param>
    internal void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _byCode[codes[i]] * scale;
        }
    }

    /// <summary>Codes values and returns the block's maximum magnitude.</summary>
    /// <param name="values">[n]</param>
    /// <param name="codes">[n] overwritten.</param>
    internal float Encode(ReadOnlySpan<float> values, Span<byte> codes)
    {
        float scale = 0;
        foreach (float value in values)
        {
            scale = Math.Max(scale, Math.Abs(value));
        }
        float inverse = scale > 0 ? 1 / scale : 0;
        for (int i = 0; i < values.Length; i++)
        {
            int place = Place(float.IsInfinity(inverse) ? values[i] / scale : values[i] * inverse);
            codes[i] = (byte)(!_isSigned && values[i] > 0 ? Math.Max(place, 1) : place - _zero); // 1: the least above 0
        }
        return scale;
    }

    /// <summary>Returns the place of the nearest value.</summary>
    int Place(float value)
    {
        int low = 0, high = Codes - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = value > _middles[middle] ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
