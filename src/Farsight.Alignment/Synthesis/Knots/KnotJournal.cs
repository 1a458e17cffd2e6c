using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Synthesis.Knots;

/// <summary>Writes sequences to FILE.partial, and what of it is valid to FILE.journal.json, so that a stopped run resumes.</summary>
/// <remarks>
/// The journal has a hash of all text up to its last sequence. A resumed run packs the documents again and compares the hash before it
/// writes anything, so that changed documents are found.
/// </remarks>
sealed class KnotJournal : IDisposable
{
    const int SequencesPerSave = 256;

    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    readonly string _output;
    readonly JsonObject _settings;
    readonly FileStream _partial;
    readonly State _then;
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    int _unsaved;

    KnotJournal(string output, JsonObject settings, FileStream partial, State then) =>
        (_output, _settings, _partial, _then, Counts) = (output, settings, partial, then, then.Counts);

    /// <summary>Counts of the written sequences.</summary>
    internal KnotCounts Counts { get; private set; }

    static string JournalOf(string output) => output + ".journal.json";

    static string PartialOf(string output) => output + ".partial";

    /// <summary>Starts a file, or resumes the one that was started with the same settings.</summary>
    /// <exception cref="InputException">It is being written by another process, is damaged, or was started with other settings.</exception>
    internal static KnotJournal Open(string output, JsonObject settings)
    {
        FileStream partial = ExclusiveFile.Open(PartialOf(output));
        try
        {
            State then = File.Exists(JournalOf(output)) ? Read(output, settings) : new(settings, 0, 0, new(0, 0, 0, 0), "");
            if (partial.Length < then.Length)
            {
                throw new InputException($"{PartialOf(output)} is shorter than its journal records; remove both files to start again.");
            }
            partial.SetLength(then.Length);
            partial.Position = then.Length;
            return new(output, settings, partial, then);
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>Tells whether a sequence is behind those that an earlier run finished; called for every sequence in order.</summary>
    /// <exception cref="InputException">The sequences before it have other texts than in the earlier run.</exception>
    internal bool IsNew(int number)
    {
        if (number == _then.Sequences && number > 0 && Hash() != _then.Sha256)
        {
            throw new InputException(
                $"{_output} was started with other documents. Use the same documents to resume, or remove "
                    + $"{Path.GetFileName(PartialOf(_output))} and {Path.GetFileName(JournalOf(_output))} to start again.");
        }
        if (++_unsaved > SequencesPerSave && number > _then.Sequences)
        {
            Save(number);
        }
        return number >= _then.Sequences;
    }

    /// <summary>Takes the texts of a sequence into the hash, when it is done.</summary>
    internal void Pass(IReadOnlyList<string> texts)
    {
        foreach (string text in texts)
        {
            _hash.AppendData(Encoding.UTF8.GetBytes(text + "\0"));
        }
    }

    /// <summary>Appends a sequence.</summary>
    internal void Append(string line, bool isTied, int cutCharacters)
    {
        _partial.Write(Encoding.UTF8.GetBytes(line + "\n"));
        Counts = Counts with
        {
            Sequences = Counts.Sequences + 1,
            Tied = Counts.Tied + (isTied ? 1 : 0),
            CutCharacters = Counts.CutCharacters + cutCharacters,
        };
    }

    /// <summary>Saves what was written before a sequence.</summary>
    internal void Save(int number)
    {
        _partial.Flush(flushToDisk: true);
        AtomicFile.WriteText(
            JournalOf(_output),
            JsonSerializer.Serialize(new State(_settings, _partial.Position, number, Counts, Hash()), s_json) + "\n");
        _unsaved = 0;
    }

    /// <summary>Writes the summary, renames the finished file, writes its card and deletes the journal.</summary>
    internal void Finish(JsonObject summary)
    {
        _partial.Dispose();
        KnotCard.WriteSummary(_output, summary);
        File.Move(PartialOf(_output), _output);
        KnotCard.Write(_output);
        File.Delete(JournalOf(_output));
    }

    /// <summary>Finishes a file whose process was killed between the rename and the deletion of the journal.</summary>
    /// <returns>The counts; null if there is no such file.</returns>
    internal static KnotCounts? FinishRenamed(string output)
    {
        if (!File.Exists(output) || !File.Exists(JournalOf(output)) || File.Exists(PartialOf(output)))
        {
            return null;
        }
        JsonNode card = KnotCard.Write(output), counts = card["synthesis"]!["counts"]!;
        File.Delete(JournalOf(output));
        return new(
            (int)counts["sequences"]!, (int)counts["tied"]!, (long)counts["cut_characters"]!,
            (int)card["synthesis"]!["documents"]!["with_marks"]!);
    }

    /// <summary>Closes the file; one without sequences is deleted.</summary>
    public void Dispose()
    {
        bool isEmpty = Counts.Sequences == 0 && !File.Exists(JournalOf(_output));
        _partial.Dispose();
        _hash.Dispose();
        if (isEmpty)
        {
            File.Delete(PartialOf(_output));
        }
    }

    string Hash() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    static State Read(string output, JsonObject settings)
    {
        try
        {
            State then = JsonSerializer.Deserialize<State>(RegularFile.ReadAllText(JournalOf(output)), s_json)
                ?? throw new JsonException("the journal is null");
            return settings.Select(s => s.Key).FirstOrDefault(k => !JsonNode.DeepEquals(then.Settings[k], settings[k])) is not { } key
                ? then
                : throw new OptionException(
                    key,
                    $"is {settings[key]?.ToJsonString() ?? "null"} instead of {then.Settings[key]?.ToJsonString() ?? "null"}; {output} was "
                        + $"started with other settings. Use the same settings to resume, or remove "
                        + $"{Path.GetFileName(PartialOf(output))} and {Path.GetFileName(JournalOf(output))} to start again.");
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{JournalOf(output)} is damaged; remove it and {Path.GetFileName(PartialOf(output))} to start again.", e);
        }
    }

    /// <summary>Represents the journal.</summary>
    /// <param name="Settings">Everything that decides the file but for the documents.</param>
    /// <param name="Length">Valid bytes of the partial file.</param>
    /// <param name="Sequences">Sequences of all shards before which everything is written.</param>
    /// <param name="Counts">Counts of the written sequences.</param>
    /// <param name="Sha256">SHA-256 of the texts of these sequences.</param>
    sealed record State(JsonObject Settings, long Length, int Sequences, KnotCounts Counts, string Sha256);
}
