using System.Globalization;
using System.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Data;

/// <summary>Represents a document whose named entities are marked, as files with a token and its BIO tag per line have them.</summary>
/// <remarks>
/// A line has columns; the first is the token, the last its tag: O, B-TYPE or I-TYPE. I-TYPE behind another tag begins an entity, too, as
/// in conlleval. An empty line ends a sentence and -DOCSTART- begins a document. The files do not say where tokens touch, so the text has a
/// space between two tokens and a line per sentence. arXiv:2311.13657 distills models that read long contexts on such data (GONERD), whose
/// file layout is not published.
/// </remarks>
/// <param name="Line">Number of its first line, from 1.</param>
/// <param name="Text">A line per sentence.</param>
/// <param name="Entities">Entities in the order of the text; an entity that occurs twice is listed twice.</param>
public sealed record EntityDocument(int Line, string Text, IReadOnlyList<NamedEntity> Entities)
{
    const string DocumentStart = "-DOCSTART-";

    /// <summary>Reads the documents of a file.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <exception cref="InputException">A line has no tag, or one of another form.</exception>
    public static IEnumerable<EntityDocument> Read(IEnumerable<string> lines, string source)
    {
        Builder open = new(1);
        foreach ((int i, string line) in lines.Index())
        {
            string[] columns = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (columns is [DocumentStart, ..])
            {
                if (open.Build() is { } document)
                {
                    yield return document;
                }
                open = new(i + 1);
            }
            else if (columns.Length == 0)
            {
                open.EndSentence();
            }
            else
            {
                string tag = columns.Length > 1 ? columns[^1] : "";
                if (tag != "O" && !(tag.Length > 2 && tag[0] is 'B' or 'I' && tag[1] == '-'))
                {
                    throw new InputException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{source}:{i + 1}: the line has no BIO tag; write a token, white space and O, B-TYPE or I-TYPE."));
                }
                open.Add(columns[0], tag);
            }
        }
        if (open.Build() is { } last)
        {
            yield return last;
        }
    }

    /// <summary>Collects the lines of a document.</summary>
    sealed class Builder(int line)
    {
        readonly StringBuilder _text = new();
        readonly List<NamedEntity> _entities = [];
        string _before = "O";
        bool _begins = true;

        internal void Add(string token, string tag)
        {
            _text.Append(_text.Length == 0 ? "" : _begins ? "\n" : " ").Append(token);
            bool continues = tag[0] == 'I' && _before != "O" && _before[2..] == tag[2..];
            if (continues)
            {
                _entities[^1] = _entities[^1] with { Name = $"{_entities[^1].Name} {token}" };
            }
            else if (tag != "O")
            {
                _entities.Add(new(tag[2..], token));
            }
            (_before, _begins) = (tag, false);
        }

        internal void EndSentence() => (_before, _begins) = ("O", true);

        internal EntityDocument? Build() => _text.Length == 0 ? null : new(line, _text.ToString(), _entities);
    }
}

/// <summary>Represents an occurrence of a named entity.</summary>
/// <param name="Type">Its type, such as PER.</param>
/// <param name="Name">Its tokens with a space between them.</param>
public sealed record NamedEntity(string Type, string Name)
{
    /// <summary>The answer about a document without entities.</summary>
    const string Nothing = "none";

    /// <summary>Returns the question for the entities of a document.</summary>
    /// <param name="types">All types of the file.</param>
    public static string Question(IEnumerable<string> types) =>
        $"List the named entities of the text, of the types {string.Join(", ", types)}. Write one line for each, in the form TYPE: name, "
        + $"in the order in which they first occur, and none twice. Write \"{Nothing}\" if there are no entities.";

    /// <summary>Returns the answer: every entity once, in the order in which they first occur.</summary>
    public static string Answer(IEnumerable<NamedEntity> entities) =>
        string.Join('\n', entities.Distinct().Select(e => $"{e.Type}: {e.Name}").DefaultIfEmpty(Nothing));

    /// <summary>Reads the lines of an answer that have the form TYPE: name; other lines name nothing.</summary>
    public static IReadOnlySet<NamedEntity> Parse(string answer) => answer
        .Split('\n')
        .Select(l => l.Split(':', 2))
        .Where(p => p.Length == 2 && !string.IsNullOrWhiteSpace(p[0]) && !string.IsNullOrWhiteSpace(p[1]))
        .Select(p => new NamedEntity(
            p[0].Trim(), string.Join(' ', p[1].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))))
        .ToHashSet();
}
