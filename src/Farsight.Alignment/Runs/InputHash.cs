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

    /// <summary>SHA-256 of the files of a model: their names, sizes and contents.</summary>
    /// <remarks>
    /// In files above 1 GiB, 64 KiB of every 4 MiB are read, and the end, so that 16 GB of weights do not delay a start. Other values in a
    /// matrix of a large model change the hash; a change within a few rows can go unnoticed.
    /// </remarks>
    /// <param name="model">A directory, or a GGUF file.</param>
    public static string OfModel(string model)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] files = File.Exists(model) ? [model] : Directory.GetFiles(model);
        foreach (string path in files.Order(StringComparer.Ordinal))
        {
            long length = new FileInfo(path).Length;
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)} {length}\n")));
            AppendContents(hash, path, length);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static void AppendContents(IncrementalHash hash, string path, long length)
    {
        using FileStream file = RegularFile.OpenRead(path);
        byte[] buffer = new byte[BlockBytes];
        for (int read; (read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            if (length > WholeUpTo && file.Position < length)
            {
                file.Position = Math.Min(file.Position + Stride, Math.Max(file.Position, length) - BlockBytes);
            }
        }
    }
}
