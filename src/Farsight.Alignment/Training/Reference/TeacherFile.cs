using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Computes a teacher's most likely tokens in the places of the chosen responses, once, and keeps them in a file.</summary>
/// <remarks>
/// FILE.teacher-KEY.jsonl beside FILE: the key is the hash of dataset, model and settings, so a change of any finds no file. The first
/// line names them; each other line is a question. A stopped computation starts again. Ranks divide the calls of the teacher; rank 0 reads
/// or writes the file, and the others receive its lines.
/// </remarks>
public static class TeacherFile
{
    const int FormatVersion = 1, KeyDigits = 16, QuestionsPerCall = 64;

    const string Advice = "remove the file, and the next start computes it again";

    /// <summary>Represents a chosen response to be read by the teacher.</summary>
    /// <param name="Id">Id of the question.</param>
    /// <param name="Prompt">[P] what the teacher reads before it.</param>
    /// <param name="Response">[T] the response with its end token.</param>
    public sealed record Place(string Id, int[] Prompt, int[] Response);

    /// <summary>Represents the teacher's most likely tokens at one token of a response.</summary>
    /// <param name="Tokens">[k] the most likely first.</param>
    /// <param name="LogProbs">[k] in nats.</param>
    public sealed record Top(int[] Tokens, float[] LogProbs);

    sealed record Head(int FormatVersion, string Data, string Model, int TopK, TeacherContext Context);

    /// <summary>Represents a line of the file: the teacher's most likely tokens at each token of the response of a question.</summary>
    internal sealed record Answer(string Id, IReadOnlyList<Top> Tokens);

    /// <summary>Reads the file if it exists; otherwise asks the teacher and writes it.</summary>
    /// <param name="data">The dataset.</param>
    /// <param name="model">The teacher's directory.</param>
    /// <param name="options">How many of its tokens are kept, and its context.</param>
    /// <param name="places">All questions of the run.</param>
    /// <param name="open">Loads the teacher; called only if the file does not exist.</param>
    /// <param name="progress">Receives finished and total questions.</param>
    /// <param name="cancel">Stops between calls and discards the results.</param>
    /// <param name="ranks">The ranks; null for this process alone.</param>
    /// <returns>By question id, one for each token of the response.</returns>
    /// <exception cref="InputException">The file is damaged, or the teacher does not fit.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<Top>> ReadOrCompute(
        string data, string model, TeacherOptions options, IReadOnlyList<Place> places, Func<LoadedTeacher> open,
        Action<int, int>? progress, CancellationToken cancel, Communicator? ranks = null)
    {
        ranks ??= SingleProcess.Instance;
        Head head = new(FormatVersion, InputHash.OfFile(data), InputHash.OfModel(model), options.TopK, options.Context);
        string path = $"{data}.teacher-{InputHash.OfText(Text(head))[..KeyDigits]}.jsonl";
        if (ranks.Any(ranks.IsFirst && !File.Exists(path)))
        {
            using LoadedTeacher teacher = open();
            List<Answer> answers = Ask(teacher.Model, options.TopK, places, ranks, progress, cancel);
            if (ranks.IsFirst)
            {
                AtomicFile.WriteText(path, string.Concat(answers.Select(Text).Prepend(Text(head)).Select(l => l + "\n")));
            }
        }
        return Read(path, LinesOf(path, ranks), places);
    }

    /// <summary>Asks a teacher for its most likely tokens in the places of responses.</summary>
    /// <remarks>The calls are those of one process; call i is computed by rank i mod Size, and every rank returns all answers.</remarks>
    /// <param name="teacher">The teacher, with the same weights on every rank.</param>
    /// <param name="top">Number of tokens per place.</param>
    /// <param name="places">The responses.</param>
    /// <param name="ranks">The ranks, which all call this method.</param>
    /// <param name="progress">Receives finished and total questions.</param>
    /// <param name="cancel">Stops between calls.</param>
    /// <returns>[places]</returns>
    internal static List<Answer> Ask(
        LocalModel teacher, int top, IReadOnlyList<Place> places, Communicator ranks, Action<int, int>? progress,
        CancellationToken cancel)
    {
        List<Answer> answers = [];
        Place[][] calls = [.. places.Chunk(QuestionsPerCall)];
        for (int first = 0; first < calls.Length; first += ranks.Size)
        {
            if (ranks.Any(cancel.IsCancellationRequested))
            {
                throw new OperationCanceledException(cancel);
            }
            Answer[] own = first + ranks.Rank < calls.Length ? Call(teacher, top, calls[first + ranks.Rank]) : [];
            answers.AddRange(ranks.Size == 1
                ? own
                : ranks.AllGather(Text(own)).SelectMany(a => JsonSerializer.Deserialize<Answer[]>(a, StrictJson.SnakeCase)!));
            progress?.Invoke(answers.Count, places.Count);
        }
        return answers;
    }

    static Answer[] Call(LocalModel teacher, int top, Place[] places)
    {
        CompletionRequest[] requests =
        [
            .. places.Select(p => new CompletionRequest(new Prompt.Tokens(p.Prompt), new(p.Response.Length))
            {
                Given = p.Response,
                TopLogProbs = top,
            }),
        ];
        IReadOnlyList<Completion> completions = teacher.CompleteAsync(requests, CancellationToken.None).GetAwaiter().GetResult();
        return [.. places.Zip(completions, (p, c) => new Answer(p.Id, [.. c.LogProbs.Select(t => TopOf(t.Top))]))];
    }

    /// <summary>Returns the lines of the file of rank 0 on every rank, one message each, because all may be large.</summary>
    static string[] LinesOf(string path, Communicator ranks)
    {
        string[] lines = ranks.IsFirst ? JsonLines.ReadComplete(path) : [];
        Span<int> count = [lines.Length];
        ranks.Broadcast(count, 0);
        Array.Resize(ref lines, count[0]);
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = ranks.Broadcast(lines[i])!;
        }
        return lines;
    }

    static Top TopOf(IReadOnlyList<(int Token, float LogProb)> top) => new([.. top.Select(t => t.Token)], [.. top.Select(t => t.LogProb)]);

    static Dictionary<string, IReadOnlyList<Top>> Read(string path, string[] lines, IReadOnlyList<Place> places)
    {
        Dictionary<string, IReadOnlyList<Top>> read = new(StringComparer.Ordinal);
        foreach ((int index, string text) in lines.Index().Skip(1))
        {
            Answer line = JsonLines.Parse(text, index + 1, path, l => JsonSerializer.Deserialize<Answer>(l, StrictJson.SnakeCase)!, Advice);
            if (!read.TryAdd(line.Id, line.Tokens))
            {
                throw new InputException($"{path} has the question '{line.Id}' twice; {Advice}.");
            }
        }
        return places.FirstOrDefault(p => read.GetValueOrDefault(p.Id)?.Count != p.Response.Length) is { } wrong
            ? throw new InputException($"{path} has not one entry for each token of '{wrong.Id}'; {Advice}.")
            : read;
    }

    static string Text<T>(T value) => JsonSerializer.Serialize(value, StrictJson.SnakeCase);
}

/// <summary>Represents a teacher while its distributions are computed.</summary>
/// <param name="model">Answers with the weights.</param>
/// <param name="weights">Freed with it.</param>
public sealed class LoadedTeacher(LocalModel model, IDisposable weights) : IDisposable
{
    /// <summary>The teacher.</summary>
    public LocalModel Model { get; } = model;

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        weights.Dispose();
    }
}
