using System.Numerics.Tensors;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Reads a text through a sliding window, keeps keys and values of its blocks aside, and loads blocks for a question.</summary>
/// <remarks>
/// While reading, a token sees the first tokens, unrotated against a query rotated by the window, and the tokens of the window. For a
/// question, each layer compares the mean of the question's unrotated queries with the mean of each block's unrotated keys, by their
/// product over all heads. The best blocks, in their order, stand between first tokens and question at the positions 0, 1, 2, ….
/// The question's keys are not kept. Source: ReKV, arXiv:2503.00540, a method for video; the transfer to text is ours: a block is a run of
/// tokens in place of a frame, and the question is the last tokens of the prompt. Blocks stay in memory here.
/// </remarks>
sealed class ReKv(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "rekv", "ReKV, transferred to text", "arXiv:2503.00540",
        [
            new("block", "Tokens per block", 128, 1, 1 << 16),
            new("blocks", "Blocks that are loaded; 0 for as many as fit the window", 0, 0, MethodOption.MaxTokens),
            new("window", "Tokens of the sliding window; 0 for half of the model's window", 0, 0, MethodOption.MaxTokens),
            new("first", "Number of first tokens that stay visible", 4, 0, 1 << 16),
            new("question", "Number of last tokens that are the question", 64, 1, CacheRun.RowsPerPass / 2), // one pass also after Rewind
        ]);

    /// <inheritdoc/>
    public override int? WindowOf(ModelConfig config) => null;

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        WindowOfReading(config) + Whole("first") > config.MaxPositionEmbeddings
            ? $"window and first together must be at most its window of {config.MaxPositionEmbeddings} tokens."
            : PositionProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(this, model, promptTokens, newTokens);

    int WindowOfReading(ModelConfig config) => Whole("window") is > 0 and var own ? own : Math.Max(1, config.MaxPositionEmbeddings / 2);

    /// <summary>Returns the number of blocks to load beside a question and its answer.</summary>
    int BlocksFor(ModelConfig config, int tokens)
    {
        int room = config.MaxPositionEmbeddings - Whole("first") - tokens, fit = Math.Max(0, room) / Whole("block");
        int blocks = Whole("blocks") is > 0 and var own ? own : fit;
        return blocks > 0 && blocks <= fit ? blocks : throw new InputException(
            $"Context method {Text}: the window of {config.MaxPositionEmbeddings} tokens has room for {fit} blocks beside its first "
                + $"tokens and the {tokens} tokens of question and answer; lower block, blocks or the maximum of new tokens.");
    }

    sealed class Reader : LayerwiseReader
    {
        readonly ReKv _method;
        readonly SlidingCache _window;
        readonly KvCache _store;           // unrotated
        readonly int _first, _block, _size;
        KvCache? _answer;                  // rotated to the positions of the answer
        int _context, _blocks, _newTokens; // tokens of the context, blocks to load, and tokens after the question
        int[] _known = [];                 // the context, once it is read
        int[]? _loaded;                    // [L] tokens before the question in each layer; null while reading

        internal Reader(ReKv method, DecoderModel model, int promptTokens, int newTokens)
            : base(model)
        {
            (_method, _newTokens, _block, _size) = (method, newTokens, method.Whole("block"), method.WindowOfReading(model.Config));
            _context = Math.Max(0, promptTokens - method.Whole("question"));
            _first = Math.Min(method.Whole("first"), _context);
            _window = new(model.Config, Shape, _first, _size, RowsPerPass);
            _store = new(model.Config, Math.Max(1, _context));
            Cost.Hold(_window.Bytes + RowBytes * _context * model.Blocks.Count);
        }

        private protected override bool NeedsAllRows => _loaded is not null; // the mean of the question needs every query

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel)
        {
            int question = prompt.Count - _context;
            int available = (_context - _first + _block - 1) / _block;
            _blocks = available == 0 ? 0 : Math.Min(available, _method.BlocksFor(Model.Config, question + _newTokens));
            if (_known.Length == 0)
            {
                _known = [.. prompt.Take(_context)];
                ReadTokens(_known, null, cancel);
            }
            int rows = _first + _blocks * _block + question + _newTokens;
            _answer?.Dispose();
            _answer = new(Model.Config, rows);
            Cost.Hold(_window.Bytes + RowBytes * (_context + (long)rows) * Model.Blocks.Count);
            _loaded = new int[Model.Blocks.Count];
            ReadTokens([.. prompt.Skip(_context)], logits, cancel);
        }

        internal override bool Rewind(IReadOnlyList<int> prompt, int newTokens)
        {
            if (!BeginsWith(prompt, _known, _method.Whole("question")))
            {
                return false;
            }
            (_newTokens, Length, _loaded) = (newTokens, _context, null);
            return true;
        }

        public override void Dispose()
        {
            _window.Dispose();
            _store.Dispose();
            _answer?.Dispose();
        }

        private protected override void BeginPass(int count)
        {
            if (_loaded is null)
            {
                _window.MakeRoom(Length, count);
            }
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            if (_loaded is { } loaded)
            {
                Answer(layer, loaded, first, queries, keys, values, output, w);
                return;
            }
            int firstQuery = first + keys.Count - queries.Count;
            LayerCache store = _store.Layer(layer, [(first, keys.Count)]);
            store.Append(keys, values);
            int[] last = [.. Enumerable.Repeat(_size, queries.Count)];
            _window.Attend(
                layer, first, Rotated(layer, queries, firstQuery, w), Rotated(layer, keys, first, w), values,
                Rotated(layer, queries, last, w), Rotated(layer, store.Keys.Slice(0, _first), new int[_first], w), output, w);
            Cost.KeyValueBytes += RowBytes * Math.Min(first + keys.Count, _window.Visible + keys.Count - 1);
        }

        /// <summary>Attends to first tokens, loaded blocks, and the question so far.</summary>
        void Answer(int layer, int[] loaded, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            if (first == _context)
            {
                loaded[layer] = Load(layer, queries, w);
            }
            int before = loaded[layer] + first - _context;
            LayerCache answer = _answer!.Layer(layer, [(before, keys.Count)]);
            (Rows seenKeys, Rows seenValues) = answer.Append(Rotated(layer, keys, before, w), values);
            Rows rotated = Rotated(layer, queries, before + keys.Count - queries.Count, w);
            AttendCausally(layer, before, keys.Count, rotated, seenKeys, seenValues, output, w);
        }

        /// <summary>Copies first tokens and the best blocks to the beginning of the answer's rows; returns their number.</summary>
        int Load(int layer, Rows queries, Workspace w)
        {
            LayerCache store = _store.Layer(layer, []);
            int available = (_context - _first + _block - 1) / _block;
            float[] mean = Mean(queries), grouped = new float[Shape.KeyWidth]; // queries of the heads that read the same keys
            for (int head = 0; head < Shape.Heads; head++)
            {
                Span<float> sum = grouped.AsSpan(head / Shape.Group * Shape.HeadDim, Shape.HeadDim);
                TensorPrimitives.Add(sum, mean.AsSpan(head * Shape.HeadDim, Shape.HeadDim), sum);
            }
            float[] scores = new float[available];
            Workers.For(available, b => scores[b] = TensorPrimitives.Dot<float>(grouped, Mean(Block(store.Keys, b))));
            int[] tokens =
            [
                .. Enumerable.Range(0, _first),
                .. Enumerable.Range(0, available)
                    .OrderByDescending(b => scores[b])
                    .Take(_blocks)
                    .Order()
                    .SelectMany(b => Enumerable.Range(_first + b * _block, Block(store.Keys, b).Count)),
            ];
            if (tokens.Length > 0)
            {
                Rows keys = w.Rows(tokens.Length, Shape.KeyWidth), values = w.Rows(tokens.Length, Shape.KeyWidth);
                for (int i = 0; i < tokens.Length; i++)
                {
                    store.Keys[tokens[i]].CopyTo(keys[i]);
                    store.Values[tokens[i]].CopyTo(values[i]);
                }
                _answer!.Layer(layer, [(0, tokens.Length)]).Append(Rotated(layer, keys, 0, w), values);
            }
            return tokens.Length;
        }

        Rows Block(Rows keys, int block)
        {
            int start = _first + block * _block;
            return keys.Slice(start, Math.Min(_block, _context - start));
        }

        static float[] Mean(Rows rows)
        {
            float[] mean = new float[rows.Width];
            for (int row = 0; row < rows.Count; row++)
            {
                TensorPrimitives.MultiplyAdd(rows[row], 1f / rows.Count, mean, mean);
            }
            return mean;
        }
    }
}
