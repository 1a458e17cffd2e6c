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

    /// <summary>Adds a small dictionary and model of jieba.</summary>
    internal TaskData WithJieba() => With("jieba/dict.txt", "红狗 100 n\n跑步 50 v\n")
        .With("jieba/finalseg/prob_start.py", "P={'B': -0.3, 'E': -3.14e+100, 'M': -3.14e+100, 'S': -1.5}")
        .With(
            "jieba/finalseg/prob_trans.py",
            "P={'B': {'E': -0.5, 'M': -0.9}, 'E': {'B': -0.6, 'S': -0.8}, 'M': {'E': -0.3, 'M': -1.3}, 'S': {'B': -0.7, 'S': -0.7}}")
        .With("jieba/finalseg/prob_emit.py", "P={'B': {'红': -1.0}, 'E': {'狗': -1.0}, 'M': {}, 'S': {'猫': -1.0}}");

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
