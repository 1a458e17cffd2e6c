using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Imports lines that other programs wrote, and has the messages that the lines of its tests are made of.</summary>
public abstract class ForeignLines : IDisposable
{
    protected const string User = """{"role":"user","content":"Which colour is the lamp?"}""",
        Good = """{"role":"assistant","content":"Blue."}""", Bad = """{"role":"assistant","content":"Red."}""",
        Next = """{"role":"user","content":"Why?"}""", Be = """{"role":"system","content":"Be brief."}""";

    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");
    static readonly Lazy<ChatFormat> s_format = new(() => ChatFormat.Load(s_model, Tokenizer.Load(s_model)));

    readonly TemporaryFolder _folder = new();

    private protected static ChatFormat Format => s_format.Value;

    private protected string Input => _folder["in.jsonl"];

    private protected string Output => _folder["out.jsonl"];

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Imports the lines in the format of the bundled model.</summary>
    private protected (ImportCounts Counts, PreferenceSample[] Samples) Import(params string[] lines)
    {
        File.WriteAllLines(Input, lines);
        File.Delete(Output);
        ImportCounts counts = PreferenceImport.Write(Input, Output, Format, 64);
        return (counts, [.. PreferenceDataset.Read(Output).Samples]);
    }
}
