namespace Farsight.Alignment.Documents;

/// <summary>A form in which the answer to a needle's question is wanted.</summary>
/// <param name="Name">"value"; stands in results.</param>
/// <param name="Instruction">Follows the question; empty where no form is asked for.</param>
public sealed record NeedleForm(string Name, string Instruction)
{
    const string Sentence = "sentence", Value = "value", Label = "label", Pair = "pair", Twice = "twice";

    /// <summary>All forms; the first asks for nothing, and the answer is the sentence.</summary>
    public static IReadOnlyList<NeedleForm> All { get; } =
    [
        new(Sentence, ""),
        new(Value, "Answer with the value only."),
        new(Label, "Begin with Answer."),
        new(Pair, "Write the name and the value."),
        new(Twice, "Say it twice."),
    ];

    /// <summary>The needle's question with the instruction.</summary>
    public string Question(Needle needle) => Instruction.Length == 0 ? needle.Question : $"{needle.Question} {Instruction}";

    /// <summary>The right answer in this form.</summary>
    public string Answer(Needle needle) => Name switch
    {
        Sentence => needle.Answer,
        Value => needle.Value,
        Label => $"Answer: {needle.Answer}",
        Pair => $"{needle.Key}: {needle.Value}",
        Twice => $"{needle.Answer} {needle.Answer}",
        _ => throw new InvalidOperationException($"There is no form {Name}."),
    };
}
