using System.ComponentModel;
using System.Diagnostics;
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
            return Run("g++", ["-std=c++11", "-O", "-o", program, file], "", s_compileTime, folder.FullName) is (_, 0)
                && tests.All(t => Run(program, [], t.Input, s_runTime, folder.FullName) is { } result && result.Output == t.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // What it wrote and its exit code; null when its time was up.
    static (string Output, int ExitCode)? Run(string program, string[] arguments, string input, TimeSpan time, string folder)
    {
        using Process process = Start(
            new(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            });
        Task<string> output = process.StandardOutput.ReadToEndAsync(),
            errors = process.StandardError.ReadToEndAsync();
        Task writing = Write(process.StandardInput, input);
        if (!process.WaitForExit(time))
        {
            process.Kill(entireProcessTree: true);
            return null;
        }
        Task.WaitAll(output, errors, writing);
        return (output.Result, process.ExitCode);
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
