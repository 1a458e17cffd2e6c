using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Machine;
using Farsight.Engine.Memory;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Output;

/// <summary>Represents what a run depends on: processor, memory, libraries, folders and variables. Sizes are in bytes.</summary>
sealed record MachineState
{
    /// <summary>Training of the bundled model needs about this much memory.</summary>
    const long MinimumMemory = 1L << 30;

    /// <summary>Checkpoints and datasets of a small run need about this much disk space.</summary>
    const long MinimumDisk = 1L << 30;

    const string RunCode = "FARSIGHT_RUN_CODE", Compiler = "g++", Secret = "(set)";

    internal required string Version { get; init; }

    internal required string Runtime { get; init; }

    internal required string Platform { get; init; }

    internal required string ProcessorName { get; init; }

    internal required int VectorBits { get; init; }

    /// <summary>Instructions that assembled kernels use; empty for none.</summary>
    internal IReadOnlyList<string> Instructions { get; init; } = [];

    /// <summary>Why kernels cannot be assembled; null if they can.</summary>
    internal string? Refusal { get; init; }

    internal required int Cores { get; init; }

    internal required int Threads { get; init; }

    internal required long TotalMemory { get; init; }

    internal required long AvailableMemory { get; init; }

    internal required IReadOnlyList<OptionalComponent> Components { get; init; }

    /// <summary>The MPI libraries that the system finds, with their versions.</summary>
    internal IReadOnlyList<string> MpiLibraries { get; init; } = [];

    /// <summary>The component for GPUs: its version, or why it cannot be used.</summary>
    internal string Torch { get; init; } = TorchComponent.NotInstalled;

    /// <summary>NVIDIA's driver with its GPUs; null without one.</summary>
    internal CudaDriver? Cuda { get; init; }

    internal required IReadOnlyList<FolderState> Folders { get; init; }

    /// <summary>The FARSIGHT_* variables that are set. Values of API keys are hidden.</summary>
    internal required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Reads the state of this machine and of the given folders.</summary>
    internal static MachineState Read(IEnumerable<string> folders) => new()
    {
        Version = typeof(MachineState).Assembly.GetName().Version!.ToString(3),
        Runtime = Environment.Version.ToString(),
        Platform = RuntimeInformation.OSDescription,
        ProcessorName = Processor.Name,
        VectorBits = Processor.VectorBits,
        Instructions = AssembledKernels.Instructions,
        Refusal = AssembledKernels.Refusal,
        Cores = Environment.ProcessorCount,
        Threads = Workers.Threads,
        TotalMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        AvailableMemory = Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, FreeMemory()),
        Components =
        [
            new(Compiler, FindsProgram(Compiler), $"LongProc tasks that run generated programs ({RunCode}=1)"),
        ],
        MpiLibraries = MpiLibrary.Installed,
        Torch = TorchComponent.Describe(),
        Cuda = CudaDriver.Read(),
        Folders = [.. folders.Append(Path.GetTempPath()).Select(FolderState.Read)],
        Variables = ReadVariables(),
    };

    /// <summary>Returns one sentence per problem: what is wrong, and what to do.</summary>
    internal IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        Check(
            VectorBits < 256,
            "The processor has no 256-bit vectors, so training is several times slower; use a machine with AVX2.");
        Check(Threads > Cores, $"{Threads} threads share {Cores} logical processors; set --threads to {Cores} or less.");
        Check(
            AvailableMemory < MinimumMemory,
            $"Only {AvailableMemory >> 20} MiB of memory are available; close other programs or use a machine with more memory.");
        foreach (FolderState folder in Folders)
        {
            Check(folder.IsFile, $"'{folder.Name}' is a file; give a folder.");
            Check(
                !folder.IsFile && !folder.IsWritable,
                $"The folder '{folder.Name}' is not writable; change its permissions or use another folder.");
            Check(
                folder.IsWritable && folder.FreeBytes < MinimumDisk,
                $"The folder '{folder.Name}' has only {folder.FreeBytes >> 20} MiB of free disk space; free some or use another folder.");
        }
        Check(
            Variables.TryGetValue(EvalData.Variable, out string? data) && data.Length > 0 && !Directory.Exists(data),
            $"{EvalData.Variable} names '{data}', which does not exist; create the folder or unset the variable.");
        Check(
            Variables.GetValueOrDefault(RunCode) == "1" && Components.Any(c => c is { Name: Compiler, IsFound: false }),
            $"{RunCode} is 1, but {Compiler} was not found; install it or unset the variable.");
        Check(
            Variables.TryGetValue(MpiLibrary.Variable, out string? mpi) && mpi.Length > 0 && !MpiLibrary.IsUsable(mpi),
            $"{MpiLibrary.Variable} names '{mpi}', which is not a usable MPI library; give the path of libmpi.so, or unset the variable.");
        return problems;

        void Check(bool isProblem, string sentence)
        {
            if (isProblem)
            {
                problems.Add(sentence);
            }
        }
    }

    static long FreeMemory()
    {
        const string Key = "MemAvailable:";
        string? line = File.Exists("/proc/meminfo")
            ? File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal))
            : null;
        return line is null
            ? long.MaxValue // only Linux reports it in a file; elsewhere the total is shown
            : 1024 * long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    static bool FindsProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, name)) || File.Exists(Path.Combine(folder, name + ".exe")));

    static SortedDictionary<string, string> ReadVariables()
    {
        SortedDictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            string name = (string)entry.Key;
            if (name.StartsWith("FARSIGHT_", StringComparison.Ordinal))
            {
                variables[name] = name.Contains("KEY", StringComparison.Ordinal) ? Secret : (string?)entry.Value ?? "";
            }
        }
        return variables;
    }
}

/// <summary>Represents a native library or program that is used if it is installed.</summary>
/// <param name="Name">The name of the library or program.</param>
/// <param name="IsFound">Whether it is installed.</param>
/// <param name="Use">The feature that uses it.</param>
sealed record OptionalComponent(string Name, bool IsFound, string Use);

/// <summary>Represents a folder that a run writes to.</summary>
/// <param name="Name">The full path.</param>
/// <param name="IsWritable">Whether a file could be created in it, or in the nearest parent that exists.</param>
/// <param name="FreeBytes">Free disk space; null if the system does not tell it.</param>
/// <param name="IsFile">Whether the path is that of a file.</param>
sealed record FolderState(string Name, bool IsWritable, long? FreeBytes, bool IsFile = false)
{
    /// <exception cref="InputException">The path is empty.</exception>
    internal static FolderState Read(string folder)
    {
        if (folder.Length == 0)
        {
            throw new InputException("--folder is empty; give the path of a folder, such as '.'.");
        }
        string path = Path.GetFullPath(folder), existing = path;
        while (!Path.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent; // a run creates missing folders
        }
        return new(path, CanWrite(existing), FreeSpace(existing), File.Exists(path));
    }

    static long? FreeSpace(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static bool CanWrite(string folder)
    {
        try
        {
            string file = Path.Combine(folder, $".farsight-{Environment.ProcessId}.tmp");
            using FileStream stream = new(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
