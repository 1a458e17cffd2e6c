using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Tests.Engine.Models;

/// <summary>
/// A decoder written from the formulas, in double, one token after the other. Shares nothing with the engine but the weights.
/// </summary>
sealed class NaiveDecoder(ModelConfig config, IWeightSource source)
{
    /// <summary>Heads whose output is zero.</summary>
    internal IReadOnlyList<AttentionHead> Masked { get; init; } = [];

    /// <summary>Whether a head of a token may see another; null for causal attention without more.</summary>
    internal TreeAttentionNaive.Mask? Mask { get; init; }

    /// <summary>Computes the attention of one head for one token; null for causal attention.</summary>
    internal Func<NaiveHead, double[]>? Attention { get; init; }

    /// <summary>The place that each head looks at most, by layer, token and head, of the sequence that was computed last.</summary>
    internal Dictionary<(int Layer, int Token, int Head), int> Peaks { get; } = [];

    /// <summary>Vectors in the places of embeddings, by row.</summary>
    internal IReadOnlyDictionary<int, double[]> Inputs { get; init; } = new Dictionary<int, double[]>();

    /// <summary>Log-probabilities of every next token [T, V] of one sequence.</summary>
    /// <param name="tokens">[T]</param>
    /// <param name="positions">[T]</param>
    /// <param name="length">Of the sequence, for RoPE rules that ask for it.</param>
    internal double[][] LogProbs(int[] tokens, int[] positions, int length)
    {
        double[][] head = Matrix(
            config.TieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight",
            config.VocabSize,
            config.HiddenSize);
        return [.. Outputs(tokens, positions, length).Select(row => LogSoftmax([.. head.Select(h => Dot(h, row))]))];
    }

