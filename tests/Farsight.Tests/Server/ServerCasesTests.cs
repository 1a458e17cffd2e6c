using System.Diagnostics;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server;

/// <summary>Situations from public reports about other servers, with the runner that belongs to them.</summary>
[Trait("Category", "Slow")]
public sealed class ServerCasesTests
{
    const string Runner = "cases-server/run_cases.py", Key = "a-key-of-twenty-letters";

    [CasesTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_case_fails(bool hasKey)
    {
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, ApiKey = hasKey ? Key : null }, _ => { });
        ProcessStartInfo start = new(Python()!, [SharedMaterial.PathOf(Runner), server.Url, .. hasKey ? new[] { "--key", Key } : []])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string report = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Contains(" passed, 0 failed", report, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL  ", report, StringComparison.Ordinal);
    }

    static string? Python() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "python3"))
        .FirstOrDefault(File.Exists);

    /// <summary>Skipped without the cases, or without the language of their runner.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    sealed class CasesTheoryAttribute : TheoryAttribute
    {
        public CasesTheoryAttribute() => Skip = SharedMaterial.Missing(Runner) ?? (Python() is null ? "python3 is missing." : null);
    }
}
