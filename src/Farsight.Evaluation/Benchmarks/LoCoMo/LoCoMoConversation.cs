using System.Globalization;
using System.Text;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LoCoMo;

/// <summary>Represents a conversation of LoCoMo: sessions of two people over months.</summary>
/// <param name="name">The name of the conversation.</param>
/// <param name="record">The whole record, with the questions.</param>
sealed class LoCoMoConversation(string name, DataRecord record)
{
    const string Folder = "locomo/";

    // The later layout has an object for the sessions; the first one has everything side by side.
    readonly DataRecord _sessions = record.Has("conversation") ? record.Inner("conversation") : record;

    /// <summary>Gets the file description that both tasks share.</summary>
    internal static EvalDataFile Data { get; } = new(
        Folder, "snap-research/locomo @e76cdff: the JSON files of data/locomo10.zip, or locomo10.json of a later commit");

    /// <summary>Gets the name.</summary>
    internal string Name => name;

    /// <summary>Gets the questions.</summary>
    internal IReadOnlyList<DataRecord> Questions => record.Records("qa");

    /// <summary>Gets the speakers.</summary>
    internal IReadOnlyList<string> Speakers => [_sessions.Text("speaker_a"), _sessions.Text("speaker_b")];

    /// <summary>Reads the conversations of a data folder, in both published layouts.</summary>
    internal static IEnumerable<LoCoMoConversation> All(EvalData data) =>
        from file in data.Files(Folder)
        where file.EndsWith(".json", StringComparison.Ordinal)
        let whole = DataRecord.OfFile(data, Folder + file)
        from one in whole.IsList ? whole.Items() : [whole]
        select new LoCoMoConversation(
            one.Has("sample_id") ? one.Text("sample_id") : Path.GetFileNameWithoutExtension(file), one);

    /// <summary>Gets the numbers of the sessions that have turns.</summary>
    internal IReadOnlyList<int> Sessions =>
    [
        .. Enumerable.Range(1, 60).Where(i => _sessions.Has(Key(i)) && _sessions.Records(Key(i)).Count > 0),
    ];

    /// <summary>Gets the whole conversation, oldest session first, as the official program writes it.</summary>
    internal string Text
    {
        get
        {
            StringBuilder text = new();
            foreach (int session in Sessions)
            {
                text.Append(CultureInfo.InvariantCulture, $"DATE: {_sessions.Text(Key(session) + "_date_time")}\nCONVERSATION:\n");
                foreach (DataRecord turn in _sessions.Records(Key(session)))
                {
                    text.Append(CultureInfo.InvariantCulture,
                        $"{turn.Text("speaker")} said, \"{turn.Text(turn.Has("text") ? "text" : "clean_text")}\"\n");
                    if (turn.Has("blip_caption"))
                    {
                        text.Append(CultureInfo.InvariantCulture, $"[shares {turn.Text("blip_caption")}]\n");
                    }
                }
                text.Append("\n\n");
            }
            return text.ToString();
        }
    }

    /// <summary>Returns the events of a speaker in all sessions, in order.</summary>
    internal IReadOnlyList<string> Events(string speaker)
    {
        DataRecord events = record.Has("event_summary") ? record.Inner("event_summary") : record;
        return
        [
            .. Sessions.Select(i => "events_" + Key(i))
                .Where(events.Has)
                .Select(events.Inner)
                .Where(e => e.Has(speaker))
                .SelectMany(e => e.Texts(speaker)),
        ];
    }

    static string Key(int session) => string.Create(CultureInfo.InvariantCulture, $"session_{session}");
}