    /// <summary>Rows after the final norm [T, D] of one sequence.</summary>
    internal double[][] Outputs(int[] tokens, int[] positions, int length)
    {
        double[] frequencies = Frequencies(length, out double factor);
        double[][] embeddings = Matrix("model.embed_tokens.weight", config.VocabSize, config.HiddenSize);
        double[][] x = [.. tokens.Select((t, row) => Inputs.TryGetValue(row, out double[]? vector) ? vector : embeddings[t])];
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            Block(
                layer,
                x,
                positions,
                frequencies,
                factor,
                config.WindowedLayers.Count == 0 || config.WindowedLayers[layer] ? config.SlidingWindow : null);
        }
        return [.. x.Select(row => Normed(row, "model.norm.weight"))];
    }

    void Block(int layer, double[][] x, int[] positions, double[] frequencies, double factor, int? window)
    {
        string prefix = $"model.layers.{layer}.";
        int dim = config.HeadDim, heads = config.NumAttentionHeads, group = heads / config.NumKeyValueHeads;
        double[][] normed = [.. x.Select(r => Normed(r, prefix + "input_layernorm.weight"))];
        double[][] Heads(string name, int count, bool norm, bool rotate) =>
            [
                .. Linear($"{prefix}self_attn.{name}_proj", normed, count * dim, config.AttentionBias)
                    .Select(
                        (row, t) =>
                            Enumerable
                                .Range(0, count)
                                .SelectMany(h =>
                                {
                                    double[] head = row[(h * dim)..((h + 1) * dim)];
                                    head = norm ? Normed(head, $"{prefix}self_attn.{name}_norm.weight") : head;
                                    return rotate ? Rotated(head, positions[t], frequencies, factor) : head;
                                })
                                .ToArray()),
            ];
        double[][] q = Heads("q", heads, config.QueryKeyNorm, true),
            k = Heads("k", config.NumKeyValueHeads, config.QueryKeyNorm, true),
            v = Heads("v", config.NumKeyValueHeads, false, false);

        double[] Rotate(double[] head, int position) => Rotated(head, position, frequencies, factor);
        double[][][] Split(double[][] rows, int count) =>
            [.. Enumerable.Range(0, count).Select(h => rows.Select(r => r[(h * dim)..((h + 1) * dim)]).ToArray())];
        double[][][]? bare = Attention is null ? null : Split(Heads("q", heads, config.QueryKeyNorm, false), heads);
        double[][][]? bareKeys = Attention is null
            ? null
            : Split(Heads("k", config.NumKeyValueHeads, config.QueryKeyNorm, false), config.NumKeyValueHeads);
        double[][][]? split = Attention is null ? null : Split(v, config.NumKeyValueHeads);
        double[][] attended = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            attended[t] = new double[heads * dim];
            for (int h = 0; h < heads; h++)
            {
                if (Attention is not null)
                {
                    Attention(new(layer, h, t, bare!, bareKeys!, split!, Rotate)).CopyTo(attended[t], h * dim);
                    continue;
                }
                int from = h / group * dim;
                int[] seen =
                [
                    .. Enumerable
                        .Range(0, x.Length)
                        .Where(j => j <= t && (window is null || t - j < window) && (Mask?.Invoke(h, t, j) ?? true)),
                ];
                double[] weights = LogSoftmax([
                    .. seen.Select(j => Enumerable.Range(0, dim).Sum(d => q[t][h * dim + d] * k[j][from + d]) / Math.Sqrt(dim)),
                ]);
                Peaks[(layer, t, h)] = seen[Array.IndexOf(weights, weights.Max())];
                for (int s = 0; s < seen.Length && !Masked.Contains(new(layer, h)); s++)
                {
                    for (int d = 0; d < dim; d++)
                    {
                        attended[t][h * dim + d] += Math.Exp(weights[s]) * v[seen[s]][from + d];
                    }
                }
            }
        }
        AddTo(x, Linear(prefix + "self_attn.o_proj", attended, config.HiddenSize, config.OutputBias));

        normed = [.. x.Select(r => Normed(r, prefix + "post_attention_layernorm.weight"))];
        double[][] gate = Linear(prefix + "mlp.gate_proj", normed, config.IntermediateSize, config.MlpBias),
            up = Linear(prefix + "mlp.up_proj", normed, config.IntermediateSize, config.MlpBias);
        AddTo(
            x,
            Linear(
                prefix + "mlp.down_proj",
                [.. gate.Zip(up, (g, u) => g.Zip(u, (a, b) => a / (1 + Math.Exp(-a)) * b).ToArray())],
                config.HiddenSize,
                config.MlpBias));
    }

    double[] Frequencies(int length, out double factor)
    {
        int pairs = config.HeadDim / 2;
        double theta = config.RopeTheta, window;
        factor = 1;
        double[] Each(Func<int, double> frequency) => [.. Enumerable.Range(0, pairs).Select(frequency)];
        double Plain(int i) => 1 / Math.Pow(theta, (double)i / pairs);
        switch (config.RopeScaling)
        {
            case RopeScaling.DynamicNtk dynamic:
                window = dynamic.OriginalMaxPositionEmbeddings;
                double n = Math.Max(length, window);
                theta *= Math.Pow(dynamic.Factor * n / window - (dynamic.Factor - 1), 2.0 * pairs / (2 * pairs - 2));
                return [.. Enumerable.Range(0, pairs).Select(i => 1 / Math.Pow(theta, (double)i / pairs))];
            case RopeScaling.LongRope rule:
                window = rule.OriginalMaxPositionEmbeddings;
                factor = rule.AttentionFactor ?? Math.Sqrt(1 + Math.Log(rule.Factor) / Math.Log(window));
                return
                [
                    .. Enumerable
                        .Range(0, pairs)
                        .Select(i =>
                            1 / ((length > window ? rule.LongFactors : rule.ShortFactors)[i] * Math.Pow(theta, (double)i / pairs))),
                ];
            case RopeScaling.Linear linear:
                return Each(i => Plain(i) / linear.Factor);
            case RopeScaling.NtkAware ntk:
                return Each(i => Plain(i) * Math.Pow(ntk.Factor, -i / (pairs - 1.0)));
            case RopeScaling.AdjustedBase adjusted:
                return Each(i => Math.Exp(-Math.Log(adjusted.NewTheta) * i / pairs));
            case RopeScaling.Yarn yarn:
                window = yarn.OriginalMaxPositionEmbeddings;
                factor = 0.1 * Math.Log(yarn.Factor) + 1;
                double PairOf(double turns) => pairs * Math.Log(window / (turns * 2 * Math.PI)) / Math.Log(theta);
                double low = Math.Max(0, Math.Floor(PairOf(32))), high = Math.Ceiling(PairOf(1));
                return Each(i => Plain(i) * (1 + Math.Clamp((i - low) / (high - low), 0, 1) * (1 / yarn.Factor - 1)));
            case RopeScaling.Truncated truncated:
                window = truncated.OriginalMaxPositionEmbeddings;
                double TurnTokens(int i) => 2 * Math.PI / Plain(i);
                return Each(i => TurnTokens(i) <= window ? Plain(i) : TurnTokens(i) <= 8 * window ? 2 * Math.PI / (16 * window) : 0);
            case RopeScaling.Dropped:
                return Each(_ => 0);
            default:
                return Each(Plain);
        }
    }

    static double[] Rotated(double[] head, int position, double[] frequencies, double factor)
    {
        int half = head.Length / 2;
        return
        [
            .. Enumerable.Range(0, head.Length).Select(i =>
            {
                double angle = position * frequencies[i % half], other = i < half ? -head[i + half] : head[i - half];
                return factor * (head[i] * Math.Cos(angle) + other * Math.Sin(angle));
            }),
        ];
    }

    double[][] Linear(string name, double[][] x, int outputs, bool bias)
    {
        double[][] weight = Matrix(name + ".weight", outputs, x[0].Length);
        double[] b = bias ? Vector(name + ".bias", outputs) : new double[outputs];
        return [.. x.Select(row => weight.Select((w, o) => Dot(w, row) + b[o]).ToArray())];
    }

    double[] Normed(double[] row, string gain)
    {
        double scale = 1 / Math.Sqrt(row.Sum(v => v * v) / row.Length + config.RmsNormEps);
        return [.. row.Zip(Vector(gain, row.Length), (v, g) => v * scale * g)];
    }

    double[][] Matrix(string name, int rows, int columns)
    {
        float[] row = new float[columns];
        return [.. Enumerable.Range(0, rows).Select(r =>
        {
            source.Matrix(name, rows, columns).Read(r, 0, row);
            return row.Select(v => (double)v).ToArray();
        })];
    }

    double[] Vector(string name, int length) => [.. source.Vector(name, length)[0].ToArray().Select(v => (double)v)];

    static void AddTo(double[][] x, double[][] y)
    {
        for (int t = 0; t < x.Length; t++)
        {
            x[t] = [.. x[t].Zip(y[t], (a, b) => a + b)];
        }
    }

    static double[] LogSoftmax(double[] scores)
    {
        double max = scores.Max(), log = max + Math.Log(scores.Sum(s => Math.Exp(s - max)));
        return [.. scores.Select(s => s - log)];
    }

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}

