using System.Diagnostics;
using System.Globalization;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>An evaluation that is killed again and again ends with the bytes of one that was not.</summary>
[Trait("Category", "Slow")]
public sealed class EvalKillTests : IDisposable
{
    const int Kills = 8;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Killed_at_any_moment_it_goes_on_to_the_same_bytes()
    {
        TimeSpan whole = Run("whole", null);
        SeededRandom random = SeededRandom.For(1, "kill", 0);

        int killed = 0;
        for (int i = 0; i < Kills; i++)
        {
            killed += Run("killed", whole * random.NextDouble()) < whole ? 1 : 0;
        }
        Run("killed", null);

        Assert.True(killed > 0, "no run was killed");
        Assert.Equal(File.ReadAllBytes(_folder["whole/examples.jsonl"]), File.ReadAllBytes(_folder["killed/examples.jsonl"]));
        Assert.Equal(File.ReadAllBytes(_folder["whole/results.json"]), File.ReadAllBytes(_folder["killed/results.json"]));
    }

    /// <summary>Runs the command, for a time or to its end.</summary>
    TimeSpan Run(string directory, TimeSpan? killAfter)
    {
        ProcessStartInfo start = new(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "farsight.dll"),
                "eval",
                "--task",
                "needle",
                "needle/words",
                "perplexity",
                "--model",
                "models/tiny",
                "--length",
                "512",
                "768",
                "--depths",
                "5",
                "--samples",
                "8",
                "--out",
                _folder[directory],
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long begun = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (killAfter is { } time && !process.WaitForExit(time))
        {
            process.Kill();
        }
        process.WaitForExit();
        Assert.True(
            killAfter is not null || process.ExitCode == 0,
            string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode}: {error.Result}"));
        return Stopwatch.GetElapsedTime(begun);
    }
}
