using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents MLPs of which each token uses only some: y = Σ over the chosen experts e of w[e] · MLP[e](x).</summary>
/// <remarks>
/// Every pair of a token and one of its experts is a row. Rows are grouped by expert, without padding, so that an expert's products
/// have all its tokens at once, and experts that no token chose are not read. A weight multiplies the input of its expert's down
/// projection, which is linear, so its gradient needs no result of an expert. Backward routes again; the choice has the same bits.
/// </remarks>
/// <param name="router">D to E.</param>
/// <param name="experts">[E], alike.</param>
/// <param name="perToken">k: experts that a token uses.</param>
/// <param name="normalizes">Whether the weights of the chosen experts are divided by their sum.</param>
sealed class ExpertMixture(Linear router, IReadOnlyList<GatedMlp> experts, int perToken, bool normalizes) : FeedForward
{
    internal override IEnumerable<LinearWeights> Linears => experts.SelectMany(e => e.Linears).Prepend(router.Weights);

    /// <summary>Number of tokens that chose each expert since the model was loaded, without those of recomputation: [E].</summary>
    internal long[] Load { get; } = new long[experts.Count];

    internal override MlpRows Take(int rows, Workspace w)
    {
        int pairs = rows * perToken, width = experts[0].Gate.Outputs;
        return new(
            w.Rows(pairs, width), w.Rows(pairs, width), w.Rows(pairs, Rank(e => e.Gate)), w.Rows(pairs, Rank(e => e.Up)),
            w.Rows(pairs, Rank(e => e.Down)), perToken);
    }

    internal override void Forward(Rows x, MlpRows rows, bool keeps, Rows y, Workspace w)
    {
        Routing routing = Route(x, out _, out _, w);
        foreach ((int expert, int _, int count) in routing.Groups)
        {
            Load[expert] += count;
        }
        Rows gathered = w.Rows(rows.Gate.Count, x.Width);
        routing.Gather(x, gathered);
        Rows hidden = keeps ? w.Rows(rows.Gate.Count, rows.Gate.Width) : rows.Gate;
        ForExperts(routing, rows, (expert, own, first, count) => expert.Multiply(gathered.Slice(first, count), own));
        RowKernels.ForRows(hidden, row => ActivateWeighted(routing, rows, row, hidden[row]));
        ForExperts(routing, rows, (expert, own, first, count) =>
            expert.Down.Forward(hidden.Slice(first, count), gathered.Slice(first, count), own.DownLowRank));
        routing.Sum(gathered, y);
    }

    internal override Rows Backward(Rows x, MlpRows rows, bool recomputes, Rows dY, Workspace w)
    {
        Routing routing = Route(x, out Rows probabilities, out Rows lowRank, w);
        Rows gathered = w.Rows(rows.Gate.Count, x.Width), dRows = w.Rows(rows.Gate.Count, x.Width);
        routing.Gather(x, gathered);
        routing.Gather(dY, dRows);
        if (recomputes)
        {
            ForExperts(routing, rows, (expert, own, first, count) => expert.Multiply(gathered.Slice(first, count), own));
        }
        Rows dHidden = w.Rows(rows.Gate.Count, rows.Gate.Width);
        Rows dGate = w.Rows(dHidden.Count, dHidden.Width), dUp = w.Rows(dHidden.Count, dHidden.Width);
        ReserveLowRank(x.Count, w);
        if (experts.Any(e => e.Down.NeedsInput))
        {
            RowKernels.ForRows(dGate, row => ActivateWeighted(routing, rows, row, dGate[row])); // its place is free until its own turn
        }
        ForExperts(routing, rows, (expert, own, first, count) =>
        {
            if (recomputes)
            {
                expert.Down.LowRank(dGate.Slice(first, count), own.DownLowRank);
            }
            expert.Down.Backward(
                dGate.Slice(first, count), own.DownLowRank, dRows.Slice(first, count), dHidden.Slice(first, count), add: false, w);
        });
        float[] dWeights = new float[dHidden.Count];
        RowKernels.ForRows(dHidden, row =>
        {
            experts[0].Activate(rows, row, dUp[row]);
            dWeights[routing.Pairs[row]] = TensorPrimitives.Dot<float>(dHidden[row], dUp[row]);
            dGate[row].Clear();
            dUp[row].Clear();
            TensorPrimitives.Multiply(dHidden[row], routing.WeightOf(row), dHidden[row]);
            experts[0].ActivateBackward(rows, row, dHidden[row], dGate[row], dUp[row]);
        });
        ForExperts(routing, rows, (expert, own, first, count) =>
        {
            Rows input = gathered.Slice(first, count), dInput = dRows.Slice(first, count);
            expert.Up.Backward(input, own.UpLowRank, dUp.Slice(first, count), dInput, add: false, w);
            expert.Gate.Backward(input, own.GateLowRank, dGate.Slice(first, count), dInput, add: true, w);
        });
        Rows dX = w.Rows(x.Count, x.Width);
        routing.Sum(dRows, dX);
        RowKernels.ForRows(probabilities, token => routing.Backward(token, probabilities[token], normalizes, dWeights));
        router.Backward(x, lowRank, probabilities, dX, add: true, w);
        return dX;
    }

