using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Text.Conversations;

/// <summary>Represents the chat template of a model directory and the tokens it writes by name.</summary>
/// <param name="Template">Null where the model has none.</param>
/// <param name="Markup">Texts of bos_token, sep_token and every other named special token.</param>
/// <param name="Additional">Texts of additional_special_tokens.</param>
/// <param name="Notices">Notices about templates that are not used.</param>
sealed record ChatTemplateFiles(
    ChatTemplate? Template, IReadOnlyDictionary<string, string> Markup, IReadOnlyList<string> Additional, IReadOnlyList<string> Notices)
{
    const string Beside = "chat_template.jinja", ConfigFile = "tokenizer_config.json", Processor = "chat_template.json";
    const string Folder = "additional_chat_templates", Key = "chat_template";

    /// <summary>Reads chat_template.jinja or else chat_template of tokenizer_config.json: a text, or a list of named ones.</summary>
    /// <remarks>A GGUF file gives the template that it contains.</remarks>
    /// <exception cref="InputException">A file is damaged, or the template cannot be read.</exception>
    internal static ChatTemplateFiles Read(string directory)
    {
        if (File.Exists(directory))
        {
            return OfGguf(directory);
        }
        TemplateSource source = SourceOf(directory);
        TokenizerConfig tokens = SpecialTokenFiles.Read(directory);
        return new(
            source.Text is { } text ? ChatTemplate.Parse(text, source.Name) : null,
            tokens.Named,
            tokens.Additional,
            source.Notices);
    }

    /// <summary>Reads the source of the template without parsing it.</summary>
    /// <exception cref="InputException">A file is damaged.</exception>
    internal static TemplateSource SourceOf(string directory)
    {
        string file = Path.Combine(directory, ConfigFile), beside = Path.Combine(directory, Beside);
        try
        {
            Dictionary<string, string>? named = Named(file);
            if (!File.Exists(beside))
            {
                string? used = named is null ? null : Default(named, file);
                return new(used, $"{Key} of {file}", [.. (named ?? []).Where(n => n.Value != used).Select(n => n.Key)])
                {
                    Notices = [.. Unused(directory, used)],
                };
            }
            string text = RegularFile.ReadAllText(beside);
            bool differs = named is not null && !named.ContainsValue(text);
            return new(text, beside, [])
            {
                Notices =
                [
                    .. differs ? [$"{file}: {Key} differs from {Beside}; {Beside} is used, as transformers does."] : (string[])[],
                    .. Unused(directory, text),
                ],
            };
        }
        catch (JsonException e)
        {
            throw new InputException($"{file} is not valid JSON ({e.Message}); download it again.", e);
        }
        catch (InvalidOperationException e) // text that is no sound Unicode
        {
            throw new InputException($"{file} contains invalid Unicode; download it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The chat template in '{directory}' cannot be read: {e.Message}", e);
        }
    }

    static ChatTemplateFiles OfGguf(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        GgufTokenizer tokenizer = GgufTokenizer.Read(file);
        Dictionary<string, string> markup = new(StringComparer.Ordinal);
        foreach ((string name, int id) in tokenizer.Named)
        {
            markup[name] = tokenizer.Tokens[id];
        }
        return new(tokenizer.ChatTemplate is { } source ? ChatTemplate.Parse(source, $"{Key} of {path}") : null, markup, [], []);
    }

    /// <summary>
    /// Returns the templates of tokenizer_config.json by name; a single text has the name "default". Null if it has none.
    /// </summary>
    static Dictionary<string, string>? Named(string file)
    {
        using JsonDocument config = JsonDocument.Parse(File.Exists(file) ? RegularFile.ReadAllBytes(file) : "{}"u8.ToArray());
        if (config.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new InputException($"{file} is not a JSON object; download it again.");
        }
        if (!config.RootElement.TryGetProperty(Key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        return value.ValueKind switch
        {
            JsonValueKind.String => new() { ["default"] = value.GetString()! },
            JsonValueKind.Array => new(
                value
                    .EnumerateArray()
                    .Select(e => KeyValuePair.Create(TextOf(e, "name") ?? "", TextOf(e, "template") ?? ""))
                    .DistinctBy(p => p.Key)),
            _ => [],
        };
    }

    /// <summary>Returns a notice for each template beside the used one that Farsight does not read.</summary>
    static IEnumerable<string> Unused(string directory, string? used)
    {
        string processor = Path.Combine(directory, Processor), folder = Path.Combine(directory, Folder);
        if (File.Exists(processor) && (used is null || !Repeats(processor, used)))
        {
            yield return $"{processor} is not used, because transformers reads it only for processors; to use its template, save it as "
                + $"{Beside}.";
        }
        if (Directory.Exists(folder))
        {
            string[] files = [.. Directory.GetFiles(folder, "*.jinja").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
            if (files.Length > 0)
            {
                yield return $"{folder}: the templates {string.Join(", ", files)} are not used; to use one of them, save it as {Beside}.";
            }
        }
    }

    static bool Repeats(string processor, string used)
    {
        try
        {
            return Named(processor)?.ContainsValue(used) == true;
        }
        catch (Exception e) when (e is JsonException or InputException)
        {
            return false; // damaged, but not needed
        }
    }

    static string Default(Dictionary<string, string> named, string file) =>
        named.TryGetValue("default", out string? standard) ? standard
            : named.Count == 1 ? named.Values.Single()
            : throw new InputException(
                $"{file}: chat_template has no template named 'default' (found: "
                    + $"{string.Join(", ", named.Keys.DefaultIfEmpty("none"))}). Save the template to use as chat_template.jinja in "
                    + "the same directory."
            );

    static string? TextOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty(name, out JsonElement text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}

/// <summary>Represents the source of a chat template.</summary>
/// <param name="Text">Jinja; null where the model has none.</param>
/// <param name="Name">The file or the key, for messages.</param>
/// <param name="Others">Names of the other templates of tokenizer_config.json.</param>
sealed record TemplateSource(string? Text, string Name, IReadOnlyList<string> Others)
{
    /// <summary>Notices about templates that are not used.</summary>
    internal IReadOnlyList<string> Notices { get; init; } = [];
}
