namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Holds the user's choices about prompts.</summary>
/// <param name="Template">Whether the model's chat template is used.</param>
/// <param name="Window">Maximum tokens of prompt and completion together; null where it is not known (an endpoint's).</param>
/// <param name="MaxPrompt">Maximum tokens of a prompt before the chat template, where a benchmark
/// cuts; null for the room in the window.</param>
sealed record PromptOptions(TemplateUse Template = TemplateUse.Task, int? Window = null, int? MaxPrompt = null);

/// <summary>Selects whether the model's chat template is applied.</summary>
public enum TemplateUse
{
    /// <summary>Applies it where the benchmark does.</summary>
    Task,

    /// <summary>Always applies it.</summary>
    Chat,

    /// <summary>Never applies it.</summary>
    Raw,
}
