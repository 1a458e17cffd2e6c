using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.BabiLong;

namespace Farsight.Tests.Evaluation.Benchmarks.BabiLong;

public class BabiLongMixerTests
{
    static readonly string[] s_facts = ["Ann went to the attic.", "Bob took the lamp.", "Cid sat down."];

    static readonly string s_book = string.Join(' ', Enumerable.Range(0, 400).Select(i => $"The {i}th wave came in. Yes."));

    [Fact]
    public void Facts_keep_their_order_and_the_length_is_exact()
    {
        SeededRandom random = SeededRandom.For(1, "test", 0);

        string context = Mixer(s_book).Mix(ref random, s_facts, 1000);

        int[] places = [.. s_facts.Select(f => context.IndexOf(f, StringComparison.Ordinal))];
        Assert.All(places, p => Assert.True(p >= 0));
        Assert.Equal(places.Order(), places);
        Assert.InRange(context.Length, 990, 1000); // trimmed at both ends
        Assert.DoesNotContain("Yes.", context, StringComparison.Ordinal); // fewer than ten tokens
    }

    [Fact]
    public void Without_room_there_are_only_facts()
    {
        SeededRandom random = SeededRandom.For(1, "test", 0);

        Assert.Equal(string.Join(' ', s_facts), Mixer(s_book).Mix(ref random, s_facts, 10));
    }

    [Fact]
    public void Books_without_sentences_are_refused() => Assert.Contains("longer texts", Assert.Throws<InputException>(() =>
    {
        SeededRandom random = SeededRandom.For(1, "test", 0);
        return Mixer("Short. Text. Here.").Mix(ref random, s_facts, 1000);
    }).Message, StringComparison.Ordinal);

    static BabiLongMixer Mixer(string book)
    {
        CharacterText text = new();
        return new([book], text.Encode, ids => text.Decode(ids));
    }
}
