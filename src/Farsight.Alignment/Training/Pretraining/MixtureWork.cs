using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Continued pre-training on a mixture of domains: the mean negative log-likelihood of all tokens but the first of each sequence.
/// </summary>
/// <remarks>
/// A sequence is consecutive text of one document, with BOS before it. Sequences of a pass do not attend to each other. Sources: ProLong,
/// arXiv:2410.02660, and Effective Long-Context Scaling, arXiv:2309.16039: long documents in some domains, short data kept in others.
/// </remarks>
/// <param name="domains">The domains.</param>
/// <param name="bos">Token before each sequence; null for none.</param>
/// <param name="tokensPerStep">Sequences are added until a step has so many tokens.</param>
/// <param name="microBatchTokens">Sequences are packed into one tree until it has so many tokens.</param>
/// <param name="seed">Each sequence draws from (seed, step, number).</param>
public sealed class MixtureWork(IReadOnlyList<MixtureSource> domains, int? bos, int tokensPerStep, int microBatchTokens, int seed)
    : ITrainingWork
{
    /// <inheritdoc/>
    public IEnumerable<MicroStep> MicroSteps(int stepNumber) =>
        WeightedBatches.Pack([.. Draw(stepNumber).Select(d => d.Sequence)], microBatchTokens);

    /// <summary>Returns the tokens of a step by domain: "tokens/books".</summary>
    public IEnumerable<KeyValuePair<string, double>> Values(int stepNumber) => Draw(stepNumber)
        .GroupBy(d => d.Domain)
        .OrderBy(g => g.Key)
        .Select(g => KeyValuePair.Create($"tokens/{domains[g.Key].Name}", (double)g.Sum(d => d.Sequence.Tokens.Count)));

    /// <inheritdoc/>
    public IEnumerable<MicroStep> HeldOut() => WeightedBatches.Pack(
        [.. domains.SelectMany(d => d.HeldOut.Select(tokens => Sequence(tokens[..Math.Min(tokens.Length, d.Length)])))], microBatchTokens);

    /// <summary>Draws the sequences of a step. A domain is drawn so that its tokens, and not its sequences, have its share.</summary>
    IEnumerable<(int Domain, WeightedTokens Sequence)> Draw(int stepNumber)
    {
        double[] weights = [.. domains.Select(d => d.Share / d.MeanLength)];
        for (int tokens = 0, number = 0; tokens < tokensPerStep; number++)
        {
            SeededRandom random = SeededRandom.For(seed, $"mixture step {stepNumber}", number);
            double place = random.NextDouble() * weights.Sum();
            int domain = 0;
            while (domain + 1 < weights.Length && place >= weights[domain])
            {
                place -= weights[domain++];
            }
            WeightedTokens sequence = Sequence(domains[domain].Corpus.Draw(ref random, domains[domain].Length));
            tokens += sequence.Tokens.Count;
            yield return (domain, sequence);
        }
    }

    WeightedTokens Sequence(int[] tokens)
    {
        WeightedTokens sequence = new();
        if (bos is { } first)
        {
            sequence.Add([first], 0);
        }
        sequence.Add(tokens, 1);
        return sequence;
    }
}

/// <summary>Represents a domain with its documents.</summary>
/// <param name="Name">Name in the metrics.</param>
/// <param name="Share">Share of the tokens.</param>
/// <param name="Length">Maximum tokens per sequence.</param>
/// <param name="Corpus">Documents to draw from, each with a probability proportional to its length.</param>
/// <param name="HeldOut">Token ids of the documents that are only measured.</param>
/// <param name="MeanLength">Mean tokens of a drawn sequence.</param>
public sealed record MixtureSource(
    string Name, double Share, int Length, TokenCorpus Corpus, IReadOnlyList<int[]> HeldOut, double MeanLength)
{
    /// <summary>Tokenizes documents and holds some out.</summary>
    /// <param name="name">Name in the metrics.</param>
    /// <param name="share">Share of the tokens.</param>
    /// <param name="length">Maximum tokens per sequence.</param>
    /// <param name="minTokens">Minimum tokens of a document.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="heldOut">Number of documents to hold out.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="seed">Draws which documents are held out.</param>
    /// <exception cref="InputException">No document is left to train on.</exception>
    public static MixtureSource Create(
        string name, double share, int length, int minTokens, IReadOnlyList<string> documents, int heldOut, Tokenizer tokenizer, int seed)
    {
        (string Text, int Tokens)[] all = [.. documents.Select(d => (d, tokenizer.Count(d))).Where(d => d.Item2 >= minTokens)];
        SeededRandom.For(seed, $"mixture held out/{name}", 0).Shuffle<(string, int)>(all);
        if (all.Length <= heldOut)
        {
            throw new InputException(
                $"The domain {name} has {all.Length} documents of {minTokens} tokens or more, and {heldOut} are held out; add documents, "
                    + "or lower held_out or min_tokens.");
        }
        (string Text, int Tokens)[] training = all[heldOut..];
        double sum = training.Sum(d => (double)d.Tokens);
        return new(
            name, share, length, new([.. training.Select(d => d.Text)], tokenizer),
            [.. all[..heldOut].Select(d => tokenizer.Encode(d.Text))],
            training.Sum(d => d.Tokens * (double)Math.Min(d.Tokens, length)) / sum); // documents are drawn by their length
    }
}
