using System.Reflection;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction.Facts;

/// <summary>Represents a kind of fact: its sentences, questions and answers, and the forms of its keys and values.</summary>
/// <remarks>
/// The kinds stand in training.txt and test.txt. In a template, <c>{key}</c> is the item, <c>{value}</c> its value, <c>{holder}</c> the
/// person or thing tied to the item, and <c>{noun}</c> and <c>{nouns}</c> name the value.
/// </remarks>
public sealed class FactKind
{
    static readonly FactKind[] s_training = [.. Read("training", NeedleSplit.Training)],
        s_evaluation = [.. Read("test", NeedleSplit.Evaluation)];

    static readonly string[] s_words = ["name", "given", "adjective", "thing"];

    readonly Dictionary<string, string[]> _shared;
    readonly Dictionary<string, string[]> _own;

    FactKind(string name, NeedleSplit split, Dictionary<string, string[]> shared, Dictionary<string, string[]> own)
    {
        (Name, Split, _shared, _own) = (name, split, shared, own);
        Form = FactForm.Of(own["value"][0]);
        Links = [.. own["link"].Chunk(3).Select(l => new FactLink(l[0], l[1], l[2]))];
    }

    /// <summary>Name of the kind: "locker-code".</summary>
    public string Name { get; }

    /// <summary>The split; kinds of one split share no word of their keys, no value and no template with those of the other.</summary>
    public NeedleSplit Split { get; }

    /// <summary>The form of the values.</summary>
    public FactForm Form { get; }

    /// <summary>Sentences that state the value of an item.</summary>
    internal string[] Sentences => _own["say"];

    /// <summary>Questions for the value of an item.</summary>
    internal string[] Questions => _own["ask"];

    /// <summary>Answers to <see cref="Questions"/>.</summary>
    internal string[] Answers => _own["answer"];

    /// <summary>Sentences that state one of several values of an item.</summary>
    internal string[] Parts => Named(_shared["part"]);

    /// <summary>Questions for all values of an item.</summary>
    internal string[] ListQuestions => Named(_shared["list"]);

    /// <summary>Answers to <see cref="ListQuestions"/>.</summary>
    internal string[] ListAnswers => Named(_shared["listed"]);

    /// <summary>Answers about an item that is not in the text.</summary>
    internal string[] Refusals => Named(_shared["refuse"]);

    /// <summary>The ways to tie an item to a holder.</summary>
    internal FactLink[] Links { get; }

    /// <summary>Returns the kinds of a split, in the order of the file.</summary>
    public static IReadOnlyList<FactKind> Of(NeedleSplit split) => split == NeedleSplit.Training ? s_training : s_evaluation;

    /// <summary>Draws the name of an item: "the Vornea locker".</summary>
    internal string DrawKey(ref SeededRandom random) => Draw(_own["key"], ref random);

    /// <summary>Draws the name of a holder: "Greta Dalmor".</summary>
    internal string DrawHolder(ref SeededRandom random) => Draw(_own["holder"], ref random);

    /// <summary>Draws a value that belongs to the split.</summary>
    internal string DrawValue(ref SeededRandom random)
    {
        string value;
        do
        {
            value = Form.Draw(ref random, NeedleWords.Of(Split));
        }
        while (NeedleWords.SplitOf(value) != Split);
        return value;
    }

    string Draw(string[] forms, ref SeededRandom random)
    {
        NeedleWords words = NeedleWords.Of(Split);
        string text = random.Pick(forms);
        foreach (string word in s_words.Where(w => text.Contains($"{{{w}}}", StringComparison.Ordinal)))
        {
            string drawn = word switch
            {
                "name" => words.InventedName(ref random),
                "given" => words.GivenName(ref random),
                "adjective" => words.Adjective(ref random),
                _ => words.Thing(ref random),
            };
            text = text.Replace($"{{{word}}}", drawn, StringComparison.Ordinal);
        }
        return text;
    }

    string[] Named(string[] templates) =>
    [
        .. templates.Select(t => t
            .Replace("{noun}", _own["noun"][0], StringComparison.Ordinal)
            .Replace("{nouns}", _own["noun"][1], StringComparison.Ordinal)),
    ];

    static List<FactKind> Read(string file, NeedleSplit split)
    {
        List<(string Name, Dictionary<string, string[]> Lines)> sections = [];
        foreach (string line in Lines(file).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line[0] == '[')
            {
                sections.Add((line[1..^1], []));
                continue;
            }
            (string key, string[] texts) = (line[..line.IndexOf(':', StringComparison.Ordinal)], Alternatives(line));
            Dictionary<string, string[]> section = sections[^1].Lines;
            section[key] = [.. section.GetValueOrDefault(key, []), .. texts];
        }
        return [.. sections.Skip(1).Select(s => new FactKind(s.Name, split, sections[0].Lines, s.Lines))];
    }

    static string[] Alternatives(string line) =>
        line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('|', StringSplitOptions.TrimEntries);

    static string[] Lines(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Facts/{file}")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Split('\n');
    }
}

/// <summary>Represents a way to tie an item to a holder, so that the item's value can be asked for by the holder.</summary>
/// <param name="Sentence">"{holder} rents {key}."</param>
/// <param name="Question">Names the holder and not the item.</param>
/// <param name="Answer">The same, with the value.</param>
sealed record FactLink(string Sentence, string Question, string Answer);
