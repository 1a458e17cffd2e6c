using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Stores keys and values of earlier tokens in 8, 4 or 2 bits.</summary>
/// <remarks>
/// A group of numbers x becomes whole numbers q = round((x − m) / s) with its minimum m and s = (max − min) / (2^b − 1); x ≈ q · s + m,
/// with an error of at most s / 2 before rounding in F32. Groups of keys are G tokens in a row of one channel, groups of values G channels
/// of one token. Values of the last R tokens stay exact, and so do the N mod R last keys; a block of R keys is quantized when it is full.
/// Keys are quantized after RoPE. The prompt is read in full precision, layer by layer, and only what is stored is quantized.
/// Source: KIVI, arXiv:2402.02750. Scale and minimum are stored in F32. 16 bits store F32 and give the bits of ordinary decoding.
/// </remarks>
sealed class QuantizedCache(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "kv-quant", "KIVI", "arXiv:2402.02750",
        [
            new("bits", "Bits per number: 2, 4, 8, or 16 for no quantization", 4, 2, 16),
            new("group", "Numbers that share a scale", 32, 2, 1 << 12),
            new("residual", "Last tokens in full precision, a multiple of group", 128, 2, 1 << 16),
        ]);

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        Whole("bits") is not (2 or 4 or 8 or 16) ? $"bits is {Whole("bits")}. Use 2, 4, 8 or 16."
        : Whole("residual") % Whole("group") != 0 ? "residual must be a multiple of group."
        : LengthProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(model, Whole("bits"), Whole("group"), Whole("residual"));

    sealed class Reader : LayerwiseReader
    {
        readonly QuantizedRows[] _keys, _values; // [L]
        readonly int _bits;
        KvCache? _prompt;                        // one layer of the prompt while it is read

        internal Reader(DecoderModel model, int bits, int group, int residual)
            : base(model)
        {
            _bits = bits;
            int channels = Math.Min(group, Shape.HeadDim);
            _keys = [.. model.Blocks.Select(_ => new QuantizedRows(Shape.KeyWidth, bits, group, residual, byChannel: true))];
            _values = [.. model.Blocks.Select(_ => new QuantizedRows(Shape.KeyWidth, bits, channels, residual, byChannel: false))];
        }

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel)
        {
            using KvCache oneLayer = new(Model.Config with { NumHiddenLayers = 1 }, prompt.Count);
            _prompt = oneLayer;
            ReadLayerByLayer(prompt, logits, cancel);
            Hold(RowBytes * prompt.Count);
            _prompt = null;
        }

        public override void Dispose()
        {
        }

        private protected override void EndLayer(int layer)
        {
            LayerCache all = _prompt!.Layer(0, []);
            _keys[layer].Append(all.Keys);
            _values[layer].Append(all.Values);
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            Rows rotatedQueries = Rotated(layer, queries, first + keys.Count - queries.Count, w), rotated = Rotated(layer, keys, first, w);
            if (_prompt is { } prompt)
            {
                (Rows promptKeys, Rows promptValues) = prompt.Layer(0, [(first, keys.Count)]).Append(rotated, values);
                AttendCausally(layer, first, keys.Count, rotatedQueries, promptKeys, promptValues, output, w);
                return;
            }
            Rows seenKeys = w.Rows(first + keys.Count, Shape.KeyWidth), seenValues = w.Rows(first + keys.Count, Shape.KeyWidth);
            _keys[layer].Read(seenKeys.Slice(0, first));
            _values[layer].Read(seenValues.Slice(0, first));
            seenKeys.Slice(first, keys.Count).CopyFrom(rotated);
            seenValues.Slice(first, keys.Count).CopyFrom(values);
            long bytes = Cost.KeyValueBytes;
            AttendCausally(layer, first, keys.Count, rotatedQueries, seenKeys, seenValues, output, w);
            Cost.KeyValueBytes = bytes + _keys[layer].Bytes + _values[layer].Bytes;
            _keys[layer].Append(rotated);
            _values[layer].Append(values);
            Hold(2 * RowBytes * (first + keys.Count)); // the widened rows of one layer
        }

        void Hold(long beside) => Cost.Hold(_keys.Sum(k => k.Bytes) + _values.Sum(v => v.Bytes) + beside);
    }
}

