using System.Text;

namespace Farsight.Engine.Files;

/// <summary>Writes a file so that its path holds either the old contents or the new, never a part.</summary>
/// <remarks>The bytes go to a temporary file in the same folder, are flushed to the disk, and the file is renamed.</remarks>
public static class AtomicFile
{
    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes what <paramref name="body"/> writes; folders on the way are created.</summary>
    /// <exception cref="IOException">The file could not be written, for instance because the disk is full; the temporary file is
    /// gone.</exception>
    /// <exception cref="InputException">The folder must not be written to.</exception>
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
        catch (IOException e)
        {
            throw new IOException($"{path} could not be written: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                $"{path} must not be written: you lack the permission, or a folder has that name; choose another place.",
                e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark, as it is.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(s_utf8.GetBytes(text)));

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
