namespace Farsight.Alignment.Fiction;

/// <summary>Represents a required form of the answer to a needle's question.</summary>
/// <param name="Name">Name in results, for example "value".</param>
/// <param name="Instruction">Instruction after the question; empty for no required form.</param>
/// <param name="Answer">Returns the correct answer in this form.</param>
public sealed record NeedleForm(string Name, string Instruction, Func<Needle, string> Answer)
{
    /// <summary>Gets all forms. The first has no instruction, and its answer is the sentence.</summary>
    public static IReadOnlyList<NeedleForm> All { get; } =
    [
        new("sentence", "", n => n.Answer),
        new("value", "Answer with the value only.", n => n.Value),
        new("label", "Begin with Answer.", n => $"Answer: {n.Answer}"),
        new("pair", "Write the name and the value.", n => $"{n.Key}: {n.Value}"),
        new("twice", "Say it twice.", n => $"{n.Answer} {n.Answer}"),
    ];

    /// <summary>Returns the needle's question with the instruction.</summary>
    public string Question(Needle needle) => Instruction.Length == 0 ? needle.Question : $"{needle.Question} {Instruction}";
}
