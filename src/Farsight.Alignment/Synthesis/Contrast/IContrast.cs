using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>One kind of contrast.</summary>
interface IContrast
{
    /// <summary>Draws a context and what is asked about it.</summary>
    /// <param name="turn">Number of the sample among those of its kind.</param>
    /// <param name="contexts">Makes contexts.</param>
    /// <param name="random">The sample's stream; advanced.</param>
    ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random);

    /// <summary>The kind's source.</summary>
    static IContrast Of(ContrastKind kind) => kind switch
    {
        ContrastKind.Distractors => new DistractorContrast(),
        ContrastKind.Unanswerable => new UnanswerableContrast(),
        ContrastKind.Entities => new EntityContrast(),
        ContrastKind.Instructions => new InstructionContrast(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>A kind of fact; each is as likely.</summary>
    static NeedleKind Kind(ref SeededRandom random) => random.Pick(NeedleMaker.Kinds);

    /// <summary>The sentence of a fact with another one's value.</summary>
    static string Mistaken(Needle asked, Needle other) => NeedleMaker.FromTemplate(asked.Kind, asked.Key, other.Value).Sentence;

    /// <summary>An answer about the asked key that does not give its value; null for any other.</summary>
    static string? WrongValue(string text, Needle asked) =>
        text.Contains(asked.Key, StringComparison.Ordinal) && !text.Contains(asked.Value, StringComparison.Ordinal) ? text : null;
}
