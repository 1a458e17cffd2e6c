using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Writes a report for programs: every run's results without its examples, and the differences from the first.</summary>
public static class ReportJson
{
    static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Returns the JSON, ending in a newline; the same results give the same bytes.</summary>
    /// <param name="title">The report's heading.</param>
    /// <param name="variants">In the order of comparison.</param>
    public static string Of(string title, IReadOnlyList<ReportVariant> variants) => new JsonObject
    {
        ["title"] = title,
        ["runs"] = new JsonArray([.. variants.Select(Run)]),
        ["differences"] = JsonSerializer.SerializeToNode(EvalReport.Compared(variants), s_options),
    }.ToJsonString(s_options) + "\n";

    static JsonNode Run(ReportVariant variant)
    {
        JsonObject results = JsonNode.Parse(EvalFiles.ToJson(variant.Results with { Examples = [] }))!.AsObject();
        results.Remove("examples");
        results.Remove("lines");
        results.Insert(0, "name", variant.Name);
        return results;
    }
}
