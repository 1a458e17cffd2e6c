using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Farsight.Engine;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Compiles and runs a C++ program that a model wrote.</summary>
static class CompiledProgram
{
    /// <summary>Names the environment variable that permits this when it is 1.</summary>
    internal const string Variable = "FARSIGHT_RUN_CODE";

    static readonly TimeSpan s_compileTime = TimeSpan.FromSeconds(60), s_runTime = TimeSpan.FromSeconds(3);

    /// <summary>Determines whether the program compiles and writes exactly the expected output for each input.</summary>
    /// <exception cref="InputException">Running programs is not permitted, or g++ is missing.</exception>
    internal static bool Passes(string source, IEnumerable<(string Input, string Output)> tests)
    {
        if (Environment.GetEnvironmentVariable(Variable) != "1")
        {
            throw new InputException(
                $"The program that the model wrote was not run; set {Variable}=1 to compile and run such programs on this computer.");
        }
        DirectoryInfo folder = Directory.CreateTempSubdirectory("farsight-program");
        try
        {
            string program = Path.Combine(folder.FullName, "program"), file = program + ".cpp";
            File.WriteAllText(file, source);
            return Run("g++", ["-std=c++11", "-O", "-o", program, file], "", 0, s_compileTime, folder.FullName) is (_, 0)
                && tests.All(t =>
                    Run(program, [], t.Input, t.Output.Length + 1, s_runTime, folder.FullName) is { } result && result.Output == t.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The first characters of what it wrote, and its exit code; null when its time was up.
    static (string Output, int ExitCode)? Run(
        string program, string[] arguments, string input, int maxCharacters, TimeSpan time, string folder)
    {
        using Process process = Start(
            new(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            });
        Task<string> output = Read(process.StandardOutput, maxCharacters), errors = Read(process.StandardError, 0);
        Task writing = Write(process.StandardInput, input);
        if (!process.WaitForExit(time))
        {
            process.Kill(entireProcessTree: true);
            return null;
        }
        Task.WaitAll(output, errors, writing);
        return (output.Result, process.ExitCode);
    }

    /// <summary>Reads to the end and returns the first characters, because a program may write more than the memory holds.</summary>
    internal static async Task<string> Read(TextReader from, int maxCharacters)
    {
        StringBuilder text = new();
        char[] buffer = new char[4096];
        while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and int read)
        {
            text.Append(buffer, 0, Math.Min(read, maxCharacters - text.Length));
        }
        return text.ToString();
    }

    static async Task Write(StreamWriter to, string text)
    {
        try
        {
            await to.WriteAsync(text).ConfigureAwait(false);
            to.Close();
        }
        catch (IOException)
        {
            // A program need not read its input to the end.
        }
    }

    static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw new InputException($"{info.FileName} could not be started: {e.Message}", e);
        }
    }
}
