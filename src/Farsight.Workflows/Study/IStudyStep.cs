using System.Text.Json.Serialization;

namespace Farsight.Workflows.Study;

/// <summary>Makes files that a study needs before its first run: documents, preference data, a model to begin with.</summary>
/// <remarks>The record that implements it is the recipe entry: <c>{ "make": "documents", "count": 40, … }</c>. What is there is not made
/// again.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "make")]
[JsonDerivedType(typeof(ContrastStep), "contrast")]
[JsonDerivedType(typeof(DocumentsStep), "documents")]
[JsonDerivedType(typeof(LogoStep), "logo")]
[JsonDerivedType(typeof(LongPoStep), "longpo")]
[JsonDerivedType(typeof(MixStep), "mix")]
[JsonDerivedType(typeof(ModelStep), "model")]
public interface IStudyStep
{
    /// <summary>The file or folder that is made, inside the study's folder.</summary>
    string Out { get; }

    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    IEnumerable<string> Problems(string path);

    /// <summary>
    /// What can only be told from other files of the study, in the same form; the study's recipe is at <paramref name="studyPath"/>.
    /// </summary>
    IEnumerable<string> Problems(string path, string studyPath) => [];

    /// <summary>Whether the output is there and whole.</summary>
    bool IsDone(StudyPaths paths) => File.Exists(paths.Out(Out));

    /// <summary>Makes it, or continues where it was stopped.</summary>
    /// <param name="paths">Where the files of the study are.</param>
    /// <param name="note">Told what a person should know, the alarms of a training among it.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="Engine.InputException">Something that it needs is missing or does not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    void Make(StudyPaths paths, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel);
}
