using System.Globalization;
using System.Text.Json;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

public class PythonRandomTests
{
    const string Golden = "evaldata/goldens/python_rng.json";
    const string Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    [Fact]
    public void The_first_draws_are_those_that_Python_is_known_for()
    {
        PythonRandom random = new(42);

        Assert.Equal([0.6394267984578837, 0.025010755222666936], [random.NextDouble(), random.NextDouble()]);
        Assert.Equal("bdd640fb-0667-4ad1-9c80-317fa3b1799d", new PythonRandom(42).Uuid());
    }

    [Fact]
    public void A_seed_counts_without_its_sign_and_with_all_its_bits()
    {
        Assert.Equal(new PythonRandom(42).Bits(64), new PythonRandom(-42).Bits(64));
        Assert.NotEqual(new PythonRandom(42).Bits(64), new PythonRandom(42 + (1L << 40)).Bits(64));
    }

    [Fact]
    public void A_sample_takes_nothing_twice_and_refuses_what_is_not_there()
    {
        int[] all = new PythonRandom(1).Sample(100, 100);

        Assert.Equal(Enumerable.Range(0, 100), all.Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => new PythonRandom(1).Sample(3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PythonRandom(1).Sample(3, -1));
    }

    [Fact]
    public void A_list_is_spelled_as_Python_spells_it() =>
        Assert.Equal("""['a', "it's", 'both \' and "', 'line\n']""", PythonList.Of(["a", "it's", "both ' and \"", "line\n"]));

    [SharedFact(Golden)]
    [Trait("Category", "Golden")]
    public void All_draws_are_those_of_CPython_and_NumPy()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(SharedMaterial.PathOf(Golden)));
        int seeds = 0, compared = 0;
        foreach (JsonProperty seed in golden.RootElement.GetProperty("seeds").EnumerateObject())
        {
            seeds++;
            foreach (JsonProperty kind in seed.Value.EnumerateObject())
            {
                string[] expected = [.. Flat(kind.Value)];
                Assert.Equal(
                    (seed.Name, kind.Name, string.Join(' ', expected)),
                    (seed.Name, kind.Name, string.Join(' ', Draw(kind.Name, int.Parse(seed.Name, CultureInfo.InvariantCulture)))));
                compared += expected.Length;
            }
        }

        Assert.Equal((5, 535), (seeds, compared));
    }

    static IEnumerable<string> Flat(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Flat),
        JsonValueKind.Number when value.GetRawText().Contains('.', StringComparison.Ordinal) => [Text(value.GetDouble())],
        _ => [value.ToString()],
    };

    static IEnumerable<string> Draw(string kind, int seed)
    {
        PythonRandom random = new(seed);
        NumpyRandom numpy = new((uint)seed);
        return kind switch
        {
            "random" => Times(6, () => Text(random.NextDouble())),
            "randint_1000000_9999999" => Times(8, () => Text(random.RandInt(1000000, 9999999))),
            "choice_range1000" => Times(8, () => Text(random.Choice([.. Enumerable.Range(0, 1000)]))),
            "sample_range40_4" => Times(4, () => random.Sample(40, 4)).SelectMany(s => s).Select(Text),
            "sample_list10_7" => random.Sample(10, 7).Select(Text),
            "sample_range100000_5" => random.Sample(100000, 5).Select(Text),
            "shuffle_20" or "Random_shuffle_20" => Shuffled(random).Select(Text),
            "getrandbits128" => Times(3, () => random.Bits(128).ToString(CultureInfo.InvariantCulture)),
            "uuid4" => Times(3, random.Uuid),
            "choices_uppercase_k5" => Times(5, () => random.Letters(Capitals, 5)),
            "np_randint_10000_99999" => Times(6, () => Text(numpy.RandInt(10000, 99999))),
            _ => throw new NotSupportedException(kind),
        };
    }

    static int[] Shuffled(PythonRandom random)
    {
        int[] items = [.. Enumerable.Range(0, 20)];
        random.Shuffle(items);
        return items;
    }

    static T[] Times<T>(int count, Func<T> draw)
    {
        T[] drawn = new T[count];
        for (int i = 0; i < count; i++)
        {
            drawn[i] = draw();
        }
        return drawn;
    }

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
