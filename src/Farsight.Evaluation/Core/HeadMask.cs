using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Evaluation.Core;

/// <summary>Reads which heads are switched off: "top:10", "random:10", or heads by name, "18-0,12-7".</summary>
/// <remarks>
/// The causal check of arXiv:2404.15574, section 4.1: without its retrieval heads a model no longer finds needles, without as many others
/// it still does. Differs from the original, which makes a masked head's attention even, and only while it decodes: here its output is
/// zero, for the prompt as well.
/// </remarks>
static class HeadMask
{
    /// <summary>Reads a mask.</summary>
    /// <param name="mask">"top:N" are the N best heads; "random:N" are drawn, from those that are no
    /// retrieval heads where scores are known.</param>
    /// <param name="scores">Scores of the model's heads; null where they are not known.</param>
    /// <param name="config">The model.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="InputException">It cannot be read, names heads that the model does not have, or needs scores.</exception>
    public static IReadOnlyList<AttentionHead> Heads(string mask, HeadScores? scores, ModelConfig config, int seed)
    {
        if (scores is not null && (scores.Layers, scores.Heads) != (config.NumHiddenLayers, config.NumAttentionHeads))
        {
            throw new InputException(
                $"The scores are of a model with {scores.Layers} layers of {scores.Heads} heads, "
                    + $"this one has {config.NumHiddenLayers} of {config.NumAttentionHeads}; give this model's head_scores.json."
            );
        }
        string[] parts = mask.Split(':');
        if (parts is [var kind and ("top" or "random"), var number])
        {
            int count =
                int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 ? n : throw Unreadable(mask);
            return kind == "top" ? Top(count, scores) : Random(count, scores, config, seed);
        }
        AttentionHead[] heads = [.. mask.Split(',').Select(h => Parse(h) ?? throw Unreadable(mask))];
        AttentionHead[] unknown = [.. heads.Where(h => h.Layer >= config.NumHiddenLayers || h.Head >= config.NumAttentionHeads)];
        return unknown.Length == 0
            ? [.. heads.Distinct()]
            : throw new InputException(
                $"The model has no head {Name(unknown[0])}; it has {config.NumHiddenLayers} layers of {config.NumAttentionHeads} heads, "
                    + "counted from 0."
            );
    }

    /// <summary>Returns the name of a head: "18-0" is head 0 of layer 18.</summary>
    public static string Name(AttentionHead head) => HeadRun.Name(head.Layer, head.Head);

    /// <summary>Returns the head of a name; null where it is not a head's name.</summary>
    internal static AttentionHead? Parse(string name) =>
        name.Trim().Split('-') is [var layer, var head]
        && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int l)
        && int.TryParse(head, NumberStyles.None, CultureInfo.InvariantCulture, out int h)
            ? new(l, h)
            : null;

    static IReadOnlyList<AttentionHead> Top(int count, HeadScores? scores) =>
        scores is null
            ? throw new InputException(
                $"The top {count} heads require the scores of all heads, which are missing; evaluate the task retrieval-heads with "
                    + "an output directory and use its head_scores.json.")
        : count <= scores.Ranking.Count ? [.. scores.Ranking.Take(count).Select(r => r.Head)]
        : throw new InputException($"The model has {scores.Ranking.Count} heads; {count} cannot be masked.");

    static AttentionHead[] Random(int count, HeadScores? scores, ModelConfig config, int seed)
    {
        AttentionHead[] free =
        [
            .. from layer in Enumerable.Range(0, config.NumHiddenLayers)
               from head in Enumerable.Range(0, config.NumAttentionHeads)
               select new AttentionHead(layer, head) into one
               where scores?.RetrievalHeads.Contains(one) != true
               select one,
        ];
        if (count > free.Length)
        {
            throw new InputException(
                $"Only {free.Length} heads {(scores is null ? "are there" : "are no retrieval heads")}; {count} cannot be drawn.");
        }
        SeededRandom random = SeededRandom.For(seed, "masked heads", 0);
        for (int i = 0; i < count; i++)
        {
            int other = i + random.Next(free.Length - i);
            (free[i], free[other]) = (free[other], free[i]);
        }
        return free[..count];
    }

    static InputException Unreadable(string mask) =>
        new($"'{mask}' names no heads; write top:10, random:10, or heads as layer-head with commas between them, such as 18-0,12-7.");
}
