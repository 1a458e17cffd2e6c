using System.Diagnostics;

namespace Farsight.Tests.Support;

/// <summary>Runs the command under an MPI launcher of this machine.</summary>
static class Mpi
{
    // Debian installs several launchers side by side under these names.
    static readonly string[] s_names = ["mpirun.openmpi", "mpirun.mpich", "mpirun"];

    /// <summary>The launchers, by path; of mpirun only if it is the only one.</summary>
    internal static IReadOnlyList<string> Launchers { get; } = Find();

    /// <summary>Null if there is a launcher, else the reason a test is skipped for.</summary>
    internal static string? Missing { get; } = Launchers.Count > 0 ? null : "mpirun is not installed; install Open MPI or MPICH.";

    /// <summary>The command and what runs it.</summary>
    internal static string[] Program => [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "farsight.dll")];

    /// <summary>Starts the command on several ranks.</summary>
    internal static Process Start(string launcher, int ranks, params string[] args) => Start(launcher, ranks, [], args);

    /// <inheritdoc cref="Start(string, int, string[])"/>
    internal static Process Start(string launcher, int ranks, (string Name, string Value)[] variables, string[] args)
    {
        bool isMpich = launcher.EndsWith("mpich", StringComparison.Ordinal);
        ProcessStartInfo start = new(launcher)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] own = isMpich ? [] : ["--oversubscribe", "--bind-to", "none"];
        foreach (string arg in (string[])[.. own, "-n", $"{ranks}", .. Program, .. args])
        {
            start.ArgumentList.Add(arg);
        }
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }
        // Open MPI asks for consent to run as root, as containers do.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Waits for a started command and returns its exit code and texts.</summary>
    internal static async Task<(int Code, string Out, string Error)> End(Process process)
    {
        using CancellationTokenSource time = new(TimeSpan.FromMinutes(4));
        Task<string> output = process.StandardOutput.ReadToEndAsync(time.Token), error = process.StandardError.ReadToEndAsync(time.Token);
        await process.WaitForExitAsync(time.Token);
        return (process.ExitCode, await output, await error);
    }

    static string[] Find()
    {
        string[] found =
        [
            .. s_names
                .Select(name => (Environment.GetEnvironmentVariable("PATH") ?? "")
                    .Split(Path.PathSeparator)
                    .Select(folder => Path.Combine(folder, name))
                    .FirstOrDefault(File.Exists))
                .OfType<string>(),
        ];
        return found.Length > 1 ? [.. found.Where(f => !f.EndsWith("/mpirun", StringComparison.Ordinal))] : found;
    }
}

/// <summary>A test that needs an MPI launcher; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class MpiFactAttribute : FactAttribute
{
    public MpiFactAttribute() => Skip = Mpi.Missing;
}

/// <summary>As <see cref="MpiFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class MpiTheoryAttribute : TheoryAttribute
{
    public MpiTheoryAttribute() => Skip = Mpi.Missing;
}