/// <summary>A head of a token, with the projections of all heads and tokens before RoPE.</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="Head">Index of the query head.</param>
/// <param name="Token">Index of the token.</param>
/// <param name="AllQueries">[H][T][Dh]</param>
/// <param name="AllKeys">[Hkv][T][Dh]</param>
/// <param name="AllValues">[Hkv][T][Dh]</param>
/// <param name="Rotate">Rotates a head to a position.</param>
sealed record NaiveHead(
    int Layer,
    int Head,
    int Token,
    double[][][] AllQueries,
    double[][][] AllKeys,
    double[][][] AllValues,
    Func<double[], int, double[]> Rotate)
{
    int KeyHead => Head / (AllQueries.Length / AllKeys.Length);

    internal double[] Query => AllQueries[Head][Token];

    internal double[][] Keys => AllKeys[KeyHead];

    internal double[][] Values => AllValues[KeyHead];

    /// <summary>Softmax attention over keys with a position for the query and the key of each.</summary>
    internal double[] Over(IEnumerable<(int Key, int QueryPosition, int KeyPosition)> seen, Func<int, double[]>? keyOf = null) =>
        Mix(seen.Select(s => (
            Scale(Rotate(Query, s.QueryPosition), keyOf?.Invoke(s.Key) ?? Rotate(Keys[s.Key], s.KeyPosition)),
            Values[s.Key])));

    /// <summary>Causal attention over all keys at their own positions.</summary>
    internal double[] Causal() => Over(Enumerable.Range(0, Token + 1).Select(j => (j, Token, j)));

    internal static double Scale(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Length);

    internal static double[] Mix(IEnumerable<(double Score, double[] Value)> parts)
    {
        (double Score, double[] Value)[] all = [.. parts];
        double peak = all.Max(p => p.Score), total = all.Sum(p => Math.Exp(p.Score - peak));
        return [.. Enumerable.Range(0, all[0].Value.Length).Select(d => all.Sum(p => Math.Exp(p.Score - peak) / total * p.Value[d]))];
    }
}
