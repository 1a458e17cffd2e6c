using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction.Facts;

/// <summary>Lists what the questions about a document ask.</summary>
public enum FactQuestionType
{
    /// <summary>The value of an item.</summary>
    Value,

    /// <summary>All values of an item that has two or three.</summary>
    Several,

    /// <summary>The value of an item that another sentence ties to the holder in the question.</summary>
    TwoHop,

    /// <summary>The value of an item that the text does not mention.</summary>
    Absent,
}

/// <summary>Represents the facts of one document: many items of one kind, whose keys and values differ and have the same form.</summary>
/// <remarks>Without its facts the document knows nothing about them. Every item's value is a plausible wrong answer to the questions about
/// the others.</remarks>
public sealed class FactSheet
{
    const int MaxTries = 10_000;

    readonly FactQuestionType _type;

    FactSheet(FactKind kind, FactQuestionType type, FactItem[] items, FactItem[] absent, FactSentence[] sentences) =>
        (Kind, _type, Items, Absent, Sentences) = (kind, type, items, absent, sentences);

    /// <summary>The kind of all facts.</summary>
    public FactKind Kind { get; }

    /// <summary>The items that the text states.</summary>
    public IReadOnlyList<FactItem> Items { get; }

    /// <summary>Items that no sentence mentions, for questions without an answer; they have no values.</summary>
    public IReadOnlyList<FactItem> Absent { get; }

    /// <summary>The sentences in the order of the text.</summary>
    public IReadOnlyList<FactSentence> Sentences { get; }

    /// <summary>Returns how many items a number of sentences states: one sentence each, or two or three with several values, or two with
    /// holders.</summary>
    internal static int ItemsOf(FactQuestionType type, int sentences) => type switch
    {
        FactQuestionType.Several => sentences * 2 / 5,
        FactQuestionType.TwoHop => sentences / 2,
        _ => sentences,
    };

    /// <summary>Draws the facts of a document.</summary>
    /// <param name="random">Random stream of the document; advanced.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="type">The type of the questions; decides which sentences there are.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="absent">Number of items that no sentence mentions.</param>
    public static FactSheet Draw(ref SeededRandom random, FactKind kind, FactQuestionType type, int items, int absent)
    {
        List<string> inUse = [];
        List<FactItem> drawn = [];
        List<FactSentence> sentences = [];
        for (int i = 0; i < items + absent; i++)
        {
            string key = Unused(ref random, inUse, kind.DrawKey), holder = "";
            int values = i >= items ? 0 : type == FactQuestionType.Several ? random.Next(2, 4) : 1;
            for (int v = 0; v < values; v++)
            {
                string value = Unused(ref random, inUse, kind.DrawValue);
                string template = random.Pick(type == FactQuestionType.Several ? kind.Parts : kind.Sentences);
                sentences.Add(new(Fill(template, key, "", value), i, value));
            }
            FactLink link = random.Pick(kind.Links);
            if (type == FactQuestionType.TwoHop && values > 0)
            {
                holder = Unused(ref random, inUse, kind.DrawHolder);
                sentences.Add(new(Fill(link.Sentence, key, holder, ""), i, null));
            }
            drawn.Add(new(key, holder, []) { Link = link });
        }
        FactSentence[] order = [.. sentences];
        random.Shuffle<FactSentence>(order);
        FactItem[] all =
            [.. drawn.Select((item, i) => item with { Values = [.. order.Where(s => s.Item == i).Select(s => s.Value).OfType<string>()] })];
        return new(kind, type, all[..items], all[items..], order);
    }

    /// <summary>Tells whether a text contains a key, a value or a holder, so that it cannot take these facts.</summary>
    public bool Clashes(string text) => Items.Concat(Absent)
        .SelectMany(i => i.Values.Append(i.Key).Append(i.Holder))
        .Any(t => t.Length > 0 && text.Contains(t, StringComparison.OrdinalIgnoreCase));

    /// <summary>Asks about an item, in a wording drawn from those of the kind.</summary>
    public FactQuestion Ask(ref SeededRandom random, FactItem item)
    {
        (string question, string answer) = _type switch
        {
            FactQuestionType.TwoHop => (item.Link.Question, item.Link.Answer),
            FactQuestionType.Several => (random.Pick(Kind.ListQuestions), random.Pick(Kind.ListAnswers)),
            _ => (random.Pick(Kind.Questions), random.Pick(Kind.Answers)),
        };
        return new(
            Fill(question, item.Key, item.Holder, ""),
            Fill(answer, item.Key, item.Holder, "{value}"),
            Fill(random.Pick(Kind.Refusals), item.Key, item.Holder, ""),
            item);
    }

    static string Unused(ref SeededRandom random, List<string> inUse, Drawer draw)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            string text = draw(ref random);
            if (!inUse.Exists(s => NeedleMaker.Collides(s, text)))
            {
                inUse.Add(text);
                return text;
            }
        }
        throw new InvalidOperationException($"No free key or value is left beside {inUse.Count} others.");
    }

    internal static string Fill(string template, string key, string holder, string value)
    {
        string text = template.Replace("{key}", key, StringComparison.Ordinal).Replace("{holder}", holder, StringComparison.Ordinal)
            .Replace("{value}", value, StringComparison.Ordinal);
        return char.ToUpperInvariant(text[0]) + text[1..];
    }

    delegate string Drawer(ref SeededRandom random);
}

/// <summary>Represents an item of a document.</summary>
/// <param name="Key">The name of the item: "the Vornea locker".</param>
/// <param name="Holder">The person or thing tied to it: "Greta Dalmor"; empty for none.</param>
/// <param name="Values">The values in the order of the text; none if the text does not mention the item.</param>
public sealed record FactItem(string Key, string Holder, IReadOnlyList<string> Values)
{
    internal FactLink Link { get; init; } = null!;
}

/// <summary>Represents a sentence to insert.</summary>
/// <param name="Text">The sentence with its full stop.</param>
/// <param name="Item">Index of the item in <see cref="FactSheet.Items"/>.</param>
/// <param name="Value">The value that it states; null if it names a holder.</param>
public sealed record FactSentence(string Text, int Item, string? Value);

/// <summary>Represents a question about an item.</summary>
/// <param name="Question">The question.</param>
/// <param name="AnswerTemplate">The answer with {value} for the values.</param>
/// <param name="Refusal">The answer that the text does not say it.</param>
/// <param name="Item">The item.</param>
public sealed record FactQuestion(string Question, string AnswerTemplate, string Refusal, FactItem Item)
{
    /// <summary>The right answer.</summary>
    public string Answer => AnswerWith(Item.Values);

    /// <summary>Returns the answer with other values; without values, the refusal.</summary>
    internal string AnswerWith(IReadOnlyList<string> values) => values.Count == 0
        ? Refusal
        : FactSheet.Fill(AnswerTemplate, "", "", ListOf(values));

    static string ListOf(IReadOnlyList<string> values) =>
        values.Count == 1 ? values[0] : $"{string.Join(", ", values.SkipLast(1))} and {values[^1]}";
}
