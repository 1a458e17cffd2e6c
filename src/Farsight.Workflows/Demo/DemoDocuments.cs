using System.Globalization;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Demo;

/// <summary>Represents the documents of a demo: a folder for training, and a folder for haystacks that training never sees.</summary>
/// <param name="Training">Folder of .txt files.</param>
/// <param name="Evaluation">Folder of .txt files.</param>
sealed record DemoDocuments(string Training, string Evaluation)
{
    const int TrainingCount = 40, EvaluationCount = 8, Words = 4000;

    // Keeps the evaluation's documents apart from the training's, which the base model has partly seen as well.
    const int EvaluationCollection = 500_000_000;

    /// <summary>Invents the documents, or copies the user's: all but the last for training, the last for evaluation.</summary>
    /// <exception cref="InputException">The user's documents cannot be read.</exception>
    internal static DemoDocuments Prepare(DemoOptions options, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        DemoDocuments folders = new(
            Path.Combine(options.Output, "documents", "training"),
            Path.Combine(options.Output, "documents", "evaluation"));
        if (options.Documents is null)
        {
            folders.Invent(options.Seed, progress, cancel);
        }
        else
        {
            folders.Copy(options.Documents, progress, cancel);
        }
        return folders;
    }

    /// <summary>Checks the user's documents before anything is written.</summary>
    /// <exception cref="InputException">They cannot be read, or there is only one.</exception>
    internal static void Check(DemoOptions options)
    {
        if (options.Documents is { } path && DocumentReader.Read(path).Count() < 2)
        {
            throw new InputException(
                $"{path} has a single document; the demo needs at least two, because the last one is kept for evaluation.");
        }
    }

    void Invent(int seed, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        for (int i = 0; i < TrainingCount + EvaluationCount; i++)
        {
            cancel.ThrowIfCancellationRequested();
            bool isTraining = i < TrainingCount;
            int collection = isTraining ? seed : EvaluationCollection + seed;
            Write(isTraining ? Training : Evaluation, i, FictionWriter.Write(collection, i, Words).Text);
            progress?.Report(new("documents", "inventing documents", i + 1, TrainingCount + EvaluationCount, ""));
        }
    }

    void Copy(string path, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        SourceDocument[] documents = [.. DocumentReader.Read(path)];
        for (int i = 0; i < documents.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            Write(i < documents.Length - 1 ? Training : Evaluation, i, documents[i].Text);
            progress?.Report(new("documents", "copying documents", i + 1, documents.Length, ""));
        }
    }

    static void Write(string folder, int index, string text)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"document-{index + 1:D4}.txt")), text);
    }
}
