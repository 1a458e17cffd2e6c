using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Makes the sequences of pre-training: plain text, documents with facts to ask for, and copy drills.</summary>
/// <remarks>
/// For long contexts, a small model must learn to find by content and to copy. Plain text alone teaches it slowly, so
/// facts with keys and values are put into documents and asked for behind them, often several of one kind, which only the
/// key tells apart; copy drills start the copying heads.
/// </remarks>
/// <param name="corpora">Drawn from in turn at random, each as often.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="format">The model's chat format.</param>
/// <param name="weights">Weights of the parts in the loss.</param>
public sealed class SequenceMaker(IReadOnlyList<TokenCorpus> corpora, Tokenizer tokenizer, ChatFormat format, LossWeights weights)
{
    // A fact, its question and its answer take about so many tokens in the small vocabularies of pre-training.
    const int TokensPerNeedle = 48;

    // Added tokens are control tokens, wherever a vocabulary has them.
    readonly int[] _ordinary =
        [.. Enumerable.Range(0, tokenizer.VocabSize).Except(tokenizer.AddedTokens.Select(t => t.Id))];

    /// <summary>A sequence of exactly <paramref name="length"/> tokens, or fewer where a document is too short.</summary>
    public WeightedTokens Make(ref SeededRandom random, PretrainingPhase phase, int length, NeedleSplit split)
    {
        double kind = random.NextDouble();
        return kind < phase.NeedleShare ? Needles(ref random, length, phase.MostNeedles, split)
            : kind < phase.NeedleShare + phase.CopyShare ? Copies(ref random, length)
            : Plain(ref random, length);
    }

    /// <summary>BOS and consecutive text.</summary>
    WeightedTokens Plain(ref SeededRandom random, int length)
    {
        WeightedTokens sequence = new();
        sequence.Add([format.Bos], 0);
        sequence.Add(random.Pick(corpora).Draw(ref random, length - 1), weights.Text);
        return sequence;
    }

    /// <summary>BOS and a random string, twice, with random tokens before, between and behind.</summary>
    WeightedTokens Copies(ref SeededRandom random, int length)
    {
        int copied = random.Next(4, Math.Min(48, length / 3)), spare = length - 1 - 2 * copied;
        int before = random.Next(spare / 2 + 1), between = random.Next(spare - before + 1);
        int[] Noise(ref SeededRandom random, int count)
        {
            int[] tokens = new int[count];
            for (int i = 0; i < count; i++)
            {
                tokens[i] = _ordinary[random.Next(_ordinary.Length)];
            }
            return tokens;
        }

        int[] text = Noise(ref random, copied);
        WeightedTokens sequence = new();
        sequence.Add([format.Bos, .. Noise(ref random, before), .. text, .. Noise(ref random, between)], 0);
        sequence.Add(text.AsSpan(0, 1), 0); // that the copy begins here cannot be known
        sequence.Add(text.AsSpan(1), weights.Copy);
        sequence.Add(Noise(ref random, spare - before - between), 0);
        return sequence;
    }

    /// <summary>Returns a document with facts in it, and questions about some of them with their answers behind.</summary>
    public WeightedTokens Needles(ref SeededRandom random, int length, int mostNeedles, NeedleSplit split)
    {
        int count = random.Next(1, Math.Min(mostNeedles, length / TokensPerNeedle) + 1);
        Needle[] needles = Draw(ref random, count, split);
        Needle[] asked = [.. needles];
        random.Shuffle<Needle>(asked);
        asked = asked[..random.Next(1, Math.Min(6, count) + 1)];

        int[][] sentences = [.. needles.Select(n => tokenizer.EncodeInside(" " + n.Sentence))];
        int[][] questions = [.. asked.Select(n => format.QuestionAndTurn(n.Question))];
        int[][] answers = [.. asked.Select(n => format.Response(n.Answer))];
        int room =
            length - format.ContextPrefix.Count - sentences.Sum(s => s.Length) - questions.Sum(q => q.Length) - answers.Sum(a => a.Length);

        WeightedTokens sequence = new();
        sequence.Add([.. format.ContextPrefix], 0);
        AddHaystack(ref random, sequence, Math.Max(0, room), needles, sentences);
        for (int i = 0; i < asked.Length; i++)
        {
            sequence.Add(questions[i], weights.Question);
            (int start, int end) = ValueTokens(asked[i].Answer, asked[i].Value);
            sequence.Add(answers[i].AsSpan(0, start), weights.Answer);
            sequence.Add(answers[i].AsSpan(start, end - start), weights.Value);
            sequence.Add(answers[i].AsSpan(end), weights.Answer);
            sequence.MarkAnswer(answers[i].Length);
        }
        return sequence;
    }

    /// <summary>Half of the documents have facts of one kind only, so that the key must be read to the end.</summary>
    static Needle[] Draw(ref SeededRandom random, int count, NeedleSplit split)
    {
        if (random.Next(2) == 0)
        {
            return [.. NeedleMaker.MakeMany(ref random, DrawKind(ref random), split, count)];
        }
        HashSet<string> inUse = [];
        Needle[] needles = new Needle[count];
        for (int i = 0; i < count; i++)
        {
            needles[i] = NeedleMaker.Make(ref random, DrawKind(ref random), split, inUse);
            inUse.UnionWith([needles[i].Key, needles[i].Value]);
        }
        return needles;
    }

    static NeedleKind DrawKind(ref SeededRandom random) => random.Next(20) switch
    {
        < 10 => NeedleKind.MagicNumber,
        < 14 => NeedleKind.Password,
        < 17 => NeedleKind.HiddenThing,
        _ => NeedleKind.Code,
    };

    void AddHaystack(ref SeededRandom random, WeightedTokens sequence, int room, Needle[] needles, int[][] sentences)
    {
        TokenCorpus corpus = random.Pick(corpora);
        int[] text = corpus.Draw(ref random, room);
        IReadOnlyList<int> places = corpus.SentenceEnds(text);
        int[] chosen = new int[needles.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = random.Pick(places);
        }
        Array.Sort(chosen);

        int next = 0;
        for (int i = 0; i < needles.Length; i++)
        {
            sequence.Add(text.AsSpan(next, chosen[i] - next), weights.Text);
            next = chosen[i];
            (int start, int end) = ValueTokens(needles[i].Sentence, needles[i].Value);
            sequence.Add(sentences[i].AsSpan(0, start), weights.Text);
            sequence.Add(sentences[i].AsSpan(start, end - start), 0);
            sequence.Add(sentences[i].AsSpan(end), weights.Text);
        }
        sequence.Add(text.AsSpan(next), weights.Text);
    }

    /// <summary>Returns where the value's tokens are in the tokens of " " + sentence; a space before the value counts to it.</summary>
    (int Start, int End) ValueTokens(string sentence, string value)
    {
        int at = sentence.IndexOf(value, StringComparison.Ordinal);
        int start = tokenizer.Count(" " + sentence[..at].TrimEnd());
        return (start, tokenizer.Count(" " + sentence[..(at + value.Length)]));
    }
}
