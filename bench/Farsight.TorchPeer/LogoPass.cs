using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Farsight.TorchPeer;

/// <summary>Specifies how a step is computed.</summary>
enum Variant
{
    /// <summary>Whole sequences in a batch, logits of every row.</summary>
    Trainer,

    /// <summary>Whole sequences in a batch, logits of rows that predict a response's token.</summary>
    TrainerLean,

    /// <summary>The prompt once; logits and the last layer only for rows that predict a response's token.</summary>
    Tree,
}

/// <summary>Computes LOGO's loss (arXiv 2410.18533) of one sample, forward and backward.</summary>
sealed class LogoPass(Llama model, Sample sample, ScalarType type, Variant variant)
{
    const double Beta = 10, Gamma = 3, SftWeight = 0.1;

    readonly Rows _rows = variant == Variant.Tree
        ? sample.Tree(model.Spec.HeadDim, type)
        : sample.Concatenated(model.Spec.HeadDim, type);

    /// <summary>Adds to the gradients of the parameters and returns the loss.</summary>
    /// <param name="forwardDone">Called between the two passes.</param>
    internal double Run(Action? forwardDone = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor loss = Loss(LogProbs(model.Run(_rows)));
        forwardDone?.Invoke();
        loss.backward();
        return loss.item<float>();
    }

    Tensor Loss(Tensor logProbs)
    {
        Tensor[] means = [.. logProbs.split([.. sample.Lengths.Select(l => (long)l)]).Select(r => r.mean())];
        Tensor rejected = stack(means[1..]).mean();
        return -logsigmoid(Beta * (means[0] - rejected) - Gamma) - SftWeight * means[0];
    }

    /// <summary>[N] log-probability of each token of the responses.</summary>
    Tensor LogProbs(Tensor hidden)
    {
        Tensor Of(Tensor x, Tensor targets) => model.Logits(x).log_softmax(-1).gather(-1, targets.unsqueeze(1)).squeeze(1);
        return variant switch
        {
            Variant.Trainer => Of(hidden, ((BatchRows)_rows).NextTokens).index_select(0, _rows.ScoredRows),
            Variant.TrainerLean => Of(hidden.index_select(0, _rows.ScoredRows), _rows.Targets),
            _ => Of(hidden.index_select(0, ((TreeRows)_rows).PlaceOfScored), _rows.Targets),
        };
    }
}
