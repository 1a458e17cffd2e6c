namespace Farsight.Alignment.Synthesis.Birdie;

/// <summary>Holds the options of Birdie data: texts with a task that restores or copies a part of them. No model is asked.</summary>
public record BirdieOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<BirdieSettings>(Model, Documents, Samples, Seed, Out)
{
    const int LeastLength = 64;

    /// <summary>The tasks, which take turns; null for all.</summary>
    public IReadOnlyList<BirdieTask>? Tasks { get; init; }

    /// <summary>Tokens of the text that a task is made of, at most; null for a third of the model's window, because some tasks write it
    /// again.</summary>
    public int? Length { get; init; }

    /// <summary>Share of the words that infilling replaces with blanks; 0.15 or 0.5 in the paper.</summary>
    public double Corruption { get; init; } = 0.15;

    /// <summary>Mean words per blank of infilling; 3, 8 or 64 in the paper.</summary>
    public int Span { get; init; } = 3;

    /// <summary>Maximum spans that selective copying asks for.</summary>
    public int Copies { get; init; } = 4;

    internal override bool AsksModel => false;

    /// <summary>The tasks in the order of their turns.</summary>
    internal IReadOnlyList<BirdieTask> TasksOrAll => Tasks ?? Enum.GetValues<BirdieTask>();

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        if (TasksOrAll.Count == 0 || TasksOrAll.Distinct().Count() < TasksOrAll.Count)
        {
            throw new OptionException("tasks", "must name at least one task, and each task once.");
        }
        if (Length is { } length)
        {
            AtLeast("length", length, LeastLength);
        }
        if (!(Corruption is > 0 and <= 0.9))
        {
            throw new OptionException("corruption", "must be a share above 0, at most 0.9.");
        }
        AtLeast("span", Span, 1);
        AtLeast("copies", Copies, 1);
    }

    internal override SynthesisPlan<BirdieSettings> Plan(SynthesisModel model)
    {
        int length = Length ?? Math.Max(LeastLength, model.Window / 3), chunk = Math.Max(LeastLength / 4, length / 8);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            CorpusOrDefault(), model.Format, new(Seed, chunk, Math.Max(1, length / chunk)) { Keys = "length" });
        BirdieSettings settings = new(
            1, "birdie", model.Sha256, corpus.Sha256, Samples, Shard?.ToString(), Seed,
            string.Join(", ", TasksOrAll.Select(BirdieSamples.NameOf)), length, Corruption, Span, Copies);
        return new(settings, corpus.Counts, $"tasks on the text itself ({settings.Tasks})", new BirdieSamples(this, model, corpus, length));
    }
}

/// <summary>Lists the tasks of Birdie that a decoder can read as a prompt with a response.</summary>
public enum BirdieTask
{
    /// <summary>Blanks stand for some words, and the response restores them.</summary>
    Infilling,

    /// <summary>The question names starts and ends, and the response copies what stands between them.</summary>
    SelectiveCopying,

    /// <summary>The response copies the text.</summary>
    Copying,

    /// <summary>The words are shuffled, and the response restores their order.</summary>
    Deshuffling,

    /// <summary>The response continues the first three quarters of the text.</summary>
    Continuation,
}

/// <summary>Holds everything that decides a file of Birdie data. The order of the keys is the order in which differences are reported.
/// </summary>
/// <param name="FormatVersion">Version of the samples and of how they are drawn.</param>
/// <param name="Method">"birdie".</param>
/// <param name="Model">SHA-256 of the tokenizer.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Tasks">The tasks in the order of their turns: "infilling, copying".</param>
/// <param name="Length">Tokens of a text, at most.</param>
/// <param name="Corruption">Share of the words that are replaced with blanks.</param>
/// <param name="Span">Mean words per blank.</param>
/// <param name="Copies">Maximum spans that selective copying asks for.</param>
public sealed record BirdieSettings(
    int FormatVersion, string Method, string Model, string Documents, int Samples, string? Shard, int Seed, string Tasks, int Length,
    double Corruption, int Span, int Copies);
