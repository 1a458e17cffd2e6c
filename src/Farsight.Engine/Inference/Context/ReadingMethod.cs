using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Represents a method that changes how a model reads a prompt.</summary>
/// <remarks>A method is one file: its options with the source, the models it cannot work with, and a reader that reads one text.</remarks>
public abstract class ReadingMethod
{
    readonly MethodValues _values;

    private protected ReadingMethod(MethodValues values) => _values = values;

    /// <summary>All methods, in the order of the help.</summary>
    public static IReadOnlyList<MethodKind<ReadingMethod>> All { get; } =
    [
        new(SelfExtend.Card, v => new SelfExtend(v)),
        new(StreamingLlm.Card, v => new StreamingLlm(v)),
        new(GemFilter.Card, v => new GemFilter(v)),
        new(LazyLlm.Card, v => new LazyLlm(v)),
        new(LongHeads.Card, v => new LongHeads(v)),
        new(SqueezedAttention.Card, v => new SqueezedAttention(v)),
        new(Xl3m.Card, v => new Xl3m(v)),
        new(ReKv.Card, v => new ReKv(v)),
        new(QuantizedCache.Card, v => new QuantizedCache(v)),
        new(Hmt.Card, v => new Hmt(v)),
    ];

    /// <summary>The method with the values of all options.</summary>
    public string Text => _values.ToString();

    /// <summary>Returns the maximum tokens of prompt and answer together; null for no limit.</summary>
    public virtual int? WindowOf(ModelConfig config) => config.MaxPositionEmbeddings;

    /// <summary>Checks that the method can work with a model.</summary>
    /// <exception cref="InputException">It cannot.</exception>
    public void Check(ModelConfig config)
    {
        if (Problem(config) is { } problem)
        {
            throw new InputException($"Context method {Text} cannot work with this model: {problem}");
        }
    }

    /// <summary>Checks that the method can work with a model and what was trained for it.</summary>
    /// <exception cref="InputException">It cannot.</exception>
    public void Check(DecoderModel model)
    {
        Check(model.Config);
        if (NeedsMemory && model.SegmentMemory is null)
        {
            throw new InputException(
                $"Context method {Text} needs a model that was trained with a segment memory, and this one has none. "
                    + "Train one with segment_memory in the recipe, and name its adapter or model.");
        }
    }

    /// <summary>Whether the method reads with the segment memory of the model.</summary>
    private protected virtual bool NeedsMemory => false;

    /// <summary>Returns the value of an option.</summary>
    private protected double this[string option] => _values[option];

    /// <summary>Returns the value of an option of whole numbers.</summary>
    private protected int Whole(string option) => _values.Whole(option);

    /// <summary>Returns why the method cannot work with a model, as sentences; null if it can.</summary>
    internal abstract string? Problem(ModelConfig config);

    /// <summary>Creates a reader of one text.</summary>
    /// <param name="model">The model, which <see cref="Check(DecoderModel)"/> accepts.</param>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="newTokens">Maximum tokens after it.</param>
    internal abstract ContextReader Open(DecoderModel model, int promptTokens, int newTokens);

    /// <summary>Returns a problem of methods that assign positions themselves.</summary>
    private protected static string? PositionProblem(ModelConfig config) =>
        config.SlidingWindow is not null ? "it has layers with a sliding window, whose keys the method cannot select. Use a model without."
        : LengthProblem(config);

    /// <summary>Returns a problem of methods that read a text in parts.</summary>
    private protected static string? LengthProblem(ModelConfig config) => config.RopeScaling.DependsOnLength
        ? "its RoPE scaling depends on the length of the text, which the method changes. Use another scaling, such as yarn."
        : null;
}

/// <summary>Receives the logits after a token.</summary>
/// <param name="logits">[V]; valid during the call only.</param>
delegate void LogitsReader(ReadOnlySpan<float> logits);

/// <summary>Reads one prompt by a method, and then one token at a time.</summary>
abstract class ContextReader : IDisposable
{
    /// <summary>Work and memory so far.</summary>
    internal ReadingCost Cost { get; } = new();

    /// <summary>Reads the prompt and reports the logits after its last token.</summary>
    internal abstract void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel);

    /// <summary>Reads one more token and reports the logits after it.</summary>
    internal abstract void Next(int token, LogitsReader logits);

    /// <summary>Goes back to the end of a context that is read already, if a prompt begins with it.</summary>
    /// <returns>Whether <see cref="Read"/> can read the prompt from there.</returns>
    internal virtual bool Rewind(IReadOnlyList<int> prompt, int newTokens) => false;

    /// <summary>Returns whether a prompt is a known context and a question of at most twice the usual length.</summary>
    private protected static bool BeginsWith(IReadOnlyList<int> prompt, int[] context, int question) =>
        context.Length > 0
        && prompt.Count > context.Length
        && prompt.Count - context.Length <= 2 * question
        && prompt.Take(context.Length).SequenceEqual(context);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Counts the work and the memory of reading a text.</summary>
public sealed class ReadingCost
{
    /// <summary>Bytes of different keys and values that attention read, summed over passes and layers.</summary>
    public long KeyValueBytes { get; internal set; }

    /// <summary>Maximum bytes of keys, values and other state that were kept for later tokens.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Tokens that a layer computed, summed over layers.</summary>
    public long LayerTokens { get; internal set; }

    /// <summary>Records bytes that are held now.</summary>
    internal void Hold(long bytes) => HeldBytes = Math.Max(HeldBytes, bytes);
}
