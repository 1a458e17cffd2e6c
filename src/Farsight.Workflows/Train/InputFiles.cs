using Farsight.Alignment.Corpus;
using Farsight.Alignment.Runs;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Train;

/// <summary>Computes hashes of the files that a workflow reads, so that a change is noticed when the workflow is resumed.</summary>
static class InputFiles
{
    /// <summary>Returns the SHA-256 of the documents in a file or folder: their names and contents.</summary>
    /// <exception cref="Engine.InputException">There are no documents, or they cannot be read.</exception>
    internal static string HashDocuments(string path) => InputHash.OfFiles(DocumentReader.FilesOf(path));

    /// <summary>Returns the SHA-256 of the benchmark data that an evaluation reads; null if it reads none.</summary>
    internal static string? HashData(EvalRequest request)
    {
        EvalData data = EvalData.At(request.Data);
        (string Name, string Path)[] files =
        [
            .. from file in request.Selected().SelectMany(t => t.Card.Data)
               from name in new[] { file.Path, file.Or }.OfType<string>()
               let path = data.PathOf(name)
               where path is not null
               from found in FilesOf(name, path)
               select found,
        ];
        return files.Length == 0 ? null : InputHash.OfFiles(files.Distinct());
    }

    static IEnumerable<(string Name, string Path)> FilesOf(string name, string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Select(f => (name + Path.GetFileName(f), f))
        : [(name, path)];
}
