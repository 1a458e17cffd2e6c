using System.Text.Json.Nodes;

namespace Farsight.Text.Templates;

/// <summary>Represents a model's chat template: the subset of Jinja that such templates use, evaluated as in transformers.</summary>
/// <remarks>
/// Template and messages come from strangers: nesting, work and the length of the result are limited, nothing outside can be reached, and
/// the clock is given by the caller. All members may be used by many threads.
/// </remarks>
public sealed class ChatTemplate
{
    const int LongestSource = 1 << 20;

    readonly string _name;
    readonly Body _body;

    ChatTemplate(string source, string name, Body body) => (Source, _name, _body) = (source, name, body);

    /// <summary>Gets the source of the template.</summary>
    public string Source { get; }

    /// <summary>Parses a template.</summary>
    /// <param name="source">Jinja.</param>
    /// <param name="name">What to call it in messages: the file, the key.</param>
    /// <exception cref="TemplateException">It is not well formed or uses a construct that is not supported;
    /// the message names it and its line.</exception>
    public static ChatTemplate Parse(string source, string name) => source.Length <= LongestSource
        ? new(source, name, TemplateParser.Parse(name, source))
        : throw TemplateException.At(name, 1, $"the template is longer than {LongestSource} characters");

    /// <summary>Renders the template.</summary>
    /// <param name="messages">Each an object with role and content, as Hugging Face has them. Their text is marked in the result.</param>
    /// <param name="addGenerationPrompt">Whether the result ends where the assistant is to begin.</param>
    /// <param name="markup">Variables that are part of the format: bos_token, eos_token.</param>
    /// <param name="now">What strftime_now tells.</param>
    /// <param name="variables">More of them, or null: tools, documents, enable_thinking. Their text is marked.</param>
    /// <param name="additional">Value of additional_special_tokens, which is part of the format; null for none.</param>
    /// <param name="notice">Receives a sentence for each undefined name that is rendered; null to ignore them.</param>
    /// <exception cref="TemplateException">The template refuses the messages, or cannot be evaluated on them.</exception>
    public MarkedText Render(
        JsonArray messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, string> markup,
        DateTime now,
        JsonObject? variables = null,
        IReadOnlyList<string>? additional = null,
        Action<string>? notice = null)
    {
        TemplateRun run = new(_name, now, notice);
        TemplateScope scope = TemplateGlobals.For(run).Inner();
        (scope["tools"], scope["documents"]) = (null, null); // transformers always gives these two
        foreach ((string name, JsonNode? value) in variables ?? [])
        {
            scope[name] = TemplateInput.Value(value, run);
        }
        if (additional is { Count: > 0 })
        {
            scope["additional_special_tokens"] = new TemplateList(additional.Select(MarkedText.Own));
        }
        foreach ((string name, string value) in markup)
        {
            scope[name] = MarkedText.Own(value);
        }
        scope["messages"] = TemplateInput.Messages(messages, run);
        scope["add_generation_prompt"] = addGenerationPrompt;
        MarkedText.Builder output = new();
        try
        {
            _body.Render(scope.Inner(), output);
        }
        catch (InvalidOperationException e) when (e.InnerException is TemplateException problem) // thrown by a comparison in Sort
        {
            throw problem;
        }
        return output.Build();
    }
}
