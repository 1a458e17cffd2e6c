using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.Facts;

/// <summary>Represents the tasks on dense facts: many facts of one kind in a text, and twelve questions about each document.</summary>
/// <remarks>
/// Version 1 of each. Kinds, sentences, questions, keys and values belong to the evaluation split, which training never sees. Documents
/// take the kinds in turn. The answers are sentences in any form; each has exactly one class (<see cref="FactAnswer"/>).
/// <list type="bullet">
/// <item>facts/value: 16 to 24 items with one value each; the question asks for the value of one.</item>
/// <item>facts/several: 12 items with two or three values each; the question asks for all values of one. "missing" is the share of its
/// values that the answer lacks.</item>
/// <item>facts/two-hop: 12 to 16 items, each tied to a holder by another sentence; the question names the holder only.</item>
/// <item>facts/absent: 16 to 24 items, and questions about items that the text does not mention. The right answer states this, in any of
/// the usual phrases. A model that always refuses is right here and wrong in facts/value.</item>
/// </list>
/// </remarks>
sealed class FactTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new FactTask("facts/value", "One fact among many of its kind", FactQuestionType.Value),
        new FactTask("facts/several", "All values of an item among many of its kind", FactQuestionType.Several),
        new FactTask("facts/two-hop", "A fact by way of another, among many of its kind", FactQuestionType.TwoHop),
        new FactTask("facts/absent", "A fact that the text does not state, among many of its kind", FactQuestionType.Absent),
    ];
}

/// <summary>Represents one row of the table of tasks on dense facts.</summary>
/// <param name="name">The task's name.</param>
/// <param name="title">The title.</param>
/// <param name="type">The type of the questions.</param>
sealed class FactTask(string name, string title, FactQuestionType type) : IGeneratedTask
{
    const int Asked = 12, StandardDocuments = 8, SpareTokens = 24, MaxTries = 64;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(name, 1, title, "our own", "right answers", 0)
    {
        Benchmark = "facts",
        IsPerLength = true,
        Metrics = [.. FactAnswer.Metrics(type == FactQuestionType.Several).Select(m => new EvalMetric(m) { IsLowerBetter = true })],
    };

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.SamplesOr(StandardDocuments) * Asked;

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        Enumerable.Range(0, setting.SamplesOr(StandardDocuments)).SelectMany(n => Document(setting, n));

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        FactAnswer.Of(example, completion).Score(type == FactQuestionType.Several);

    /// <summary>Makes the examples of a document; each has the same tokens before its question.</summary>
    /// <exception cref="InputException">The length is too short, or the text of the haystack contains every draw of facts.</exception>
    EvalExample[] Document(EvalSetting setting, int number)
    {
        string cell = string.Create(CultureInfo.InvariantCulture, $"{name}/{setting.Length}");
        SeededRandom random = SeededRandom.For(setting.Seed, cell, number);
        IReadOnlyList<FactKind> kinds = FactKind.Of(NeedleSplit.Evaluation);
        ITextTokens tokens = setting.TokensFor(name);
        for (int i = 0; i < MaxTries; i++)
        {
            FactSheet sheet = Draw(ref random, kinds[number % kinds.Count]);
            FactQuestion[] questions = Ask(ref random, sheet);
            int[][] sentences = [.. sheet.Sentences.Select(s => tokens.EncodeInside(" " + s.Text))];
            PromptFrame[] frames = [.. questions.Select(q => Frame(setting, tokens, q.Question))];
            int room = questions.Max(q => ResponseTokens(setting, tokens, q.Answer)) + SpareTokens,
                count = setting.Length - room - frames.Max(f => f.Count) - sentences.Sum(s => s.Length);
            if (count < 1)
            {
                throw new InputException(
                    $"A context of {setting.Length} tokens is too short for this task; it needs at least {setting.Length - count + 1}.");
            }
            HaystackCut cut = setting.HaystackFor(name).Cut(ref random, count);
            if (!sheet.Clashes(tokens.Decode([.. cut.Tokens])))
            {
                int[] context = Insert(ref random, cut, sentences);
                return [.. questions.Select((q, k) => Example(setting, sheet, q, number, k, frames[k], context, tokens, room))];
            }
        }
        throw new InputException($"{name}: the haystack contains the keys or values of {MaxTries} draws of facts; use other documents.");
    }

    FactSheet Draw(ref SeededRandom random, FactKind kind)
    {
        int items = type switch
        {
            FactQuestionType.Several => Asked,
            FactQuestionType.TwoHop => random.Next(Asked, 17),
            _ => random.Next(16, 25),
        };
        return FactSheet.Draw(ref random, kind, type, items, type == FactQuestionType.Absent ? Asked : 0);
    }

    FactQuestion[] Ask(ref SeededRandom random, FactSheet sheet)
    {
        FactItem[] items = [.. type == FactQuestionType.Absent ? sheet.Absent : sheet.Items];
        random.Shuffle<FactItem>(items);
        FactQuestion[] questions = new FactQuestion[Asked];
        for (int k = 0; k < Asked; k++)
        {
            questions[k] = sheet.Ask(ref random, items[k]);
        }
        return questions;
    }

    /// <summary>Spreads the sentences over the text, each at a sentence boundary within its own share of the text.</summary>
    static int[] Insert(ref SeededRandom random, HaystackCut cut, int[][] sentences)
    {
        List<int> context = [];
        int from = 0;
        for (int i = 0; i < sentences.Length; i++)
        {
            int at = cut.BoundaryAt((i + random.NextDouble()) / sentences.Length);
            context.AddRange(cut.Tokens.Skip(from).Take(at - from));
            context.AddRange(sentences[i]);
            from = at;
        }
        context.AddRange(cut.Tokens.Skip(from));
        return [.. context];
    }

    static EvalExample Example(
        EvalSetting setting, FactSheet sheet, FactQuestion question, int document, int number, PromptFrame frame, int[] context,
        ITextTokens tokens, int room)
    {
        string length = setting.Length.ToString(CultureInfo.InvariantCulture),
            group = string.Create(CultureInfo.InvariantCulture, $"{length}-{document}");
        EvalPrompt prompt = new EvalPrompt.Tokens([.. frame.Before, .. context, .. frame.After])
        {
            Spoken = EvalPrompt.Of($"{tokens.Decode(context).Trim()}\n\n{question.Question}"),
        };
        return new(string.Create(CultureInfo.InvariantCulture, $"{group}-{number}"), prompt, [question.Answer], room)
        {
            Question = question.Question,
            Group = group,
            Groups = new Dictionary<string, string> { [EvalExample.Length] = length, ["kind"] = sheet.Kind.Name },
            Stop = setting.Format is null ? ["\n"] : [], // without a template, a model adds questions of its own
            Details = FactAnswer.DetailsOf(sheet, question),
        };
    }

    static PromptFrame Frame(EvalSetting setting, ITextTokens tokens, string question) =>
        setting.Format?.Frame(question)
        ?? new(tokens.EncodeStart(""), tokens.EncodeInside($"\n\nQuestion: {question}\nAnswer:"));

    static int ResponseTokens(EvalSetting setting, ITextTokens tokens, string answer) =>
        setting.Format?.Response(answer).Length ?? tokens.EncodeInside(" " + answer).Length;
}
