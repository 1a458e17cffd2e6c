using System.Diagnostics;

namespace Farsight.Tests.Support;

/// <summary>A folder on a disk of its own, in memory, which can be full and can grow.</summary>
sealed class SmallDisk : IDisposable
{
    readonly string _folder;

    /// <summary>Mounts the disk.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="kibibytes">Its size.</param>
    internal SmallDisk(string folder, int kibibytes)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "none", folder);
    }

    /// <summary>Null if disks can be mounted, else the reason a test is skipped for.</summary>
    internal static string? Missing { get; } = CanMount() ? null : "A disk cannot be mounted; run as root where the kernel permits it.";

    internal void Grow(int kibibytes) => Run("mount", "-o", $"remount,size={kibibytes}k", _folder);

    public void Dispose() => Run("umount", "--lazy", _folder);

    static bool CanMount()
    {
        using TemporaryFolder folder = new();
        try
        {
            using SmallDisk disk = new(folder["disk"], 64);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    static void Run(string program, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', args)}: {error}");
        }
    }
}

/// <summary>A test that needs launchers and a disk of its own; skipped, with the reason, where one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class DiskTheoryAttribute : TheoryAttribute
{
    public DiskTheoryAttribute() => Skip = Mpi.Missing ?? SmallDisk.Missing;
}
