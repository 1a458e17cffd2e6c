using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Synthesis;

/// <summary>Writes FILE.jsonl so that it can be resumed: samples go to FILE.jsonl.partial, their
/// valid length to FILE.jsonl.journal.json.</summary>
/// <remarks>
/// Samples reach the disk before the journal counts them, and uncounted samples are cut off on opening, so the two files agree after a kill
/// at any moment. The last steps are: write the summary, rename the file, write the card, delete the journal.
/// </remarks>
sealed class SynthesisJournal : IDisposable
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    readonly string _output;
    readonly JsonNode _settings;
    readonly FileStream? _samples; // null if the file is finished

    SynthesisJournal(string output, JsonNode settings, FileStream? samples, SynthesisCounts counts) =>
        (_output, _settings, _samples, Counts) = (output, settings, samples, counts);

    /// <summary>Whether an earlier run finished the file, so that nothing is left to do.</summary>
    internal bool WasComplete { get; private init; }

    /// <summary>Counts so far.</summary>
    internal SynthesisCounts Counts { get; private set; }

    /// <summary>Whether the file is complete.</summary>
    internal bool IsFinished => _samples is null;

    internal static string PartialOf(string output) => output + ".partial";

    internal static string JournalOf(string output) => output + ".journal.json";

    internal static string SummaryOf(string output) => output + ".summary.json";

    /// <summary>Tells whether <see cref="Open(string, object)"/> would resume a file.</summary>
    internal static bool IsBegun(string output) => File.Exists(JournalOf(output));

    /// <summary>
    /// Refuses an existing file, unless it is complete with its summary, or its process was killed between the rename and the deletion of
    /// the journal.
    /// </summary>
    /// <exception cref="InputException">The file exists.</exception>
    internal static void RefuseExisting(string output)
    {
        bool isOurs = IsBegun(output) ? !File.Exists(PartialOf(output)) : File.Exists(SummaryOf(output));
        if (!File.Exists(output) || !isOurs)
        {
            AtomicFile.RequireNew(output);
        }
    }

    /// <summary>Starts a file, or resumes the one that was started with the same settings, or finds it complete.</summary>
    /// <param name="output">The file.</param>
    /// <param name="settings">Record of everything that decides the file.</param>
    /// <exception cref="InputException">The file exists, is being written by another process, is damaged,
    /// or was started with other settings.</exception>
    internal static SynthesisJournal Open(string output, object settings) =>
        Open(output, JsonSerializer.SerializeToNode(settings, settings.GetType(), s_json)!);

    static SynthesisJournal Open(string output, JsonNode settings)
    {
        RefuseExisting(output);
        if (File.Exists(output))
        {
            if (IsBegun(output))
            {
                return new(output, settings, null, Read(output, JournalOf(output), settings).Counts);
            }
            SynthesisCounts counts = Read(output, SummaryOf(output), settings).Counts;
            return RegularFile.ReadLines(output).Count() == counts.Written
                ? new(output, settings, null, counts) { WasComplete = true }
                : throw new InputException(
                    $"{output} has another number of samples than its summary says; remove it or choose another output file.");
        }
        FileStream samples = ExclusiveFile.Open(PartialOf(output));
        try
        {
            SynthesisJournal journal = new(output, settings, samples, SynthesisCounts.Zero);
            journal.Enter();
            return journal;
        }
        catch
        {
            samples.Dispose();
            throw;
        }
    }

    /// <summary>Appends the samples of a group and counts them.</summary>
    internal void Append(IEnumerable<PreferenceSample> samples, SynthesisCounts counts)
    {
        _samples!.Write(Encoding.UTF8.GetBytes(string.Concat(samples.Select(s => PreferenceLine.Format(s) + "\n"))));
        _samples.Flush(flushToDisk: true);
        Counts = counts;
        WriteJournal();
    }

    /// <summary>Renames the finished file and deletes the journal.</summary>
    /// <param name="documents">Counts for the summary.</param>
    /// <param name="beside">Writes the files beside it; repeated after a kill that came before its end.</param>
    internal void Finish(CorpusCounts documents, Action beside)
    {
        if (!IsFinished)
        {
            _samples!.Dispose();
            AtomicFile.WriteText(SummaryOf(_output), JsonSerializer.Serialize(new Summary(_settings, documents, Counts), s_json) + "\n");
            File.Move(PartialOf(_output), _output);
        }
        beside();
        File.Delete(JournalOf(_output));
    }

    /// <summary>Deletes the files of a run without samples.</summary>
    internal void Discard()
    {
        _samples!.Dispose();
        File.Delete(PartialOf(_output));
        File.Delete(JournalOf(_output));
    }

    /// <inheritdoc/>
    public void Dispose() => _samples?.Dispose();

    void Enter()
    {
        RemoveTemporary();
        if (!IsBegun(_output))
        {
            if (_samples!.Length > 0)
            {
                throw new InputException($"{PartialOf(_output)} exists without its journal and cannot be resumed; remove it.");
            }
            WriteJournal();
            return;
        }
        if (CountsNothing(_output))
        {
            _samples!.SetLength(0); // no samples yet, so the settings may differ
            WriteJournal();
            return;
        }
        State state = Read(_output, JournalOf(_output), _settings);
        if (_samples!.Length < state.Length)
        {
            throw new InputException($"{PartialOf(_output)} is shorter than its journal records; remove both files to start again.");
        }
        _samples.SetLength(state.Length);
        _samples.Position = state.Length;
        Counts = state.Counts;
    }

    /// <summary>Deletes temporary files of a killed process.</summary>
    void RemoveTemporary()
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(_output))!;
        foreach (
            string left in new[] { JournalOf(_output), SummaryOf(_output) }.SelectMany(f =>
                Directory.GetFiles(folder, $"{Path.GetFileName(f)}.*.tmp")))
        {
            File.Delete(left);
        }
    }

    void WriteJournal() =>
        AtomicFile.WriteText(JournalOf(_output), JsonSerializer.Serialize(new State(_settings, _samples!.Position, Counts), s_json) + "\n");

    static bool CountsNothing(string output)
    {
        try
        {
            return JsonNode.Parse(RegularFile.ReadAllText(JournalOf(output)))?["counts"] is JsonObject counts
                && (int?)counts["written"] == 0
                && (int?)counts["given_up"] == 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false; // reported when the file is read
        }
    }

    /// <summary>Reads the journal, or the summary of a complete file, which has settings and counts as well.</summary>
    static State Read(string output, string file, JsonNode settings)
    {
        try
        {
            string json = RegularFile.ReadAllText(file);
            RefuseOthers(output, JsonNode.Parse(json)?["settings"], settings);
            return
                JsonSerializer.Deserialize<State>(json, s_json)
                    is { Settings: not null, Counts: { Questions: not null, Dropped: not null, Resampled: not null } } state
                ? state
                : throw new JsonException("something is missing");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException(
                $"{file} is damaged; remove it and {Path.GetFileName(File.Exists(output) ? output : PartialOf(output))} to start again.",
                e);
        }
    }

    static void RefuseOthers(string output, JsonNode? then, JsonNode now)
    {
        foreach ((string key, JsonNode? value) in now.AsObject())
        {
            if (!JsonNode.DeepEquals(then?[key], value))
            {
                string advice = IsBegun(output)
                    ? $"; {output} was started with other settings. Use the same settings to resume, or remove "
                        + $"{Path.GetFileName(PartialOf(output))} and {Path.GetFileName(JournalOf(output))} to start again."
                    : $"; {output} exists and was made with other settings. Choose another output file, or remove it to make it again.";
                throw key is "generator" or "endpoint" or "format_version" or "method"
                    ? new InputException(Difference(key, then?[key], value) + advice)
                    : new OptionException(key, Difference(key, then?[key], value) + advice);
            }
        }
    }

    static string Difference(string key, JsonNode? then, JsonNode? now) => key switch
    {
        "model" => "has other files",
        "documents" => "has other texts",
        "generator" => $"The model that responds is {now} instead of {Shown(then)}",
        "endpoint" => now?.GetValue<bool>() == true ? "An endpoint responds instead of the local model"
            : "The local model responds instead of an endpoint",
        "format_version" => "This version of Farsight makes other samples",
        "method" => $"The method is {Shown(now)} instead of {Shown(then)}",
        _ => $"is {Shown(now)} instead of {Shown(then)}",
    };

    static string Shown(JsonNode? value) => value?.ToJsonString() ?? "null";

    sealed record Summary(JsonNode Settings, CorpusCounts Documents, SynthesisCounts Counts);

    sealed record State(JsonNode Settings, long Length, SynthesisCounts Counts);
}
