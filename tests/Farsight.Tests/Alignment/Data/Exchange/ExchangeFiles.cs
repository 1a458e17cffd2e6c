using Farsight.Alignment.Data;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>A folder with files of other programs, and samples whose tokens are those of the bundled model.</summary>
public abstract class ExchangeFiles : IDisposable
{
    private protected const string Text =
        "The “first” lighthouse stands in Birchmoor.\n\nThe second one, a tower of 40 m, is painted white & <red>.";

    private protected static readonly Lazy<Tokenizer> s_tokenizer = new(() => Tokenizer.Load(Model));
    private protected static readonly Lazy<ChatFormat> s_format = new(() => ChatFormat.Load(Model, s_tokenizer.Value));

    readonly string _folder = Directory.CreateTempSubdirectory("farsight-exchange-").FullName;

    private protected static string Model => Path.Combine(Repository.Root, "models/tiny");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected static PreferenceSample Sample(string id)
    {
        int[] tokens = s_format.Value.Context(Text);
        return new(
            id,
            [new("d", 0, tokens[..10], 2, ChunkRole.Relevant), new("d", 1, tokens[10..], 0, ChunkRole.Irrelevant)],
            "What colour is the second?",
            "White.",
            ["Green.", "Red."],
            Seen(2));
    }

    private protected static SampleProvenance Seen(int rejected) =>
        new(["d"], 1, 0, new([0], [.. Enumerable.Range(0, rejected).Select(_ => (int[])[1])]));

    private protected string At(string name) => Path.Combine(_folder, name);

    private protected void Write(string name, params string[] lines) => File.WriteAllLines(At(name), lines);
}
