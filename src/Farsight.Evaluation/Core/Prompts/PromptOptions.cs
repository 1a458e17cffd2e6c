namespace Farsight.Evaluation.Core.Prompts;

/// <summary>What a user decides about prompts.</summary>
/// <param name="Template">Whether the model's chat template is used.</param>
/// <param name="Window">Tokens that prompt and completion may have together; null where it is not known (an endpoint's).</param>
/// <param name="MaxPrompt">Most tokens of a prompt before the chat template, where a benchmark cuts; null for what the window
/// leaves.</param>
public sealed record PromptOptions(TemplateUse Template = TemplateUse.Task, int? Window = null, int? MaxPrompt = null);

/// <summary>Whether prompts are put into the model's chat template.</summary>
public enum TemplateUse
{
    /// <summary>Where the benchmark does.</summary>
    Task,

    /// <summary>Always.</summary>
    Chat,

    /// <summary>Never.</summary>
    Raw,
}
