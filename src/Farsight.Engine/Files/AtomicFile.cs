using System.Text;

namespace Farsight.Engine.Files;

/// <summary>Writes a file so that its path contains either the old or the complete new contents.</summary>
/// <remarks>Writes a temporary file in the same folder, flushes it to the disk and renames it.</remarks>
public static class AtomicFile
{
    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Replaces the file by what <paramref name="body"/> writes; creates missing folders.</summary>
    /// <exception cref="IOException">The file could not be written, for example because the disk is
    /// full; the temporary file is deleted.</exception>
    /// <exception cref="InputException">Writing to the folder is not permitted.</exception>
    public static void Write(string path, Action<Stream> body)
    {
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                body(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch (IOException e) when (IsFullDisk(e))
        {
            throw new IOException(
                $"{path} could not be written, because the disk is full: it needs more than {Length(temporary)} bytes. A file that was "
                    + "there before is unchanged",
                e);
        }
        catch (IOException e)
        {
            throw new IOException($"{path} could not be written: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                $"{path} cannot be written: permission denied, or a folder has that name; choose another path.",
                e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(s_utf8.GetBytes(text)));

    /// <summary>Refuses to write to an existing file or folder, for outputs that could be an input or another result.</summary>
    /// <exception cref="InputException">The path exists.</exception>
    public static void RequireNew(string path)
    {
        if (Path.Exists(path))
        {
            throw new InputException($"{path} exists; remove it or choose another output file.");
        }
    }

    /// <summary>Returns whether a name is that of a temporary file that a killed process left.</summary>
    /// <param name="name">Name of a file, without its folder.</param>
    /// <param name="target">Beginning of the name of the file that was to be written.</param>
    public static bool IsTemporary(string name, string target) =>
        name.StartsWith(target, StringComparison.Ordinal)
        && name.EndsWith(".tmp", StringComparison.Ordinal)
        && name.Split('.') is [.., var process, _]
        && process.All(char.IsAsciiDigit);

    /// <summary>Tells whether an error, or the error behind it, says that a disk, a quota or the size of a file is exhausted.</summary>
    public static bool IsFullDisk(IOException error) => (error.InnerException as IOException ?? error).HResult
        is 27 or 28 or 122 // EFBIG, ENOSPC, EDQUOT
            or unchecked((int)0x80070070) or unchecked((int)0x80070027); // on Windows

    static long Length(string temporary)
    {
        try
        {
            return new FileInfo(temporary).Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // it could not be created
        }
    }

    static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary); // nothing is there after the rename
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The reason why the write failed is worth more than this one.
        }
    }
}