    Routing Route(Rows x, out Rows probabilities, out Rows lowRank, Workspace w)
    {
        Rows logits = w.Rows(x.Count, experts.Count);
        lowRank = w.Rows(x.Count, router.Lora?.Rank ?? 0);
        router.Forward(x, logits, lowRank);
        probabilities = logits;
        return new(logits, perToken, normalizes);
    }

    void ActivateWeighted(Routing routing, MlpRows rows, int row, Span<float> y)
    {
        experts[0].Activate(rows, row, y);
        TensorPrimitives.Multiply(y, routing.WeightOf(row), y);
    }

    /// <summary>Calls <paramref name="body"/> for each expert in use, with its rows, the first of them and their number.</summary>
    void ForExperts(Routing routing, MlpRows rows, Action<GatedMlp, MlpRows, int, int> body)
    {
        foreach ((int number, int first, int count) in routing.Groups)
        {
            GatedMlp expert = experts[number];
            MlpRows own = rows.RowsFrom(first, count);
            body(
                expert,
                own with
                {
                    GateLowRank = own.GateLowRank with { Width = expert.Gate.Lora?.Rank ?? 0 },
                    UpLowRank = own.UpLowRank with { Width = expert.Up.Lora?.Rank ?? 0 },
                    DownLowRank = own.DownLowRank with { Width = expert.Down.Lora?.Rank ?? 0 },
                },
                first,
                count);
        }
    }

    /// <summary>Makes the peak of the workspace independent of the choice: an expert has at most one row per token.</summary>
    void ReserveLowRank(int tokens, Workspace w)
    {
        Workspace.Mark mark = w.Here();
        w.Rows(tokens, Math.Max(Rank(e => e.Down), Math.Max(Rank(e => e.Gate), Rank(e => e.Up))));
        w.Release(mark);
    }

    int Rank(Func<GatedMlp, Linear> projection) => experts.Max(e => projection(e).Lora?.Rank ?? 0);
}

/// <summary>Represents the experts that the tokens of a pass use, and the order of their rows.</summary>
sealed class Routing
{
    readonly int _perToken;
    readonly int[] _experts;    // [n · k] expert of each pair of a token and one of its choices
    readonly float[] _weights;  // [n · k]
    readonly int[] _rows;       // [n · k] row of each pair

    /// <summary>Chooses the experts.</summary>
    /// <param name="logits">[n, E]; replaced by the probabilities.</param>
    /// <param name="perToken">k.</param>
    /// <param name="normalizes">Whether weights are divided by their sum.</param>
    internal Routing(Rows logits, int perToken, bool normalizes)
    {
        _perToken = perToken;
        int pairs = logits.Count * perToken;
        (_experts, _weights, _rows, Pairs) = (new int[pairs], new float[pairs], new int[pairs], new int[pairs]);
        RowKernels.ForRows(logits, token =>
            ExpertChoice.Forward(
                logits[token], normalizes, _experts.AsSpan(token * perToken, perToken), _weights.AsSpan(token * perToken, perToken)));

        int[] next = new int[logits.Width];
        foreach (int expert in _experts)
        {
            next[expert]++;
        }
        List<(int, int, int)> groups = [];
        int first = 0;
        for (int expert = 0; expert < next.Length; expert++)
        {
            int count = next[expert];
            next[expert] = first;
            if (count > 0)
            {
                groups.Add((expert, first, count));
                first += count;
            }
        }
        Groups = groups;
        for (int pair = 0; pair < pairs; pair++)
        {
            _rows[pair] = next[_experts[pair]]++;
            Pairs[_rows[pair]] = pair;
        }
    }

    /// <summary>Experts in use, with the first and the number of their rows.</summary>
    internal IReadOnlyList<(int Expert, int First, int Count)> Groups { get; }

    /// <summary>Pair of each row; pair p belongs to token p / k: [n · k].</summary>
    internal int[] Pairs { get; }

    internal float WeightOf(int row) => _weights[Pairs[row]];

    /// <summary>Copies each token's row to all its places.</summary>
    /// <param name="tokens">[n, D]</param>
    /// <param name="rows">[n · k, D] overwritten.</param>
    internal void Gather(Rows tokens, Rows rows) =>
        RowKernels.ForRows(rows, row => tokens[Pairs[row] / _perToken].CopyTo(rows[row]));

    /// <summary>Adds up the rows of each token.</summary>
    /// <param name="rows">[n · k, D]</param>
    /// <param name="tokens">[n, D] overwritten.</param>
    internal void Sum(Rows rows, Rows tokens) => RowKernels.ForRows(tokens, token =>
    {
        rows[_rows[token * _perToken]].CopyTo(tokens[token]);
        for (int pair = token * _perToken + 1; pair < (token + 1) * _perToken; pair++)
        {
            TensorPrimitives.Add(tokens[token], rows[_rows[pair]], tokens[token]);
        }
    });

    /// <summary>Turns a token's probabilities into the gradient by its logits.</summary>
    /// <param name="token">Index of the token.</param>
    /// <param name="probabilities">[E] overwritten with the gradient.</param>
    /// <param name="normalizes">As given to the constructor.</param>
    /// <param name="dWeights">[n · k] gradient by the weight of each pair.</param>
    internal void Backward(int token, Span<float> probabilities, bool normalizes, float[] dWeights)
    {
        int first = token * _perToken;
        ExpertChoice.Backward(
            probabilities, normalizes, _experts.AsSpan(first, _perToken), _weights.AsSpan(first, _perToken),
            dWeights.AsSpan(first, _perToken));
    }
}
