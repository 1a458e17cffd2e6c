using Farsight.Engine.Models;

namespace Farsight.Workflows.Timing;

/// <summary>Floating-point operations that scoring or decoding needs, counted as <see cref="StepFlops"/> counts a step's forward.</summary>
/// <remarks>Every shared row once; of attention the visible pairs; in the last layer and the head only rows that somebody reads. A
/// multiply-add counts as two.</remarks>
sealed class ForwardFlops(ModelConfig config)
{
    /// <summary>So far.</summary>
    internal double Total { get; private set; }

    /// <summary>Counts consecutive rows.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="before">Rows that each of them sees besides those of its own kind before it.</param>
    /// <param name="read">How many of them, the last ones, are read.</param>
    internal void Add(double rows, double before, double read)
    {
        double d = config.HiddenSize,
            queries = (double)config.NumAttentionHeads * config.HeadDim,
            keys = (double)config.NumKeyValueHeads * config.HeadDim;
        double always = 2 * d * keys,
            sometimes = (2 * queries + 3 * config.IntermediateSize) * d;
        double inner = config.NumHiddenLayers - 1;
        double products = inner * rows * (always + sometimes) + rows * always + read * sometimes + read * config.VocabSize * d;
        double pairs = inner * Pairs(rows, before) + Pairs(read, before + rows - read);
        Total += 2 * products + 4 * queries * pairs;
    }

    static double Pairs(double rows, double before) => rows * before + rows * (rows + 1) / 2;
}
