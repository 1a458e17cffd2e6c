using System.Runtime.InteropServices;

namespace Farsight.Alignment.Fiction;

/// <summary>Composes the paragraphs of a chapter from sentences and facts.</summary>
sealed class FictionScenes(FictionVoice voice, FictionWorld world, FictionFacts facts)
{
    /// <summary>Writes the start of the journey.</summary>
    public IEnumerable<string> Opening(FictionEntity hero, FictionEntity friend)
    {
        yield return Join(Say("opening"), Say("opening.friend"), Say("opening.work"));
        yield return Join(facts.TellPlainly(hero, 1), Weather(), facts.TellPlainly(hero, 1), facts.TellPlainly(friend, 1));
    }

    /// <summary>Writes the road to a town, the events there in varying order, and the reason to leave.</summary>
    public IEnumerable<string> Chapter(int number, FictionEntity town, FictionEntity host, string role)
    {
        yield return Join(Say("road.start"), Say("road.middle"), SometimesWeather(), Say("road.middle"));
        yield return Join(Say("arrive"), Sometimes("arrive"), facts.Tell(town, number), Say("town.sight"), facts.Tell(town, number));
        yield return Join(Say("lodging"), Say("lodging"), Say("room"));

        List<Func<IEnumerable<string>>> events =
        [
            () => Acquaintance(number),
            () => Thing(number, "inst", world.Institution(), 3),
            () => voice.Random.Next(2) == 0 ? Thing(number, "ship", world.Ship(), 3) : Thing(number, "book", world.Book(), 3),
            () => [Join(Say($"work.{role}"), Sometimes("town.sight"), facts.Tell(town, number), Say($"work.{role}.end"))],
            () => [Join(Weather(), Say("town.sight"), facts.Tell(town, number), Say("town.sight"))],
            .. Incidents(),
        ];
        voice.Random.Shuffle(CollectionsMarshal.AsSpan(events));
        events.RemoveRange(0, voice.Random.Next(3));
        events.Insert(voice.Random.Next(events.Count + 1), () => Meeting(number, host)); // the meeting is what the chapter is about
        foreach (string paragraph in events.SelectMany(e => e()))
        {
            yield return paragraph;
        }
        yield return Join(Say("night"), Say("night"), Sometimes("memory"));
        yield return Join(Say("clue"), Say("clue"));
    }

    IEnumerable<string> Meeting(int number, FictionEntity host)
    {
        host.Bind(voice, "person");
        yield return Join(Say("meet.open"), facts.Tell(host, number), Say("meet.detail"), facts.Tell(host, number));
        for (int turns = voice.Random.Next(2, 4); turns > 0; turns--)
        {
            string topic = voice.Draw("topic");
            yield return Say($"ask.{topic}");
            yield return Say($"reply.{topic}");
        }
        host.Bind(voice, "person");
        yield return Join(Say("person.about"), facts.Tell(host, number), Say("close.talk"));
    }

    IEnumerable<string> Acquaintance(int number)
    {
        FictionEntity person = world.Person();
        person.Bind(voice, "person");
        yield return Join(
            Say("person.intro"),
            facts.Tell(person, number),
            Say("person.about"),
            facts.Tell(person, number),
            facts.Tell(person, number),
            SometimesWeather());
    }

    IEnumerable<string> Thing(int number, string kind, FictionEntity thing, int count)
    {
        thing.Bind(voice, kind);
        string introduction = Say($"{kind}.intro");
        string[] told = [.. Enumerable.Range(0, count).Select(_ => facts.Tell(thing, number))];
        yield return Join([introduction, told[0], Say($"{kind}.about"), .. told[1..], Say($"{kind}.about")]);
    }

    /// <summary>Returns two different small events of a journey.</summary>
    Func<IEnumerable<string>>[] Incidents()
    {
        Func<IEnumerable<string>>[] all =
        [
            () => [Join(Say("market"), Say("market.more"), Sometimes("market.more"))],
            () => [Join(Say("mishap"), Sometimes("memory"))],
            () => [Join(Say("feast"), Say("feast.more"), SometimesWeather())],
            () => [Join(Say("letter"), Say("letter.more"), Say("letter.end"))],
            () => [Join(Weather(), Say("memory"), Say("memory"))],
        ];
        voice.Random.Shuffle<Func<IEnumerable<string>>>(all);
        return all[..2];
    }

    string Weather() => Say(voice.Random.Next(2) == 0 ? "weather" : $"weather.{voice.Names["season"]}");

    string SometimesWeather() => voice.Random.Next(2) == 0 ? Weather() : "";

    string Say(string rule) => voice.Say($"<{rule}>");

    string Sometimes(string rule) => voice.Random.Next(2) == 0 ? Say(rule) : "";

    static string Join(params string[] sentences) => string.Join(' ', sentences.Where(s => s.Length > 0));
}
