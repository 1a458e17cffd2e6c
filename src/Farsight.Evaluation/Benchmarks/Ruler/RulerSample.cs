namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Specifies which of the generators that RULER's authors published is followed.</summary>
enum RulerEdition
{
    /// <summary>
    /// Follows commit c3f5e3b (2026-07): size by bisection, separate answer prefix, renamed examples of variable tracking.
    /// </summary>
    Current,

    /// <summary>Follows commit fb07f10 (2024-08), of the paper's time: size step by step, another layout in variable tracking.</summary>
    Paper,
}

/// <summary>Represents the settings of RULER's samples.</summary>
/// <param name="MaxTokens">Tokens of prompt, answer prefix and completion together.</param>
/// <param name="CountTokens">The model's tokenizer, without the token that begins a text.</param>
/// <param name="Samples">The maximum number of samples; the original makes 500.</param>
/// <param name="Seed">The original's is 42.</param>
/// <param name="TemplateTokens">Tokens that a chat template adds around the prompt, taken off <paramref name="MaxTokens"/>.</param>
/// <param name="Edition">The edition of the generators.</param>
/// <param name="ModelTemplate">The template around the task's template: "[INST] {task_template} [/INST]".</param>
sealed record RulerSetting(
    int MaxTokens, Func<string, int> CountTokens, int Samples = 500, int Seed = 42, int TemplateTokens = 0,
    RulerEdition Edition = RulerEdition.Current, string ModelTemplate = "{task_template}");

/// <summary>Represents one sample of RULER.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Input">The prompt without the answer prefix.</param>
/// <param name="AnswerPrefix">The beginning of the response.</param>
/// <param name="Outputs">The expected answers.</param>
/// <param name="Length">Tokens of prompt, prefix and completion, as the original counts them.</param>
sealed record RulerSample(int Index, string Input, string AnswerPrefix, IReadOnlyList<string> Outputs, int Length);
