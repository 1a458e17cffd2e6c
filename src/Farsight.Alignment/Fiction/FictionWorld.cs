using System.Globalization;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Invents the people, towns and things of one document as they are needed, and keeps them consistent.</summary>
sealed class FictionWorld
{
    readonly FictionVoice _voice;
    readonly FictionNames _names = new();
    readonly List<FictionEntity> _people = [];
    readonly List<FictionEntity> _towns = [];

    public FictionWorld(FictionVoice voice)
    {
        _voice = voice;
        Now = voice.Random.Next(720, 980);
        Country = _names.Town(ref voice.Random);
    }

    /// <summary>Gets the year of the journey; nothing in the document is later.</summary>
    public int Now { get; }

    public string Country { get; }

    public string NewPlace() => _names.Town(ref _voice.Random);

    public FictionEntity Town()
    {
        ref SeededRandom random = ref _voice.Random;
        FictionEntity town = Entity("town", ["river", "founded", "founder", "people", "product", "steps", "marketday", "flag"], new()
        {
            ["name"] = NewPlace(),
            ["river"] = _names.River(ref random),
            ["founded"] = Year(random.Next(110, 480)),
            ["founder"] = Stranger(),
            ["people"] = Number(random.Next(310, 9900)),
            ["product"] = Phrase("<product>"),
            ["steps"] = Number(random.Next(61, 390)),
            ["marketday"] = Phrase("<weekday>"),
            ["flag"] = Phrase("<colour> and <colour>"),
        });
        _towns.Add(town);
        return town;
    }

    public FictionEntity Person(string? trade = null, string? birthplace = null)
    {
        ref SeededRandom random = ref _voice.Random;
        bool woman = random.Next(2) == 0;
        string given = _names.Given(ref random, woman);
        int born = Now - random.Next(24, 83);
        FictionEntity person = Entity("person", ["birthplace", "born", "trade", "mentor", "keepsake", "animal", "fear"], new()
        {
            ["name"] = $"{given} {_names.Surname(ref random)}",
            ["given"] = given,
            ["kind"] = woman ? "woman" : "man",
            ["he"] = woman ? "she" : "he",
            ["him"] = woman ? "her" : "him",
            ["his"] = woman ? "her" : "his",
            ["born"] = Year(born),
            ["birthplace"] = birthplace ?? Birthplace(born),
            ["trade"] = trade ?? Phrase("<trade>"),
            ["mentor"] = Mentor(born),
            ["keepsake"] = Phrase("<keepsake>"),
            ["animal"] = Phrase("<pet>"),
            ["fear"] = Phrase("<fear>"),
        });
        _people.Add(person);
        return person;
    }

    /// <summary>Invents an institution of the town that is bound to $town.</summary>
    public FictionEntity Institution()
    {
        ref SeededRandom random = ref _voice.Random;
        return Entity("inst", ["year", "founder", "motto", "members", "emblem", "dinner"], new()
        {
            ["name"] = NewName("<inst.name>"),
            ["year"] = Year(random.Next(490, Now - 40)),
            ["founder"] = Stranger(),
            ["motto"] = Phrase("<motto>"),
            ["members"] = Number(random.Next(12, 480)),
            ["emblem"] = Phrase("<emblem>"),
            ["dinner"] = Phrase("<month>"),
        });
    }

    public FictionEntity Ship() => Entity("ship", ["built", "yard", "captain", "cargo", "lost"], new()
    {
        ["name"] = NewName("<ship.name>"),
        ["built"] = Year(Now - _voice.Random.Next(30, 160)),
        ["yard"] = NewPlace(),
        ["captain"] = Stranger(),
        ["cargo"] = Phrase("<cargo>"),
        ["lost"] = NewPlace(),
    });

    public FictionEntity Book() => Entity("book", ["author", "year", "pages", "place", "binding"], new()
    {
        ["name"] = NewName("<book.name>"),
        ["author"] = Stranger(),
        ["year"] = Year(Now - _voice.Random.Next(12, 320)),
        ["pages"] = Number(_voice.Random.Next(90, 990)),
        ["place"] = NewPlace(),
        ["binding"] = Phrase("<colour>"),
    });

    FictionEntity Entity(string kind, string[] facts, Dictionary<string, string> attributes)
    {
        _voice.Random.Shuffle<string>(facts);
        return new(kind, attributes, new(facts));
    }

    string Stranger() => _names.Full(ref _voice.Random, _voice.Random.Next(2) == 0);

    // A third of the people come from towns of the journey, so that the chapters hang together.
    string Birthplace(int born)
    {
        FictionEntity[] old = [.. _towns.Where(t => int.Parse(t.Attributes["founded"], CultureInfo.InvariantCulture) < born)];
        return old.Length > 0 && _voice.Random.Next(3) == 0 ? _voice.Random.Pick(old).Name : NewPlace();
    }

    string Mentor(int born)
    {
        FictionEntity[] older = [.. _people.Where(p => int.Parse(p.Attributes["born"], CultureInfo.InvariantCulture) < born - 12)];
        return older.Length > 0 && _voice.Random.Next(3) == 0 ? _voice.Random.Pick(older).Name : Stranger();
    }

    string Phrase(string template) => _voice.Phrase(template);

    // A very long document uses up the names of ships and books; a place told after the name makes more.
    string NewName(string template)
    {
        string name = Phrase(template);
        for (int tries = 0; !_names.IsNew(name); tries++)
        {
            name = Phrase(template) + (tries > 100 ? $" of {NewPlace()}" : "");
        }
        return name;
    }

    static string Year(int year) => Number(year);

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
