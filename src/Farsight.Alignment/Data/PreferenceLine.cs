using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Alignment.Data;

/// <summary>Reads and writes a sample as one line of JSON. Unknown fields, missing fields and wrong types are errors.</summary>
public static partial class PreferenceLine
{
    // Relaxed: texts of any language stay readable; the file is never put into HTML.
    static readonly PreferenceJson s_json = new(
        new(PreferenceJson.Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            AllowDuplicateProperties = false,
        });

    // The chosen response in files of TRL and of OpenAI, and fields that only a sample has.
    static readonly string[] s_foreign = ["chosen", "preferred_output"], s_own = ["context", "question", "provenance"];

    /// <summary>Formats a sample as JSON without a line break; equal samples give equal text on every machine.</summary>
    /// <exception cref="ArgumentException">The sample has <see cref="PreferenceSample.Problems"/>.</exception>
    public static string Format(PreferenceSample sample) => sample.Problems().FirstOrDefault() is { } problem
        ? throw new ArgumentException($"Sample {sample.Id}: {problem}", nameof(sample))
        : JsonSerializer.Serialize(sample, s_json.PreferenceSample);

    /// <summary>Reads one line.</summary>
    /// <param name="json">The line without its line break.</param>
    /// <param name="source">"preferences.jsonl:17", the start of every message.</param>
    /// <exception cref="InputException">The line is not a sample; the message names the line and the field.</exception>
    public static PreferenceSample Parse(string json, string source)
    {
        try
        {
            PreferenceSample sample = JsonSerializer.Deserialize(json, s_json.PreferenceSample)
                ?? throw new InputException($"{source}: the line is null; each line must be one sample.");
            return sample.Problems().FirstOrDefault() is { } problem ? throw new InputException($"{source}: {problem}") : sample;
        }
        catch (JsonException e)
        {
            throw new InputException($"{source}: {Describe(json, e)}", e);
        }
    }

    static string Describe(string json, JsonException e)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return "the line is empty; remove it.";
        }
        if (IsForeign(json))
        {
            return "the line is a preference pair of another program, such as TRL; convert the file with 'farsight data import'.";
        }
        string at = e.Path is null or "$" ? "" : $" (at {e.Path})";
        if (MissingFields().Match(e.Message) is { Success: true } missing)
        {
            return $"the sample lacks {missing.Groups[1].Value}{at}; every field but prompt, turns, questions, history, generator, fact "
                + "and judge is required.";
        }
        if (UnknownField().Match(e.Message) is { Success: true } unknown)
        {
            return $"the field {unknown.Groups[1].Value} is unknown{at}; correct its name or remove it.";
        }
        if (DuplicateField().Match(e.Message) is { Success: true } duplicate)
        {
            return $"the field {duplicate.Groups[1].Value} occurs twice; keep one.";
        }
        if (NullField().IsMatch(e.Message))
        {
            return $"a field is null{at}; write its value.";
        }
        if (e.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal))
        {
            return $"a value has the wrong type{at}; each line must be one sample in JSON.";
        }
        return $"{Location().Replace(e.Message, "")}{at}; each line must be one sample in JSON.";
    }

    /// <summary>Tells whether a line has the columns of another program's pair, and at most one field of a sample.</summary>
    static bool IsForeign(string json)
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(json);
            return line.RootElement is { ValueKind: JsonValueKind.Object } root
                && s_foreign.Any(f => root.TryGetProperty(f, out _))
                && s_own.Count(f => root.TryGetProperty(f, out _)) <= 1;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"missing required properties including: (.+?)\.?( Path:| \||$)")]
    private static partial Regex MissingFields();

    [GeneratedRegex(@"^The JSON property ('.+?') could not be mapped")]
    private static partial Regex UnknownField();

    [GeneratedRegex(@"^Duplicate property ('.+?')")]
    private static partial Regex DuplicateField();

    [GeneratedRegex(@"^The .+ doesn't allow null values")]
    private static partial Regex NullField();

    [GeneratedRegex(@"\.?( Path: .*| LineNumber: .*)$", RegexOptions.Singleline)]
    private static partial Regex Location();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PreferenceSample))]
sealed partial class PreferenceJson : JsonSerializerContext;
