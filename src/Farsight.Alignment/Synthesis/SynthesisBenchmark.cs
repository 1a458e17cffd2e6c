using System.Diagnostics;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents the results of <see cref="SynthesisBenchmark"/>.</summary>
/// <param name="Bytes">Bytes of the documents in UTF-8.</param>
/// <param name="CutSeconds">Reading, hashing, encoding and cutting them.</param>
/// <param name="Samples">Made after that.</param>
/// <param name="SampleBytes">Bytes of all chunks that were scored for these samples.</param>
/// <param name="SampleSeconds">Drawing, scoring, asking, filtering and writing the samples, the model's part left out.</param>
public sealed record SynthesisBenchmarkResult(long Bytes, double CutSeconds, int Samples, long SampleBytes, double SampleSeconds);

/// <summary>
/// Times the pipeline's own work on one thread: everything but the model, whose place is taken by one that copies words at once.
/// </summary>
public static class SynthesisBenchmark
{
    const int Window = 32_768, ChunkTokens = 512, Chunks = 16, Seed = 1;

    /// <summary>Runs the measurement.</summary>
    /// <param name="model">Directory with a tokenizer and a chat template.</param>
    /// <param name="documents">The corpus.</param>
    /// <param name="samples">How many to make.</param>
    /// <param name="cancel">Stops between samples.</param>
    /// <exception cref="InputException">A file cannot be read, or the documents are too short.</exception>
    public static SynthesisBenchmarkResult Run(string model, string documents, int samples, CancellationToken cancel)
    {
        Tokenizer tokenizer = Tokenizer.Load(model);
        ChatFormat format = ChatFormat.Load(model, tokenizer);
        CorpusOptions options = new(documents) { Repair = false };
        long bytes = DocumentReader.Read(options, new()).Sum(d => (long)Encoding.UTF8.GetByteCount(d.Text));
        CorpusRules rules = new(Seed, ChunkTokens, Chunks);
        ChunkedCorpus.Read(options, format, rules); // the first time fills caches and compiles
        Stopwatch watch = Stopwatch.StartNew();
        ChunkedCorpus corpus = ChunkedCorpus.Read(options, format, rules);
        double cutSeconds = watch.Elapsed.TotalSeconds;

        CountingScorer scorer = new(new Evidence());
        SampleMaker maker = Maker(corpus, tokenizer, format, scorer);
        Make(maker, tokenizer, Math.Min(4, samples), cancel);
        scorer.Bytes = 0;
        watch.Restart();
        Make(maker, tokenizer, samples, cancel);
        return new(bytes, cutSeconds, samples, scorer.Bytes, watch.Elapsed.TotalSeconds);
    }

    static SampleMaker Maker(ChunkedCorpus corpus, Tokenizer tokenizer, ChatFormat format, IChunkScorer scorer)
    {
        PromptBudget budget = PromptBudget.Of(ChunkTokens, Window);
        PassageScores scores = new(tokenizer, scorer, maxChunks: 0); // as if every sample came from another document
        ContextRules rules = new(Chunks, scorer.Threshold);
        ContextDraw draw = new(
            corpus,
            new(QuestionSource.Write, false, "write"),
            new(tokenizer, format, scores, rules),
            new(scores, rules),
            new(format, budget, Chunks, Seed),
            Seed);
        return new(
            new LogoSamples(
                draw,
                new(format, tokenizer, budget),
                new(Seed, 2, 0.8, budget.MaxNewTokens, "copy"),
                null,
                c => tokenizer.Decode([.. c.Chunks.SelectMany(chunk => chunk.Tokens)])));
    }

    static void Make(SampleMaker maker, Tokenizer tokenizer, int samples, CancellationToken cancel)
    {
        for (int i = 0; i < samples; i++)
        {
            cancel.ThrowIfCancellationRequested();
            PreferenceSample? sample = maker
                .Make(i, asks => Task.FromResult<IReadOnlyList<string?>>([.. asks.Select(a => Copy(a, tokenizer))]), cancel)
                .GetAwaiter()
                .GetResult()[^1]
                .Sample;
            _ = sample is null ? "" : PreferenceLine.Format(sample);
        }
    }

    /// <summary>Copies words of the context from a random place.</summary>
    static string Copy(ResponseRequest ask, Tokenizer tokenizer)
    {
        SeededRandom random = ask.Random;
        int from = random.Next(Math.Max(1, ask.Context.Length - 32));
        string[] words = tokenizer
            .Decode(ask.Context.AsSpan(from, Math.Min(32, ask.Context.Length)))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string some = string.Join(' ', words.Skip(1).Take(10));
        return ask.Question.Contains("Question:", StringComparison.Ordinal)
            ? $"Question: What does the text say about {some}?\nAnswer: {some}"
            : some;
    }

    /// <summary>Counts what is read to be scored.</summary>
    sealed class CountingScorer(IChunkScorer scorer) : IChunkScorer
    {
        internal long Bytes { get; set; }

        public string Name => scorer.Name;

        public double Threshold => scorer.Threshold;

        public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel)
        {
            Bytes += chunks.Sum(c => (long)Encoding.UTF8.GetByteCount(c));
            return scorer.Read(chunks, cancel);
        }
    }
}
