using Farsight.Evaluation.Benchmarks.Ruler;

namespace Farsight.Tests.Evaluation.Benchmarks.Ruler;

/// <summary>
/// A test that needs a file of the shared material and Punkt's English model; skipped, with the reason, where one is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PunktFactAttribute : FactAttribute
{
    public PunktFactAttribute(string needs) => Skip = SharedMaterial.Missing(needs)
        ?? (Folder is null ? "Punkt's English model is missing; set FARSIGHT_PUNKT to the folder punkt_tab/english of NLTK's data." : null);

    internal static string? Folder { get; } =
        new[] { Environment.GetEnvironmentVariable("FARSIGHT_PUNKT"), SharedMaterial.PathOf("evaldata/punkt_tab/english") }.FirstOrDefault(
            f => f is { Length: > 0 } && PunktModel.Exists(f));
}
