using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>Represents a file with a few lines that belong to steps. Without lines, there is no file.</summary>
/// <typeparam name="T">Type of a line.</typeparam>
/// <param name="path">The file.</param>
/// <param name="stepOf">Returns the step of a line; 0 before the first step.</param>
public sealed class StepLog<T>(string path, Func<T, int> stepOf)
    where T : class
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, never put into HTML
    };

    /// <summary>Removes the lines of later steps, and an incomplete line that a kill left.</summary>
    /// <param name="step">The last step to keep; below 0 for none.</param>
    public void KeepUpTo(int step)
    {
        if (!File.Exists(path))
        {
            return;
        }
        string text = RegularFile.ReadAllText(path);
        string kept = string.Concat(
            JsonLines.ReadComplete(path).Zip(Read()).Where(l => stepOf(l.Second) <= step).Select(l => l.First + "\n"));
        if (kept.Length == 0)
        {
            File.Delete(path);
        }
        else if (kept != text)
        {
            AtomicFile.WriteText(path, kept);
        }
    }

    /// <summary>Writes lines and flushes them to the disk.</summary>
    public void Append(IEnumerable<T> lines)
    {
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        foreach (T line in lines)
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(line, s_json));
            file.Write("\n"u8);
        }
        file.Flush(flushToDisk: true);
    }

    /// <summary>Reads the lines, even while the file is written; an incomplete last line is skipped.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public IReadOnlyList<T> Read() => JsonLines.Read(path, line => JsonSerializer.Deserialize<T>(line, s_json)!);
}

/// <summary>Represents a line of alarms.jsonl: an event that needs attention.</summary>
/// <param name="Step">Step of the alarm.</param>
/// <param name="Alarm">Name of the alarm: chosen_collapse, looping, not_finite. Each is written once per run.</param>
/// <param name="Message">The finding and what to change, in one sentence.</param>
public sealed record AlarmLine(int Step, string Alarm, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"Alarm at step {Step}: {Message}");
}

/// <summary>Represents a line of samples.jsonl: an answer of the model during training.</summary>
/// <param name="Step">Finished steps; 0 before the first.</param>
/// <param name="Id">Id of the sample, or of one of its questions: "id#2".</param>
/// <param name="Question">The question.</param>
/// <param name="Completion">The model's greedy answer.</param>
/// <param name="Chosen">The chosen response to the question.</param>
/// <param name="Repetition">Share of repeated 4-grams of tokens in the completion, 0 to 1.</param>
/// <param name="ChosenRepetition">The same share in the chosen response.</param>
/// <param name="Ended">Whether the model ended the answer; false if it reached the token limit.</param>
public sealed record SampleLine(
    int Step, string Id, string Question, string Completion, string Chosen, double Repetition, double ChosenRepetition, bool Ended);
