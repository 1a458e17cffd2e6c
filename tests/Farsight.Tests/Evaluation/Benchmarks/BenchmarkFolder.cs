using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>A data folder with small files of our own in a benchmark's layout.</summary>
sealed class BenchmarkFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("farsight-benchmark");

    internal EvalSetting Setting => new(Length: 4096, Seed: 7) { Data = new(_folder.FullName) };

    internal void Write(string path, string text)
    {
        string full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
