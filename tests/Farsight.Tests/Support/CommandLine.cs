using Farsight.Cli;

namespace Farsight.Tests.Support;

/// <summary>Runs the command in this process, one at a time, because the console is shared.</summary>
static class CommandLine
{
    static readonly SemaphoreSlim s_console = new(1);

    internal static Task<(int Code, string Out, string Error)> Run(params string[] args) => Capture(() => Program.RunAsync(args));

    /// <summary>Runs other code that writes to the console.</summary>
    internal static async Task<(int Code, string Out, string Error)> Capture(Func<Task<int>> run)
    {
        await s_console.WaitAsync();
        (TextWriter oldOut, TextWriter oldError) = (Console.Out, Console.Error);
        using StringWriter output = new(), error = new();
        try
        {
            Console.SetOut(output);
            Console.SetError(error);
            int code = await run();
            return (code, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(oldOut);
            Console.SetError(oldError);
            s_console.Release();
        }
    }
}
