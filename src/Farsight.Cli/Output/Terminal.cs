namespace Farsight.Cli.Output;

/// <summary>Fits text for standard output to the terminal; a file or pipe has lines of any length.</summary>
static class Terminal
{
    const int LeastText = 30, Indent = 6;

    /// <summary>Gets the columns of standard output; the largest number if it is no terminal, or one that does not tell.</summary>
    internal static int Width => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? int.MaxValue : Console.WindowWidth;

    /// <summary>Writes a text after a start; further lines are indented as far, or less if the start leaves no room.</summary>
    internal static void WriteWrapped(TextWriter output, string start, string text, int width)
    {
        if (start.Length > width - LeastText && start.Length + text.Length > width)
        {
            output.WriteLine(start.TrimEnd());
            start = new string(' ', Indent);
        }
        int room = Math.Max(LeastText, width - start.Length - 1);
        string line = start;
        int used = 0;
        foreach (string word in text.Split(' '))
        {
            if (used > 0 && used + 1 + word.Length > room)
            {
                output.WriteLine(line);
                (line, used) = (new string(' ', start.Length), 0);
            }
            line += used > 0 ? $" {word}" : word;
            used += word.Length + (used > 0 ? 1 : 0);
        }
        output.WriteLine(line);
    }
}