/// <summary>Stores rows in few bits, the last ones exactly.</summary>
/// <param name="width">Numbers per row.</param>
/// <param name="bits">2, 4 or 8; 16 for F32.</param>
/// <param name="size">Numbers that share a scale: rows of one channel, or channels of one row.</param>
/// <param name="residual">R. By channel, blocks of R rows are quantized when they are full; by row, rows with R newer ones.</param>
/// <param name="byChannel">Whether groups are rows of one channel.</param>
sealed class QuantizedRows(int width, int bits, int size, int residual, bool byChannel)
{
    readonly List<float[]> _exact = [];
    readonly List<QuantizedGroups> _stored = []; // by channel: the groups of R rows; else those of a row

    /// <summary>Bytes of all rows.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Appends rows.</summary>
    internal void Append(Rows rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            _exact.Add(rows[i].ToArray());
            Bytes += (long)sizeof(float) * width;
            int due = bits == 16 || _exact.Count < residual ? 0 : byChannel ? residual : _exact.Count - residual;
            if (due > 0)
            {
                QuantizedGroups groups = new(byChannel ? OfBlock() : _exact[0].Chunk(size), bits);
                _stored.Add(groups);
                _exact.RemoveRange(0, due);
                Bytes += groups.Bytes - (long)sizeof(float) * width * due;
            }
        }
    }

    /// <summary>Writes all rows.</summary>
    /// <param name="rows">[rows so far, width] overwritten.</param>
    internal void Read(Rows rows)
    {
        int rowsPerBlock = byChannel ? residual : 1;
        Workers.For(_stored.Count, block =>
        {
            for (int i = 0; i < rowsPerBlock; i++)
            {
                Span<float> row = rows[block * rowsPerBlock + i];
                for (int channel = 0; channel < width; channel++)
                {
                    row[channel] = byChannel
                        ? _stored[block].Value(i / size * width + channel, i % size)
                        : _stored[block].Value(channel / size, channel % size);
                }
            }
        });
        for (int i = 0; i < _exact.Count; i++)
        {
            _exact[i].CopyTo(rows[_stored.Count * rowsPerBlock + i]);
        }
    }

    IEnumerable<float[]> OfBlock() =>
        from first in Enumerable.Range(0, residual / size)
        from channel in Enumerable.Range(0, width)
        select Enumerable.Range(first * size, size).Select(row => _exact[row][channel]).ToArray();
}

/// <summary>Represents groups of numbers, each with a minimum and a scale.</summary>
sealed class QuantizedGroups
{
    readonly float[] _minima, _scales; // [groups]; a scale is 0 where all numbers are equal
    readonly byte[] _packed;           // [groups][bytes] the whole numbers, the first in the lowest bits
    readonly int _bits, _stride;

    /// <summary>Quantizes numbers.</summary>
    /// <param name="groups">At least one; none is longer than the first.</param>
    /// <param name="bits">2, 4 or 8.</param>
    internal QuantizedGroups(IEnumerable<float[]> groups, int bits)
    {
        float[][] all = [.. groups];
        (_bits, _stride) = (bits, (all[0].Length * bits + 7) / 8);
        (_minima, _scales, _packed) = (new float[all.Length], new float[all.Length], new byte[all.Length * _stride]);
        for (int g = 0; g < all.Length; g++)
        {
            _minima[g] = all[g].Min();
            _scales[g] = (all[g].Max() - _minima[g]) / Most;
            for (int i = 0; i < all[g].Length && _scales[g] > 0; i++)
            {
                int whole = Math.Clamp((int)MathF.Round((all[g][i] - _minima[g]) / _scales[g]), 0, Most);
                _packed[g * _stride + i * bits / 8] |= (byte)(whole << (i * bits % 8));
            }
        }
    }

    /// <summary>Bytes of the numbers, minima and scales.</summary>
    internal long Bytes => _packed.Length + 2L * sizeof(float) * _minima.Length;

    int Most => (1 << _bits) - 1;

    /// <summary>Returns a number of a group.</summary>
    internal float Value(int group, int index) =>
        ((_packed[group * _stride + index * _bits / 8] >> (index * _bits % 8)) & Most) * _scales[group] + _minima[group];
}
