using Farsight.Engine;
using Farsight.Engine.Inference.Context;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Represents a method that reads long contexts without training, as commands and recipes name it.</summary>
/// <remarks>It either changes how a local model reads a prompt (<see cref="ReadingMethod"/>), or writes several prompts to any model
/// (<see cref="PromptingMethod"/>).</remarks>
public sealed class ContextMethod
{
    readonly ReadingMethod? _reading;
    readonly PromptingMethod? _prompting;

    ContextMethod(string text, ReadingMethod? reading, PromptingMethod? prompting) =>
        (Text, _reading, _prompting) = (text, reading, prompting);

    /// <summary>Descriptions of all methods, in the order of the help.</summary>
    public static IReadOnlyList<MethodCard> All { get; } =
        [.. ReadingMethod.All.Select(k => k.Card), .. PromptingMethod.All.Select(k => k.Card)];

    /// <summary>The method with the values of all options: "chain-of-agents:chunk=0,note=256".</summary>
    public string Text { get; }

    /// <summary>Whether the method writes prompts of its own. It then accepts chat messages only.</summary>
    public bool WritesPrompts => _prompting is not null;

    /// <summary>Parses a method: "NAME" or "NAME:option=value,option=value".</summary>
    /// <exception cref="InputException">The name or an option is unknown, or a value is not valid.</exception>
    public static ContextMethod Parse(string text)
    {
        string[] parts = text.Split(':', 2);
        string name = parts[0].Trim(), options = parts.Length > 1 ? parts[1] : "";
        if (ReadingMethod.All.FirstOrDefault(k => k.Card.Name == name) is { } reading)
        {
            MethodValues values = reading.Card.Parse(options);
            return new(values.ToString(), reading.Create(values), null);
        }
        if (PromptingMethod.All.FirstOrDefault(k => k.Card.Name == name) is { } prompting)
        {
            MethodValues values = prompting.Card.Parse(options);
            return new(values.ToString(), null, prompting.Create(values));
        }
        string? near = Suggestion.Nearest(name, All.Select(c => c.Name));
        throw new InputException(
            $"The context method '{VisibleText.Of(name)}' is unknown. {(near is null ? "" : $"Did you mean '{near}'? ")}"
                + $"Methods: {string.Join(", ", All.Select(c => c.Name))}.");
    }

    /// <summary>Applies the method to a local model.</summary>
    /// <param name="model">The model. A method that changes its reading is set on it and applies to all of its calls from now on.</param>
    /// <returns>The model to ask; not disposed apart from <paramref name="model"/>.</returns>
    /// <exception cref="InputException">The method cannot work with the model.</exception>
    public ILanguageModel Over(LoadedModel model)
    {
        if (_prompting is { } prompting)
        {
            return model.HasFormat
                ? new MethodModel(model.LanguageModel, prompting, text => model.Tokenizer.Count(text))
                : throw new InputException(
                    $"Context method {Text}: {model.Name} has no chat template, and the method writes chat messages; "
                        + "use an instruction-tuned model.");
        }
        model.LanguageModel.Reading = _reading;
        return model.LanguageModel;
    }

    /// <summary>Applies the method to a model behind an endpoint.</summary>
    /// <param name="model">The model.</param>
    /// <param name="count">Counts the tokens of a text; null where the model's tokenizer is not known.</param>
    /// <exception cref="InputException">The method reads tokens itself, or needs the tokenizer.</exception>
    public ILanguageModel Over(ILanguageModel model, Func<string, int>? count) =>
        _prompting is not { } prompting ? throw new InputException(
            $"Context method {Text}: the method changes how a local model reads tokens, which an endpoint does not allow; "
                + "use a local model, or a method that writes prompts.")
        : prompting.CountsTokens && count is null ? throw new InputException(
            $"Context method {Text}: the method counts tokens; give the tokenizer of the endpoint's model.")
        : new MethodModel(model, prompting, count);
}
