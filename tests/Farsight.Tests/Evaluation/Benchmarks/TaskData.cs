using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>A data folder of a test's own.</summary>
sealed class TaskData : IDisposable
{
    readonly TemporaryFolder _folder = new();

    internal EvalSetting Setting => new(4096, 7) { Data = new(_folder.Path) };

    public void Dispose() => _folder.Dispose();

    internal TaskData With(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllText(_folder[path], text);
        return this;
    }

    /// <summary>A JSONL file, or a JSON array.</summary>
    internal TaskData With(string path, IEnumerable<object> records) => With(path, path.EndsWith(".json", StringComparison.Ordinal)
        ? JsonSerializer.Serialize(records)
        : string.Concat(records.Select(r => JsonSerializer.Serialize(r) + "\n")));

    /// <summary>A file or folder that is elsewhere.</summary>
    internal TaskData With(string path, FileSystemInfo target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        if (target is DirectoryInfo)
        {
            Directory.CreateSymbolicLink(_folder[path], target.FullName);
        }
        else
        {
            File.CreateSymbolicLink(_folder[path], target.FullName);
        }
        return this;
    }

    /// <summary>The text that an example's model is asked last.</summary>
    internal static string Asked(EvalPrompt prompt) => ((EvalPrompt.Messages)prompt).Turns[^1].Content;

    /// <summary>SHA-256 of texts, each with a zero byte behind it.</summary>
    internal static string Sha256(IEnumerable<string> texts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in texts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text + "\0"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
