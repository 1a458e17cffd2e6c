using System.Text.RegularExpressions;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Represents what a kind of task asks, from the user's file of templates.</summary>
/// <param name="Prompt">The prompt with {context} and {query}.</param>
/// <param name="AnswerPrefix">The beginning of the response.</param>
/// <param name="NewTokens">Tokens to generate.</param>
sealed partial record RulerTemplate(string Prompt, string AnswerPrefix, int NewTokens)
{
    /// <summary>Puts a model's own template around the prompt.</summary>
    internal RulerTemplate Around(string modelTemplate) =>
        this with { Prompt = modelTemplate.Replace("{task_template}", Prompt, StringComparison.Ordinal) };

    /// <summary>Replaces each {name} once; inserted text is not searched again.</summary>
    internal static string Fill(string template, params (string Name, string Value)[] values) =>
        Field().Replace(template, m => values.FirstOrDefault(v => v.Name == m.Groups[1].Value).Value
            ?? throw new InputException($"A template of RULER uses the placeholder {m.Value}, which is unknown; {EvalData.Advice}."));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Field();
}
