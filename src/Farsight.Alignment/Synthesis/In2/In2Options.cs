using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Methods;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.In2;

/// <summary>Holds the options of IN2 data (FILM): questions about segments that stand anywhere in a long context.</summary>
public record In2Options(string Model, string Documents, int Samples, int Seed, string Out)
    : MethodOptions(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Weights of questions about one segment, about several segments of one text, and about a short text alone.</summary>
    public string Shares { get; init; } = "63:17:9";

    /// <summary>Maximum segments of a question about several segments, and of a short text; at least 2.</summary>
    public int Segments { get; init; } = 5;

    internal override string Method => "in2";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int UsualChunkTokens => 128;

    internal override string Questions => "written by the model about segments";

    /// <summary>[3] The weights.</summary>
    /// <exception cref="OptionException">The text has another form.</exception>
    internal int[] Weights()
    {
        string[] parts = Shares.Split(':');
        int[] weights =
        [
            .. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int w) && w <= 1_000_000 ? w : -1),
        ];
        return weights.Length == 3 && weights.Min() >= 0 && weights.Sum() > 0
            ? weights
            : throw new OptionException("shares", $"is {Shares}; write three whole numbers, for example 63:17:9.");
    }

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        Weights();
        AtLeast("segments", Segments, 2);
    }

    internal override MethodSettings Settings(MethodSettings common) => new In2Settings(common, Shares, Segments);

    internal override ISampleSource Source(MethodParts parts) => new In2Samples(parts, Weights(), Segments);
}

/// <summary>Adds the settings of IN2.</summary>
/// <param name="Common">The common settings.</param>
/// <param name="Shares">Weights of the three parts.</param>
/// <param name="Segments">Maximum segments of a question.</param>
sealed record In2Settings([property: JsonIgnore] MethodSettings Common, string Shares, int Segments) : MethodSettings(Common);

/// <summary>Makes IN2 samples: the model writes a question about segments, and these are shuffled among segments of other texts.</summary>
/// <remarks>
/// Source: "Make Your LLM Fully Utilize the Context" (FILM), arXiv:2404.16811, section 2; the authors' generator is not public, so the
/// prompts are ours. The length of the context is drawn uniformly. All segments are shuffled, so that each place is equally likely. A
/// fourth part of the paper, 11 % of general chat data, is mixed in with <c>data mix</c>.
/// </remarks>
sealed class In2Samples(MethodParts parts, int[] weights, int segments) : MethodSource(parts)
{
    const string OfSeveral =
        "Write one question whose answer needs information from at least two different places of this text, and its answer. Name in the "
        + "question what it is about, so that it can be understood without the text. " + MethodPrompts.Form;

    static readonly string[] s_variants = ["segment", "several", "short"];

    private protected override async Task<SampleOutcome> Make(MethodTry attempt, CancellationToken cancel)
    {
        SeededRandom random = attempt.Random();
        int part = FactDraw.Weighted(ref random, weights);
        SourceChunk[] about = part == 0 ? [Parts.Pool.DrawChunk(ref random)] : Parts.Pool.DrawRun(segments, ref random);
        if (part == 1 && about.Length < 2)
        {
            return attempt.Drop(DropReason.TooFewChunks);
        }
        QuestionOrigin origin = part == 1 ? QuestionOrigin.MultiDetail : QuestionOrigin.SingleDetail;
        WrittenQuestion written = await attempt
            .AskQuestion(new("question", about, part == 1 ? OfSeveral : MethodPrompts.SingleDetail), origin).ConfigureAwait(false);
        string? fault = written.Fault
            ?? ResponseReason.Of("chosen", ResponseFilters.OfChosen(written.Question, written.Answer, [Parts.TextOf(about)]));
        if (fault is not null)
        {
            return attempt.Drop(fault);
        }
        MixedContext context = part == 2 ? MixedContext.Of(about, about) : Long(about, ref random);
        return attempt.Keep(context, origin, written.Question, written.Answer, [], [], s_variants[part]);
    }

    MixedContext Long(SourceChunk[] about, ref SeededRandom random)
    {
        int count = Math.Max(about.Length, Parts.DrawCount(ref random));
        SourceChunk[] others = Parts.Pool.DrawOthers(count - about.Length, [about[0].Document], ref random);
        return MethodParts.Mix(about, others, ref random);
    }
}
