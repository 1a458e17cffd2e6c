using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Synthesis;

/// <summary>FILE.jsonl while it is made: FILE.jsonl.partial with the samples, FILE.jsonl.journal.json with how far it is valid.</summary>
/// <remarks>
/// Samples reach the disk before the journal counts them, and what it does not count is cut off on opening: after a kill at any
/// moment the two fit together. The end is: summary, rename, card, journal deleted.
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
    readonly FileStream? _samples; // null when nothing is left to be done

    SynthesisJournal(string output, JsonNode settings, FileStream? samples, SynthesisCounts counts) =>
        (_output, _settings, _samples, Counts) = (output, settings, samples, counts);

    /// <summary>So far.</summary>
    internal SynthesisCounts Counts { get; private set; }

    /// <summary>Whether the file is there and finished.</summary>
    internal bool IsFinished => _samples is null;

    internal static string PartialOf(string output) => output + ".partial";

    internal static string JournalOf(string output) => output + ".journal.json";

    internal static string SummaryOf(string output) => output + ".summary.json";

    /// <summary>Whether there is something that <see cref="Open(string, object)"/> would continue.</summary>
    internal static bool IsBegun(string output) => File.Exists(JournalOf(output));

    /// <summary>Refuses a file that is there, except one whose maker was killed between renaming and tidying up.</summary>
    /// <exception cref="InputException">The file exists.</exception>
    internal static void RefuseExisting(string output)
    {
        if (Directory.Exists(output) || (File.Exists(output) && (!IsBegun(output) || File.Exists(PartialOf(output)))))
        {
            throw new InputException($"{output} exists; remove it, or give --out another name.");
        }
    }

    /// <summary>Begins a file, or continues the one that was begun with the same settings.</summary>
    /// <param name="output">The file.</param>
    /// <param name="settings">A record of everything that decides it.</param>
    /// <exception cref="InputException">The file exists, is being written by another process, is damaged, or was begun with other
    /// settings.</exception>
    internal static SynthesisJournal Open(string output, object settings) =>
        Open(output, JsonSerializer.SerializeToNode(settings, settings.GetType(), s_json)!);

    static SynthesisJournal Open(string output, JsonNode settings)
    {
        RefuseExisting(output);
        if (File.Exists(output))
        {
            return new(output, settings, null, Read(output, settings).Counts);
        }
        FileStream samples = Lock(output);
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

    /// <summary>Adds a group's samples and counts them.</summary>
    internal void Append(IEnumerable<PreferenceSample> samples, SynthesisCounts counts)
    {
        _samples!.Write(Encoding.UTF8.GetBytes(string.Concat(samples.Select(s => PreferenceLine.Format(s) + "\n"))));
        _samples.Flush(flushToDisk: true);
        Counts = counts;
        WriteJournal();
    }

    /// <summary>Gives the file its name, and tidies up.</summary>
    /// <param name="documents">For the summary.</param>
    /// <param name="beside">Writes what lies beside the whole file; done again after a kill that came before its end.</param>
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

    /// <summary>Removes everything: there is no sample to keep.</summary>
    internal void Discard()
    {
        _samples!.Dispose();
        File.Delete(PartialOf(_output));
        File.Delete(JournalOf(_output));
    }

    /// <inheritdoc/>
    public void Dispose() => _samples?.Dispose();

    static FileStream Lock(string output)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
            return new(PartialOf(output), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                $"{PartialOf(output)} must not be written: you lack the permission, or a folder has that name; give --out another name.",
                e);
        }
        catch (IOException e) when (File.Exists(PartialOf(output)))
        {
            throw new InputException($"{PartialOf(output)} is in use by another process; wait for it or stop it.", e);
        }
        catch (IOException e) when (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(output))))
        {
            throw new InputException($"The folder of {output} cannot be made; give --out another place.", e);
        }
    }

    void Enter()
    {
        RemoveTemporary();
        if (!IsBegun(_output))
        {
            if (_samples!.Length > 0)
            {
                throw new InputException($"{PartialOf(_output)} is there without its journal, so it cannot be continued; remove it.");
            }
            WriteJournal();
            return;
        }
        if (CountsNothing(_output))
        {
            _samples!.SetLength(0); // nothing was made with the settings of then, so they need not be these
            WriteJournal();
            return;
        }
        State state = Read(_output, _settings);
        if (_samples!.Length < state.Length)
        {
            throw new InputException($"{PartialOf(_output)} is shorter than its journal says; remove both to begin anew.");
        }
        _samples.SetLength(state.Length);
        _samples.Position = state.Length;
        Counts = state.Counts;
    }

    /// <summary>What a kill left of files that were about to be renamed.</summary>
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
            return JsonNode.Parse(File.ReadAllText(JournalOf(output)))?["counts"] is JsonObject counts
                && (int?)counts["written"] == 0
                && (int?)counts["given_up"] == 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false; // what is wrong is said when it is read
        }
    }

    static State Read(string output, JsonNode settings)
    {
        try
        {
            string json = File.ReadAllText(JournalOf(output));
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
                $"{JournalOf(output)} is damaged; remove it and {Path.GetFileName(PartialOf(output))} to begin anew.",
                e);
        }
    }

    static void RefuseOthers(string output, JsonNode? then, JsonNode now)
    {
        foreach ((string key, JsonNode? value) in now.AsObject())
        {
            if (!JsonNode.DeepEquals(then?[key], value))
            {
                throw new InputException(
                    $"{Difference(key, then?[key], value)}, unlike when {output} was begun; use the same settings to continue, or remove {Path.GetFileName(PartialOf(output))} and {Path.GetFileName(JournalOf(output))} to begin anew."
                );
            }
        }
    }

    static string Difference(string key, JsonNode? then, JsonNode? now) => key switch
    {
        "model" => "--model holds other files",
        "generator" => $"The responses are of {now} and not of {then?.ToJsonString() ?? "null"}",
        "endpoint" => now?.GetValue<bool>() == true ? "An endpoint answers" : "The local model answers",
        "documents" => "--documents holds other texts",
        "format_version" => "This version of the toolkit makes other samples",
        _ => $"--{key.Replace('_', '-')} is {now?.ToJsonString()} and not {then?.ToJsonString() ?? "null"}",
    };

    sealed record Summary(JsonNode Settings, CorpusCounts Documents, SynthesisCounts Counts);

    sealed record State(JsonNode Settings, long Length, SynthesisCounts Counts);
}
