namespace Farsight.Engine.Files;

/// <summary>Writes a directory so that its path never contains a part of it.</summary>
/// <remarks>
/// Writes a temporary directory beside it and renames that. An older directory is renamed first and deleted last; if the process is
/// killed between the two renames, it remains complete under its name with the suffix ".old".
/// </remarks>
public static class AtomicDirectory
{
    // What models and adapters consist of. Anything else in a directory belongs to the user, and replacing the directory would delete it.
    static readonly string[] s_replaceable = [".json", ".safetensors", ".model", ".jinja", ".txt"];

    /// <summary>Replaces <paramref name="path"/> by what <paramref name="body"/> writes into the directory it is given.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mark">A file that every directory of this kind contains; a directory without it is not replaced.</param>
    /// <param name="body">Called with the path of the empty temporary directory.</param>
    /// <exception cref="InputException">
    /// <paramref name="path"/> contains folders or files other than those of models, or writing is not permitted.
    /// </exception>
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
            throw new InputException($"{path} cannot be written: permission denied; choose another path.", e);
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
            throw new InputException($"{path} is a file, but a directory must be written there; choose another name.");
        }
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, mark)) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new InputException($"{path} contains other files and no {mark}; choose a new or empty directory.");
        }
        if (Directory.Exists(path) && Stranger(path) is { } stranger)
        {
            throw new InputException($"{path} also contains {stranger}, which would be deleted; choose a new or empty directory.");
        }
    }

    static string? Stranger(string path)
    {
        string? folder = Directory.EnumerateDirectories(path).FirstOrDefault();
        return Path.GetFileName(folder
            ?? Directory.EnumerateFiles(path)
                .FirstOrDefault(f => !s_replaceable.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)));
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
