using Farsight.Engine;
using Farsight.Engine.Inference.Context;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Lets the model write a short context of its own before it answers.</summary>
/// <remarks>
/// imagined = model(q), answer = model(imagined, q). It is the prompt-only baseline after arXiv:2403.15268, whose generator of contexts is
/// trained and whose reader gets weights from a hypernetwork; neither is here. It adds closed-book knowledge only, so a prompt with a
/// context is refused unless the option context is 1; the context then stays in the last prompt.
/// </remarks>
sealed class Imagination(MethodValues values) : PromptingMethod
{
    internal static readonly MethodCard Card = new(
        "imagination", "Prompt-only imagination", "after arXiv:2403.15268",
        [
            new("tokens", "Maximum tokens of the imagined context", 128, 1, MethodOption.MaxTokens),
            new("context", "1 to accept prompts with a context, 0 to refuse them", 0, 0, 1),
        ]);

    /// <inheritdoc/>
    internal override bool CountsTokens => false;

    /// <inheritdoc/>
    internal override async Task<Completion> Answer(MethodCalls calls, ContextQuestion question)
    {
        if (question.Context.Length > 0 && values["context"] == 0)
        {
            throw new InputException(
                "Context method imagination: the prompt has a context, and the method is for questions without one; "
                    + "set its option context=1 to use it nevertheless.");
        }
        string imagined = await calls.Ask(
            "imagine",
            $"Write a short passage of facts that helps to answer this question. Do not answer it.\n\n{question.Question}",
            values.Whole("tokens")).ConfigureAwait(false);
        string context = question.Context.Length > 0 ? $"{question.Context}\n\n" : "";
        return await calls.Finish(question.With($"{context}{imagined}\n\n{question.Question}")).ConfigureAwait(false);
    }
}
