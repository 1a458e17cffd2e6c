using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>Computes hashes of the inputs of a run, for its manifest.</summary>
public static class InputHash
{
    const long WholeUpTo = 1 << 30, Stride = 4 << 20;
    const int BlockBytes = 64 << 10;

    /// <summary>SHA-256 of a file, in hexadecimal.</summary>
    public static string OfFile(string path)
    {
        using FileStream file = RegularFile.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>SHA-256 of a text in UTF-8, in hexadecimal.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>SHA-256 of files: their names, sizes and whole contents. Pipes, sockets and devices are passed over.</summary>
    /// <param name="files">Names as they are hashed, for example relative to a folder, with their paths; in any order.</param>
    public static string OfFiles(IEnumerable<(string Name, string Path)> files) =>
        Of(files.Where(f => RegularFile.Is(f.Path)), wholeUpTo: long.MaxValue);

    /// <summary>SHA-256 of the files of a model: their names, sizes and contents.</summary>
    /// <remarks>
    /// In files above 1 GiB, 64 KiB of every 4 MiB are read, and the end, so that 16 GB of weights do not delay a start. Other values in a
    /// matrix of a large model change the hash; a change within a few rows can go unnoticed.
    /// </remarks>
    /// <param name="model">A directory, or a GGUF file.</param>
    public static string OfModel(string model) =>
        Of((File.Exists(model) ? [model] : Directory.GetFiles(model)).Select(f => (Path.GetFileName(f), f)), WholeUpTo);

    static string Of(IEnumerable<(string Name, string Path)> files, long wholeUpTo)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, string path) in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            using FileStream file = RegularFile.OpenRead(path); // of a link, the file that it leads to
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {file.Length}\n")));
            AppendContents(hash, file, file.Length <= wholeUpTo);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static void AppendContents(IncrementalHash hash, FileStream file, bool isWhole)
    {
        long length = file.Length;
        byte[] buffer = new byte[BlockBytes];
        for (int read; (read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            if (!isWhole && file.Position < length)
            {
                file.Position = Math.Min(file.Position + Stride, Math.Max(file.Position, length) - BlockBytes);
            }
        }
    }
}
