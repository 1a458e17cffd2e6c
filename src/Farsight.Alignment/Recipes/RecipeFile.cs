using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Farsight.Alignment.Hub;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Recipes;

/// <summary>Reads recipes: JSON with comments and trailing commas. Unknown keys, missing keys and unusable values are errors.</summary>
/// <remarks>A recipe may name its JSON Schema with the key "$schema"; it has no effect.</remarks>
public static partial class RecipeFile
{
    const string SchemaKey = "$schema";

    // The first key that only recipes of a kind have at the root, and what runs them.
    static readonly (string Key, string Use)[] s_kinds =
    [
        ("iterations", "'farsight evolve'"),
        ("phases", "'farsight pretrain'"),
        ("domains", "'farsight pretrain' and a model to continue"),
        ("base", "'farsight study'"),
        ("steps", "'farsight train'"),
    ];

    static readonly JsonDocumentOptions s_reading = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The JSON format of recipes: snake_case keys, every value written out.</summary>
    public static JsonSerializerOptions Json { get; } = CreateOptions();

    /// <summary>Reads a recipe from a file.</summary>
    /// <param name="path">The file, usually .jsonc.</param>
    /// <param name="overrides">Overrides such as "optimizer.learning_rate=1e-4", applied in order before the checks.</param>
    /// <exception cref="InputException">The file cannot be read.</exception>
    /// <exception cref="RecipeException">The recipe cannot be run; the message has every problem found.</exception>
    public static T Read<T>(string path, IEnumerable<string> overrides)
        where T : class, IRecipe => Parse<T>(TextOf(path), path, overrides);

    /// <summary>Reads a recipe as an unchecked tree that can be changed before <see cref="FromTree"/> checks it.</summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    /// <exception cref="RecipeException">The file is not JSON.</exception>
    public static JsonNode ReadTree(string path) => ParseTree(TextOf(path), path);

    /// <summary>Reads a recipe from its text.</summary>
    /// <inheritdoc cref="Read{T}"/>
    /// <param name="json">The text.</param>
    /// <param name="source">Name of the recipe in messages.</param>
    /// <param name="overrides">Overrides of the form "path=value".</param>
    public static T Parse<T>(string json, string source, IEnumerable<string> overrides)
        where T : class, IRecipe
    {
        JsonNode root = ParseTree(json, source);
        string[] changes = [.. overrides];
        foreach (string text in changes)
        {
            RecipeOverride.Apply(root, text, s_reading);
        }
        try
        {
            return FromTree<T>(root, source);
        }
        catch (RecipeException e) when (changes.Length > 0)
        {
            throw new RecipeException(source, [.. e.Problems.Select(p => WithOrigin(p, changes))]);
        }
    }

    /// <summary>Adds the override to a problem of its key.</summary>
    static string WithOrigin(string problem, string[] overrides) =>
        overrides.LastOrDefault(o => o.Split('=')[0].Trim() == problem.Split(':')[0]) is { } origin
            ? $"{problem} The override '{origin}' sets it."
            : problem;

    /// <summary>Checks a tree and converts it to a recipe.</summary>
    /// <exception cref="RecipeException">The recipe cannot be run; the message has every problem found.</exception>
    public static T FromTree<T>(JsonNode root, string source)
        where T : class, IRecipe
    {
        if (root is JsonObject recipeObject && recipeObject[SchemaKey] is JsonValue schema && schema.GetValueKind() == JsonValueKind.String)
        {
            recipeObject.Remove(SchemaKey);
        }
        JsonTypeInfo type = Json.GetTypeInfo(typeof(T));
        Refuse(source, OtherKind(root, type) is { } other ? [other] : []);
        RecipeCheck check = new(Json);
        check.Visit(root, type, "");
        Refuse(source, check.Problems);
        T recipe = root.Deserialize<T>(Json)!;
        Refuse(source, [.. recipe.Problems()]);
        return recipe;
    }

    /// <summary>Formats a recipe as JSON, including overrides; <see cref="Parse"/> reads it back.</summary>
    public static string Resolve<T>(T recipe)
        where T : class, IRecipe => JsonSerializer.Serialize(recipe, Json) + "\n";

    /// <summary>Finds a file or folder that a recipe names.</summary>
    /// <remarks>An absolute path is used unchanged. A relative path is searched in the recipe's
    /// folder, then in the working folder.</remarks>
    /// <param name="recipePath">The recipe's file.</param>
    /// <param name="key">The key that names it, for the message.</param>
    /// <param name="path">The path in the recipe.</param>
    /// <param name="first">A folder to search before these two, unless the path leads out of it; null for none.</param>
    /// <exception cref="RecipeException">None of these folders has it.</exception>
    public static string Locate(string recipePath, string key, string path, string? first = null) =>
        Find(recipePath, path, first)
        ?? throw new RecipeException(
            recipePath,
            [$"{key}: {path} exists neither in the recipe's folder nor in the working folder{(first is null ? "" : $", nor in {first}")}."]
        );

