namespace Farsight.Workflows.Study;

/// <summary>A file that one process holds at a time, also over a shared folder; the system lets go of it when the process ends.</summary>
static class StudyLock
{
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    /// <summary>The lock, or null where another process has it.</summary>
    internal static FileStream? TryTake(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    /// <summary>Waits for the lock.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    internal static FileStream Take(string path, Action waiting, CancellationToken cancel)
    {
        FileStream? taken = TryTake(path);
        for (; taken is null; taken = TryTake(path))
        {
            waiting();
            Wait(cancel);
        }
        return taken;
    }

    /// <summary>A moment between two looks.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static void Wait(CancellationToken cancel)
    {
        cancel.WaitHandle.WaitOne(s_patience);
        cancel.ThrowIfCancellationRequested();
    }
}
