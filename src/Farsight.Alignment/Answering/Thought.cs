using System.Text.RegularExpressions;

namespace Farsight.Alignment.Answering;

/// <summary>
/// Removes the reasoning at the beginning of an answer, which local models and servers without a reasoning parser leave in its text.
/// </summary>
public static partial class Thought
{
    /// <summary>
    /// Returns the text after the reasoning; the whole text where it does not begin with reasoning; null where the answer ends inside it.
    /// </summary>
    /// <remarks>Some chat templates open the reasoning in the prompt, so an answer may only close it.</remarks>
    public static string? Remove(string answer) =>
        Closed().Match(answer) is { Success: true } closed ? answer[closed.Length..].TrimStart()
        : Opened().IsMatch(answer) ? null
        : answer;

    /// <summary>Creates the exception for an answer that ends inside its reasoning.</summary>
    /// <param name="model">The model's name.</param>
    public static UnusableAnswerException Unclosed(string model) =>
        new($"{model} gave no usable answer to a request: its answer has no text, only reasoning; raise the maximum tokens, "
            + "or switch the model's reasoning off.");

    [GeneratedRegex(
        @"\A(?:\s*(?:<(?<tag>think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷).*?(?:</\k<tag>>|\[/THINK\]|◁/think▷)"
            + @"|(?:(?!<think>).)*?</think>)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Closed();

    [GeneratedRegex(@"\A\s*(?:<(?:think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷)")]
    private static partial Regex Opened();
}
