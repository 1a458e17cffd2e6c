using System.Globalization;
using System.Text;
using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Machine;

namespace Farsight.Evaluation.Core;

/// <summary>Appends to the files of an evaluation, and reads what an earlier run left in them. One process at a time.</summary>
/// <remarks>A record counts if task, version, id, prompt, judge and decoding are the same and it did not fail; of several the last. A line
/// that a kill left torn is cut off; a failure that happens again as it is written is not written again.</remarks>
sealed class ExamplesLog : IDisposable
{
    readonly Dictionary<string, EvalRecord> _kept = [];
    readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);
    readonly Dictionary<EvalRecord, int> _lines = new(ReferenceEqualityComparer.Instance);
    readonly FileStream? _lock, _examples, _timing;
    readonly string? _directory;

    int _count;

    ExamplesLog()
    {
    }

    ExamplesLog(string directory, string model)
    {
        string path = Path.Combine(directory, EvalFiles.ExamplesName);
        RefuseStrangers(directory);
        _directory = directory;
        _lock = ExclusiveFile.TryOpen(Path.Combine(directory, EvalFiles.LockName))
            ?? throw new InUseException($"{directory} is in use by another evaluation; wait for it, or choose another directory.");
        try
        {
            _examples = JsonLines.OpenAtEnd(path);
            foreach (EvalRecord record in Read(_examples, path))
            {
                _lines[record] = ++_count;
                Keep(record, model, path);
            }
            _timing = JsonLines.OpenAtEnd(Path.Combine(directory, EvalFiles.TimingName));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Refuses a folder that holds files and no evaluation.</summary>
    static void RefuseStrangers(string directory)
    {
        string[] there = Directory.Exists(directory)
            ? [.. Directory.EnumerateFileSystemEntries(directory).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal)]
            : [];
        // The folder of a training run has a lock and timings, too.
        bool isEvaluation = there.Any(e => e is EvalFiles.ExamplesName or EvalFiles.ResultsName) || there is [EvalFiles.LockName];
        if (there.Length > 0 && !isEvaluation)
        {
            throw new InputException(
                $"{directory} is not empty and is not an evaluation (it contains {there[0]}); choose a new output folder.");
        }
    }

    /// <summary>Opens the files of a directory; without one no files are written.</summary>
    /// <exception cref="InputException">A line is damaged, the answers are another model's, or
    /// another process has the directory.</exception>
    internal static ExamplesLog Open(string? directory, string model) => directory is null ? new() : new(directory, model);

    /// <summary>Returns the kept record of an example, or null.</summary>
    internal EvalRecord? Find(EvalTaskCard card, string id, string promptSha256, string? judge, EvalDecoding? decoding) =>
        _kept.GetValueOrDefault(Key(card.Name, card.Version, id, promptSha256, judge, decoding));

    /// <summary>Appends a record and flushes it, so that a kill does not lose it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="seconds">Seconds that the model needed for it; null where the model was not asked.</param>
    internal void Append(EvalRecord record, double? seconds)
    {
        string line = EvalFiles.Line(record);
        if (record.Failed is not null && _failures.TryGetValue(line, out int written))
        {
            _lines[record] = written;
            return;
        }
        Write(_examples, line);
        _lines[record] = ++_count;
        if (seconds is { } measured)
        {
            Write(_timing, EvalFiles.Line(new ExampleTime(record.Task, record.Id, Math.Round(measured, 3), Processor.PeakMemory)));
        }
    }

    /// <summary>Keeps the whole prompt of an example, for people who look at answers.</summary>
    internal void KeepPrompt(string sha256, Func<string> text)
    {
        if (_directory is not null)
        {
            PromptFiles.Write(_directory, sha256, text);
        }
    }

    /// <summary>Returns the line ranges of records in the file; empty where there is no file.</summary>
    internal IReadOnlyList<LineRange> Lines(IEnumerable<EvalRecord> records)
    {
        List<LineRange> ranges = [];
        foreach (int line in _examples is null ? [] : records.Select(r => _lines[r]))
        {
            if (ranges is [.., var last] && last.Last + 1 == line)
            {
                ranges[^1] = last with { Last = line };
            }
            else
            {
                ranges.Add(new(line, line));
            }
        }
        return ranges;
    }

    public void Dispose()
    {
        _examples?.Dispose();
        _timing?.Dispose();
        _lock?.Dispose();
    }

    void Keep(EvalRecord record, string model, string path)
    {
        if (record.Model != model)
        {
            throw new InputException($"{path} holds answers of '{record.Model}', not of '{model}'; choose another directory.");
        }
        if (record.Failed is null)
        {
            _kept[Key(record.Task, record.Version, record.Id, record.PromptSha256, record.Judge, record.Decoding)] = record;
        }
        else
        {
            _failures[EvalFiles.Line(record)] = _lines[record];
        }
    }

    static IEnumerable<EvalRecord> Read(FileStream file, string path)
    {
        file.Position = 0;
        using StreamReader reader = new(file, Encoding.UTF8, leaveOpen: true);
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            yield return Parse(line, number);
        }

        EvalRecord Parse(string line, int number)
        {
            try
            {
                return EvalFiles.ParseLine(line);
            }
            catch (JsonException e)
            {
                throw new InputException(string.Create(CultureInfo.InvariantCulture,
                    $"{path}:{number}: not an example of an evaluation ({e.Message}); delete the line or choose another directory."), e);
            }
        }
    }

    static void Write(FileStream? file, string line)
    {
        file?.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file?.Flush();
    }

    static string Key(string task, int version, string id, string hash, string? judge, EvalDecoding? decoding) =>
        $"{task}/{version}/{id}/{hash}/{judge}/{decoding?.Describe()}";
}
