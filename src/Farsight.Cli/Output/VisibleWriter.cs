using System.Text;
using Farsight.Engine;

namespace Farsight.Cli.Output;

/// <summary>Writes text to the console with control characters made visible, as <see cref="VisibleText"/> does.</summary>
/// <remarks>A carriage return at the beginning of a text stays: with it a progress line is drawn again.</remarks>
sealed class VisibleWriter(TextWriter console) : TextWriter(console.FormatProvider)
{
    /// <inheritdoc/>
    public override Encoding Encoding => console.Encoding;

    /// <summary>Runs a program whose output and errors are written visibly.</summary>
    internal static async Task<int> During(Func<Task<int>> program)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        Console.SetOut(new VisibleWriter(output));
        Console.SetError(new VisibleWriter(error));
        try
        {
            return await program().ConfigureAwait(false);
        }
        finally
        {
            await Console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <inheritdoc/>
    public override void Write(char value) => Write(value.ToString());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        if (value is ['\r', ..])
        {
            console.Write('\r');
            value = value[1..];
        }
        console.Write(value is null ? null : VisibleText.Of(value));
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Write(value);
        console.WriteLine();
    }

    /// <inheritdoc/>
    public override void WriteLine() => console.WriteLine();

    /// <inheritdoc/>
    public override void Flush() => console.Flush();
}
