using System.Text.Json;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Birdie;

/// <summary>Makes Birdie samples: consecutive text of a document, changed by a task, with the response that the task asks for.</summary>
/// <remarks>The task of each sample is in its provenance, by which a curriculum of the training finds it.</remarks>
sealed class BirdieSamples(BirdieOptions options, SynthesisModel model, ChunkedCorpus corpus, int length) : ISampleSource
{
    /// <summary>Returns the name of a task: "selective_copying".</summary>
    internal static string NameOf(BirdieTask task) => JsonNamingPolicy.SnakeCaseLower.ConvertName(task.ToString());

    /// <inheritdoc/>
    public Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        SeededRandom random = at.Random(options.Seed, "synth birdie");
        BirdieTask task = options.TasksOrAll[at.Number % options.TasksOrAll.Count];
        SourceChunk[] source = Draw(ref random);
        string[] words = model.Tokenizer.Decode([.. source.SelectMany(c => c.Tokens)])
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        (TextTask? made, string? dropped) = TextTask.Of(task, words, options, ref random);
        return Task.FromResult(
            made is null ? new SampleOutcome(null, null, dropped, []) : new SampleOutcome(null, Sample(at, task, source, made), null, []));
    }

    /// <summary>Draws consecutive chunks of one document that have at most the length.</summary>
    SourceChunk[] Draw(ref SeededRandom random)
    {
        IReadOnlyList<SourceChunk> passage = corpus.Draw(ref random).Chunks;
        int first = random.Next(passage.Count), tokens = 0;
        return
        [
            .. passage.Skip(first).TakeWhile(c => c.Document == passage[first].Document && (tokens += c.Tokens.Length) <= length),
        ];
    }

    PreferenceSample Sample(SampleTry at, BirdieTask task, SourceChunk[] source, TextTask made)
    {
        SourceChunk first = source[0];
        ContextChunk[] context =
        [
            .. TokenChunks.Cut(model.Format.Context(made.Text), model.Tokenizer, corpus.ChunkTokens)
                .Select((tokens, i) => new ContextChunk(first.Document, first.Index + i, tokens, 0, ChunkRole.Relevant)),
        ];
        SampleProvenance provenance = new(
            [first.Document], options.Seed, at.Number, new([.. Enumerable.Range(0, context.Length)], []), Try: at.Try > 0 ? at.Try : null)
        {
            Task = NameOf(task),
        };
        return new(
            $"birdie-{NameOf(task)}-{options.Seed}-{at.Number}", context, made.Question, made.Answer, [], provenance,
            model.Readable(context.Select(c => c.Tokens), made.Question));
    }
}
