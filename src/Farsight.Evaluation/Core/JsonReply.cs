using System.Text;
using System.Text.Json;

namespace Farsight.Evaluation.Core;

/// <summary>Finds JSON in the reply of a model that was asked for it.</summary>
static class JsonReply
{
    /// <summary>Returns the last complete object of a reply as a record; null without one.</summary>
    internal static DataRecord? LastObject(string reply) => Last(reply, '{') is { } json ? new(json, "the reply") : null;

    /// <summary>Returns the last complete list of a reply; null without one.</summary>
    internal static IReadOnlyList<DataRecord>? LastList(string reply) =>
        Last(reply, '[') is { } json ? new DataRecord(json, "the reply").Items() : null;

    /// <summary>Returns the number of a key; null where the record has none.</summary>
    internal static double? Number(DataRecord record, string key) =>
        record.Has(key) && record.Inner(key) is { IsText: true } value
        && double.TryParse(value.Raw, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture,
            out double number)
            ? number
            : null;

    // The outermost value that begins last: values inside another one are skipped with it.
    static JsonElement? Last(string reply, char start)
    {
        JsonElement? last = null;
        for (int at = reply.IndexOf(start, StringComparison.Ordinal); at >= 0;)
        {
            int next = at + 1;
            byte[] bytes = Encoding.UTF8.GetBytes(reply[at..]);
            Utf8JsonReader reader = new(bytes);
            try
            {
                last = JsonElement.ParseValue(ref reader);
                next = at + Encoding.UTF8.GetCharCount(bytes.AsSpan(0, (int)reader.BytesConsumed));
            }
            catch (JsonException)
            {
                // Not JSON from here; the next start is tried.
            }
            at = reply.IndexOf(start, next);
        }
        return last;
    }
}
