using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Benchmarks.Cases;

/// <summary>Log-probabilities of scored rows over the vocabulary, with a frozen head.</summary>
sealed class TokenLogProbsCase(int scored, int vocabulary, int width) : KernelCase
{
    readonly float[] _logProbs = new float[scored], _logSumExp = new float[scored], _dLogProbs = new float[scored];
    readonly int[] _targets = [.. Enumerable.Range(0, scored).Select(n => (int)(n * 7919L % vocabulary))], _top = new int[scored];
    Rows _hidden, _head, _dHidden;
    RowsMatrix? _matrix;

    internal override Work ForwardWork => new(2.0 * scored * vocabulary * width, sizeof(float) * ((double)scored + vocabulary) * width);

    internal override Work BackwardWork => new(2.0 * scored * vocabulary * width, sizeof(float) * (3.0 * scored + vocabulary) * width);

    internal override void Prepare()
    {
        (_hidden, _head, _dHidden) = (Normal(scored, width, 1), Normal(vocabulary, width, 2), Rows.Allocate(scored, width));
        foreach (ref float value in _head.Span)
        {
            value /= MathF.Sqrt(width); // logits of size 1
        }
        _matrix = new(_head);
        _dLogProbs.AsSpan().Fill(1);
        Forward();
    }

    internal override void Forward() => TokenLogProbs.Forward(_hidden, _matrix!, _targets, _logProbs, _logSumExp, _top);

    internal override void Backward() => TokenLogProbs.Backward(_dLogProbs, _hidden, _matrix!, _targets, _logSumExp, _dHidden, dHead: null);

    /// <summary>dHidden = head[target] − Σ p[v] · head[v], for some rows, in double.</summary>
    internal override void Check()
    {
        Forward();
        Backward();
        foreach (int n in Some(scored))
        {
            double[] logits = [.. Enumerable.Range(0, vocabulary).Select(v => Dot(_hidden[n], _head[v]))];
            double logSum = Math.Log(logits.Sum(Math.Exp));
            Near("log-probability", [logits[_targets[n]] - logSum], [_logProbs[n]], 1e-5);
            double[] gradient = [.. _head[_targets[n]].ToArray().Select(h => (double)h)];
            for (int v = 0; v < vocabulary; v++)
            {
                double p = Math.Exp(logits[v] - logSum);
                for (int d = 0; d < width; d++)
                {
                    gradient[d] -= p * _head[v][d];
                }
            }
            Near("dHidden", gradient, _dHidden[n], 1e-4);
        }
    }

    static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }
        return sum;
    }
}
