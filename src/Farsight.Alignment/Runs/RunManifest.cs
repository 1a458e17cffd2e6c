using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Engine.Memory;

namespace Farsight.Alignment.Runs;

/// <summary>Represents manifest.json: the inputs and the machine of a run.</summary>
/// <param name="Command">The command that made the run: train.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Inputs">SHA-256 of everything read, by the recipe's key: data, base_model.</param>
/// <param name="FarsightVersion">Version of this toolkit.</param>
/// <param name="DotnetVersion">Version of the runtime.</param>
/// <param name="Processor">The processor's own name.</param>
/// <param name="SimdBits">Width of the vectors in use. Sums round differently between widths.</param>
/// <param name="Threads">Recorded, but no result depends on it.</param>
/// <param name="KeptActivations">"exact", or "BF16" if the memory was too small for exact activations.</param>
/// <param name="Device">Device and libraries that computed the passes; "cpu" for the engine of this program.</param>
public sealed record RunManifest(
    string Command, int Seed, IReadOnlyDictionary<string, string> Inputs,
    string FarsightVersion, string DotnetVersion, string Processor, int SimdBits, int Threads, string KeptActivations = "exact",
    string Device = "cpu")
{
    /// <summary>Ranks that divided the rows of each token tree, on which the rounding of gradients depends; null for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ContextParallel { get; init; }

    /// <summary>Name of the arithmetic of products; null for F32, or where a device computes them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Precision { get; init; }

    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, never put into HTML
        NewLine = "\n",
    };

    /// <summary>Creates the manifest of this process on this machine.</summary>
    public static RunManifest OfThisProcess(string command, int seed, IReadOnlyDictionary<string, string> inputs) => new(
        command, seed, inputs,
        typeof(RunManifest).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        Environment.Version.ToString(), Engine.Machine.Processor.Name, Engine.Machine.Processor.VectorBits,
        Workers.Threads);

    /// <summary>Formats the manifest as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is damaged.</exception>
    public static RunManifest Parse(string json) =>
        JsonSerializer.Deserialize<RunManifest>(json, s_json) ?? throw new JsonException("the manifest is null");

    /// <summary>Describes the differences that may change the last bits when a run is resumed on this machine.</summary>
    internal IEnumerable<string> DifferencesOfMachine(RunManifest now)
    {
        (string Name, string Then, string Now)[] facts =
        [
            ("Farsight", FarsightVersion, now.FarsightVersion),
            (".NET", DotnetVersion, now.DotnetVersion),
            ("vector width", Number(SimdBits), Number(now.SimdBits)),
            ("the format of kept activations", KeptActivations, now.KeptActivations),
            ("the device", Device, now.Device),
            ("the precision", Precision ?? "f32", now.Precision ?? "f32"),
            ("context parallelism", Number(ContextParallel ?? 1), Number(now.ContextParallel ?? 1)),
        ];
        return facts.Where(f => f.Then != f.Now).Select(f => $"{f.Name} was {f.Then} and is {f.Now}");

        static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
