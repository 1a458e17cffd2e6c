namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>
/// A test that needs a file of the shared material and jieba's dictionary; skipped, with the reason, where one is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ChineseFactAttribute : FactAttribute
{
    public ChineseFactAttribute(string needs) => Skip = SharedMaterial.Missing(needs) ?? EvalGoldens.ChineseMissing;
}
