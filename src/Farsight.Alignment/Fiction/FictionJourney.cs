using System.Globalization;
using System.Text;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Represents the state of a document that is being written: travellers, location and text so far.</summary>
sealed class FictionJourney
{
    static readonly string[] s_seasons = ["spring", "summer", "autumn", "winter"];

    readonly FictionVoice _voice;
    readonly FictionWorld _world;
    readonly FictionFacts _facts;
    readonly FictionEntity _hero, _friend;
    readonly List<FictionChapter> _chapters = [];
    readonly FictionScenes _scenes;
    readonly int _firstSeason;
    FictionEntity _next;

    public FictionJourney(int seed, int index)
    {
        _voice = new(SeededRandom.For(seed, "fiction", index));
        _world = new(_voice);
        _facts = new(_voice);
        string home = _world.NewPlace(), place = _world.NewPlace();
        _hero = _world.Person(_voice.Phrase("<role>"), home);
        _friend = _world.Person(birthplace: home);
        _next = _world.Town();

        _firstSeason = _voice.Random.Next(4);
        _voice.Names["season"] = s_seasons[_firstSeason];
        _voice.Names["home"] = _voice.Names["town"] = home;
        _voice.Names["country"] = _world.Country;
        _voice.Names["now"] = _world.Now.ToString(CultureInfo.InvariantCulture);
        _voice.Names["beast"] = _voice.Phrase("<beast>");
        _voice.Names["river"] = _next.Attributes["river"];
        _hero.Bind(_voice, "hero");
        _friend.Bind(_voice, "friend");
        _voice.Names["quest.place"] = place;
        _voice.Names["quest"] = _voice.Phrase("<quest>");
        _voice.Names["quest.title"] = _voice.Phrase("the {Lost|Last|Old|Hidden} {Bell|Map|Key|Lantern|Song} of $quest.place");
        _scenes = new(_voice, _world, _facts);
    }

    /// <summary>Adds paragraphs until the measured length, with the closing paragraph, reaches the target.</summary>
    public FictionDocument Write(int target, Func<string, int> measure)
    {
        string title = _voice.Say("<title>");
        int length = measure(title);
        while (true)
        {
            (string closing, IEnumerable<string> paragraphs) = NewChapter();
            List<string> written = [];
            _chapters.Add(new(_chapters.Count + 1, _voice.Say("<chapter>"), written));
            length += measure(Heading(_chapters[^1]));
            foreach (string paragraph in paragraphs)
            {
                written.Add(paragraph);
                length += measure(paragraph);
                if (length + measure(closing) >= target)
                {
                    written.Add(closing);
                    return new(title, _chapters, _facts.Told, TextOf(title));
                }
            }
        }
    }

    (string Closing, IEnumerable<string> Paragraphs) NewChapter()
    {
        FictionEntity town = _next;
        _next = _world.Town();
        _voice.Names["prev"] = _voice.Names["town"];
        _voice.Names["next"] = _next.Name;
        _voice.Names["river"] = town.Attributes["river"];
        town.Bind(_voice, "town");
        FictionEntity host = _world.Person();
        host.Bind(_voice, "host");

        int number = _chapters.Count + 1;
        _voice.Names["season"] = s_seasons[(_firstSeason + (number - 1) / 3) % 4];
        IEnumerable<string> arrival = number == 1 ? _scenes.Opening(_hero, _friend) : [];
        return (
            FictionVoice.Finish(_voice.Phrase("<closing>")),
            arrival.Concat(_scenes.Chapter(number, town, host, _hero.Attributes["trade"])));
    }

    static string Heading(FictionChapter chapter) =>
        string.Create(CultureInfo.InvariantCulture, $"Chapter {chapter.Number}: {chapter.Title}");

    string TextOf(string title)
    {
        StringBuilder text = new(title);
        foreach (FictionChapter chapter in _chapters)
        {
            text.Append("\n\n").Append(Heading(chapter));
            foreach (string paragraph in chapter.Paragraphs)
            {
                text.Append("\n\n").Append(paragraph);
            }
        }
        return text.Append('\n').ToString();
    }
}
