using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>Represents a fact and its place in a generated document.</summary>
/// <param name="Fact">The fact with its question and answer.</param>
/// <param name="Start">First token of its sentence.</param>
/// <param name="End">Token after the last one.</param>
readonly record struct StatedFact(FictionQuestion Fact, int Start, int End);

/// <summary>Represents a generated document in tokens, sentence by sentence as in a <see cref="Haystack"/>.</summary>
/// <param name="Tokens">All of it.</param>
/// <param name="Facts">In the order of the text.</param>
sealed record FictionText(int[] Tokens, IReadOnlyList<StatedFact> Facts)
{
    const int CharactersOfToken = 3; // a first guess; the text is made longer until it is long enough

    /// <summary>Writes and encodes a document.</summary>
    /// <param name="seed">Its collection.</param>
    /// <param name="index">Its number there.</param>
    /// <param name="least">The minimum number of tokens.</param>
    /// <param name="format">The model's tokens.</param>
    internal static FictionText Of(int seed, int index, int least, IPromptText format)
    {
        for (int characters = CharactersOfToken * least; ; characters *= 2)
        {
            FictionText text = Encode(FictionWriter.WriteCharacters(seed, index, characters), format);
            if (text.Tokens.Length >= least)
            {
                return text;
            }
        }
    }

    static FictionText Encode(FictionDocument document, IPromptText format)
    {
        Dictionary<string, FictionQuestion> facts = document.Questions.ToDictionary(q => q.Support);
        List<int> tokens = [];
        List<StatedFact> stated = [];
        foreach (string sentence in Sentences.Of(document.Text))
        {
            int start = tokens.Count;
            tokens.AddRange(format.Encode(" " + sentence));
            if (facts.TryGetValue(sentence, out FictionQuestion? fact))
            {
                stated.Add(new(fact, start, tokens.Count));
            }
        }
        return new([.. tokens], stated);
    }
}
