namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>The final answer of a worked solution, in LaTeX.</summary>
public static class BoxedAnswer
{
    /// <summary>What stands in the last <c>\boxed{…}</c>, braces matched; null when there is none or it is never closed.</summary>
    public static string? Last(string text)
    {
        const string Command = @"\boxed{";
        int start = text.LastIndexOf(@"\boxed", StringComparison.Ordinal);
        if (start < 0 || !text.AsSpan(start).StartsWith(Command))
        {
            return null;
        }
        int depth = 1;
        for (int i = start + Command.Length; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return text[(start + Command.Length)..i];
            }
        }
        return null;
    }
}
