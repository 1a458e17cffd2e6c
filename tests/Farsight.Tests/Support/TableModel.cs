using Farsight.Alignment.Training;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Support;

/// <summary>A model with one logit row a token: the next token depends on the one before it only. Gradients are exact.</summary>
sealed class TableModel : ITrainable
{
    readonly int _vocabulary;

    internal TableModel(int vocabulary, int seed = 1)
    {
        _vocabulary = vocabulary;
        Parameters = [Parameter.Create("table.weight", ParameterRole.Matrix, vocabulary, vocabulary)];
        float[] values = TestData.Normal(vocabulary * vocabulary, seed);
        for (int i = 0; i < values.Length; i++)
        {
            Parameters[0].Value.Span[i] = 0.1f * values[i];
        }
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    internal int Passes { get; private set; }

    /// <summary>Called before each forward pass.</summary>
    internal Action OnForward { get; set; } = () => { };

    public ITreePass Forward(TokenTree tree)
    {
        Passes++;
        OnForward();
        return new Pass(this, tree);
    }

    public ITreePass Evaluate(TokenTree tree) => new Pass(this, tree);

    sealed class Pass : ITreePass
    {
        readonly TableModel _model;
        readonly TokenTree _tree;
        readonly double[][] _probabilities;
        readonly float[] _logProbs;
        readonly int[] _topTokens;

        internal Pass(TableModel model, TokenTree tree)
        {
            (_model, _tree) = (model, tree);
            _probabilities = [.. tree.Scored.Select(s => Softmax(model.Parameters[0].Value[tree.Tokens[s.Row]]))];
            _logProbs = [.. tree.Scored.Select((s, i) => (float)Math.Log(_probabilities[i][s.Target]))];
            _topTokens = [.. _probabilities.Select(p => p.Index().MaxBy(x => x.Item).Index)];
        }

        public ReadOnlySpan<float> LogProbs => _logProbs;

        public ReadOnlySpan<int> TopTokens => _topTokens;

        public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages)
        {
            stages?.Begin(_model.Parameters);
            for (int i = 0; i < _tree.Scored.Count; i++)
            {
                Span<float> gradient = _model.Parameters[0].Gradient[_tree.Tokens[_tree.Scored[i].Row]];
                for (int v = 0; v < _model._vocabulary; v++)
                {
                    gradient[v] += (float)(dLogProbs[i] * ((v == _tree.Scored[i].Target ? 1 : 0) - _probabilities[i][v]));
                }
            }
            stages?.Finish(_model.Parameters);
        }

        public void Dispose()
        {
        }

        static double[] Softmax(ReadOnlySpan<float> logits)
        {
            double[] e = [.. logits.ToArray().Select(x => Math.Exp(x))];
            double sum = e.Sum();
            return [.. e.Select(x => x / sum)];
        }
    }
}
