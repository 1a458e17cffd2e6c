namespace Farsight.Engine.Files;

/// <summary>Writes a directory so that its path never holds a part of it.</summary>
/// <remarks>
/// The files go to a temporary directory beside it, which is renamed. An older directory is put aside first and deleted
/// last; a kill between the two renames leaves it whole under its name with ".old" at the end.
/// </remarks>
public static class AtomicDirectory
{
    /// <summary>Replaces <paramref name="path"/> by what <paramref name="body"/> writes into the directory it is given.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mark">A file that every directory of this kind has; one without it is somebody's data and is not replaced.</param>
    /// <param name="body">Receives the path of the temporary directory, which is empty.</param>
    /// <exception cref="InputException"><paramref name="path"/> holds something else already, or must not be written to.</exception>
    public static void Write(string path, string mark, Action<string> body)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string temporary = $"{full}.{Environment.ProcessId}.tmp";
        CheckReplaceable(full, mark);
        try
        {
            Remove(temporary);
            Directory.CreateDirectory(temporary);
            body(temporary);
            Swap(temporary, full);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"{path} must not be written: you lack the permission; choose another place.", e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    static void CheckReplaceable(string path, string mark)
    {
        if (File.Exists(path))
        {
            throw new InputException($"{path} is a file, and a directory is to be written there; choose another name.");
        }
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, mark)) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new InputException($"{path} holds other files and no {mark}; choose a new or empty directory.");
        }
    }

    static void Swap(string temporary, string path)
    {
        string old = path + ".old";
        Remove(old);
        if (Directory.Exists(path))
        {
            Directory.Move(path, old);
        }
        try
        {
            Directory.Move(temporary, path);
        }
        catch when (Directory.Exists(old))
        {
            Directory.Move(old, path);
            throw;
        }
        Remove(old);
    }

    static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