    /// <summary>
    /// Finds a model that a recipe names: as <see cref="Locate"/> finds a path, or else in the Hugging Face cache by a name such as
    /// "org/model".
    /// </summary>
    /// <inheritdoc cref="Locate"/>
    public static string LocateModel(string recipePath, string key, string path, string? first = null) =>
        Find(recipePath, path, first)
        ?? HubCache.Find(path)
        ?? throw new RecipeException(
            recipePath,
            [
                $"{key}: {path} exists neither in the recipe's folder nor in the working folder{(first is null ? "" : $", nor in {first}")}"
                    + HubCache.Missing(path, Path.GetDirectoryName(Path.GetFullPath(recipePath))!),
            ]);

    /// <summary>Tells whether <see cref="Locate"/> or <see cref="LocateModel"/> would find a path.</summary>
    public static bool Exists(string recipePath, string path) => (Find(recipePath, path, null) ?? HubCache.Find(path)) is not null;

    static string? Find(string recipePath, string path, string? first)
    {
        string besideRecipe = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(recipePath))!, path);
        bool leadsOut = path.Split('/', '\\').Contains("..");
        string[] places =
        [
            .. first is null || leadsOut ? [] : new[] { Path.GetFullPath(Path.Combine(first, path)) },
            besideRecipe,
            Path.GetFullPath(path),
        ];
        return places.FirstOrDefault(Path.Exists);
    }

    static string TextOf(string path) => File.Exists(path)
        ? RegularFile.ReadAllText(RegularFile.RequireText(path))
        : throw new InputException($"{path}: no such recipe; check the path, or write one with 'farsight new'.");

    static JsonNode ParseTree(string json, string source)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: s_reading)
                ?? throw new RecipeException(source, ["the file is null; a recipe is an object { … }."]);
        }
        catch (JsonException e)
        {
            if (DuplicateKey().Match(e.Message) is { Success: true } duplicate)
            {
                throw new RecipeException(source, [$"{duplicate.Groups["key"].Value}: the key occurs twice; keep one."]);
            }
            int technical = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            throw new RecipeException(source, [$"line {e.LineNumber + 1}: {(technical < 0 ? e.Message : e.Message[..technical])}"]);
        }
    }

    [GeneratedRegex(@"^Duplicate property '(?<key>.*?)'")]
    private static partial Regex DuplicateKey();

    /// <summary>Returns a sentence about a recipe of another kind; null if the recipe may be of the expected kind.</summary>
    static string? OtherKind(JsonNode root, JsonTypeInfo type)
    {
        HashSet<string> own = [.. type.Properties.Select(p => p.Name)];
        string? expected = s_kinds.FirstOrDefault(k => own.Contains(k.Key)).Key;
        string? found = root is JsonObject recipe ? s_kinds.FirstOrDefault(k => recipe.ContainsKey(k.Key)).Use : null;
        return expected is null || found is null || ((JsonObject)root).ContainsKey(expected)
            ? null
            : $"it has no {expected}, and its keys are those of another kind of recipe; use it with {found}.";
    }

    static void Refuse(string source, IReadOnlyList<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new RecipeException(source, problems);
        }
    }

    static JsonSerializerOptions CreateOptions()
    {
        JsonSerializerOptions options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectRequiredConstructorParameters = true,
            RespectNullableAnnotations = true,
            AllowOutOfOrderMetadataProperties = true,
            WriteIndented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, never put into HTML
            NewLine = "\n",
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { NameEngineTypes } },
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>Names the engine's schedules and attention patterns, because the engine does not depend on JSON.</summary>
    static void NameEngineTypes(JsonTypeInfo type)
    {
        if (type.Type == typeof(AttentionPattern))
        {
            type.PolymorphismOptions = new()
            {
                TypeDiscriminatorPropertyName = "name",
                DerivedTypes = { new(typeof(AttentionPattern.ShiftedSparse), "shifted_sparse") },
            };
        }
        if (type.Type == typeof(LearningRateSchedule))
        {
            type.PolymorphismOptions = new()
            {
                TypeDiscriminatorPropertyName = "name",
                DerivedTypes =
                {
                    new(typeof(LearningRateSchedule.Constant), "constant"),
                    new(typeof(LearningRateSchedule.Linear), "linear"),
                    new(typeof(LearningRateSchedule.Cosine), "cosine"),
                    new(typeof(LearningRateSchedule.ConstantThenLinear), "constant_then_linear"),
                },
            };
        }
    }
}

/// <summary>Represents everything that decides the outcome of one kind of run.</summary>
public interface IRecipe
{
    /// <summary>Returns all problems of the values, each of the form "path: what is wrong; what to do".</summary>
    IEnumerable<string> Problems();
}

/// <summary>Reports a recipe that cannot be run, with every problem found.</summary>
/// <param name="source">The file.</param>
/// <param name="problems">Problems of the form "path: what is wrong; what to do".</param>
public sealed class RecipeException(string source, IReadOnlyList<string> problems)
    : InputException($"{source} cannot be used:\n  " + string.Join("\n  ", problems))
{
    /// <summary>The problems, each of the form "path: what is wrong; what to do".</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
