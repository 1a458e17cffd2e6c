using System.Text.RegularExpressions;

namespace Farsight.Alignment.Endpoints;

/// <summary>Removes the reasoning at the beginning of an answer, which a server without a reasoning parser leaves in its text.</summary>
static partial class Thought
{
    /// <summary>Returns the text after the reasoning; the whole text where it does not begin with reasoning.</summary>
    /// <remarks>
    /// Some chat templates open the reasoning in the prompt, so an answer may only close it. Reasoning that is not closed is all of the
    /// answer.
    /// </remarks>
    internal static string Remove(string answer) =>
        Closed().Match(answer) is { Success: true } closed ? answer[closed.Length..].TrimStart()
        : Opened().IsMatch(answer) ? ""
        : answer;

    [GeneratedRegex(
        @"\A(?:\s*(?:<(?<tag>think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷).*?(?:</\k<tag>>|\[/THINK\]|◁/think▷)"
            + @"|(?:(?!<think>).)*?</think>)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Closed();

    [GeneratedRegex(@"\A\s*(?:<(?:think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷)")]
    private static partial Regex Opened();
}
