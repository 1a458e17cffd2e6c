using System.Text.Json.Serialization;

namespace Farsight.Alignment.Recipes.Studies;

/// <summary>Makes files that a study needs before its first run: documents, preference data.</summary>
/// <remarks>The record that implements it is the recipe entry: <c>{ "make": "documents", "count": 40, … }</c>. What is there is not made again.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "make")]
[JsonDerivedType(typeof(ContrastStep), "contrast")]
[JsonDerivedType(typeof(DocumentsStep), "documents")]
[JsonDerivedType(typeof(LogoStep), "logo")]
[JsonDerivedType(typeof(LongPoStep), "longpo")]
public interface IStudyStep
{
    /// <summary>The file or folder that is made, inside the study's folder.</summary>
    string Out { get; }

    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    IEnumerable<string> Problems(string path);

    /// <summary>Whether the output is there and whole.</summary>
    bool IsDone(StudyPaths paths) => File.Exists(paths.Out(Out));

    /// <summary>Makes it, or continues where it was stopped.</summary>
    /// <exception cref="Engine.InputException">Something that it needs is missing or does not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    void Make(StudyPaths paths, IProgress<StudyProgress>? progress, CancellationToken cancel);
}
