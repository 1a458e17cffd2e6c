using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Tests.Text.Tokenizers;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Synthesis;

/// <summary>A folder with documents, and a scripted model to make samples of them.</summary>
sealed class SynthesisFiles : IDisposable
{
    internal const int ChunkTokens = 96, Chunks = 6;

    readonly TemporaryFolder _folder = new();

    internal SynthesisFiles()
    {
        Directory.CreateDirectory(Documents);
        string[] names = ["Ardmore", "the harbour", "the village", "the island", "the old mill"];
        File.WriteAllText(
            this["documents/keeper.txt"],
            string.Join(
                ' ',
                Enumerable
                    .Range(0, 300)
                    .Select(i =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"The keeper of {names[i % 5]} wrote down {i * 37 % 101} lamps\nin the ledger. It's late, and they'll wait.")))
        );
    }

    internal string Documents => _folder["documents"];

    internal string Output => _folder["data.jsonl"];

    internal string this[string name] => _folder[name];

    internal static Tokenizer Tokenizer => SmallTokenizer.Value;

    internal static ChatFormat Format { get; } = ChatFormat.For(Tokenizer);

    internal LogoOptions Options(int samples = 40, string? output = null) =>
        new("unused", Documents, samples, Seed: 5, output ?? Output) { ChunkTokens = ChunkTokens, Chunks = Chunks, Scorer = "entities" };

    internal static SynthesisModel Model(ILanguageModel? source = null) =>
        new("scripted", "abc", 2048, Tokenizer, Format, source ?? Script());

    internal static SynthesisModel Endpoint(IChatClient chat, int concurrency) =>
        new(
            "scripted chat",
            "abc",
            2048,
            Tokenizer,
            Format,
            chat.AsLanguageModel("scripted chat", concurrency));

    internal static ScriptedResponses Script(Func<string, ScriptedRequest, string, string?>? spoil = null) =>
        new(Format, Tokenizer, spoil);

    internal static SynthesisSummary<LogoSettings> Run(LogoOptions options, ILanguageModel? source = null) =>
        SynthesisRun.Start(options, Model(source), null, CancellationToken.None);

    /// <summary>Replaces the documents by one with a question of its own.</summary>
    internal void WriteOwnQuestion(string question, string answer)
    {
        string text = File.ReadAllText(this["documents/keeper.txt"]).ReplaceLineEndings(" ");
        File.Delete(this["documents/keeper.txt"]);
        text = text.Insert(text.IndexOf(". It's", text.Length / 2, StringComparison.Ordinal) + 1, " " + answer);
        File.WriteAllText(
            this["documents/own.jsonl"],
            JsonSerializer.Serialize(new { text, questions = new[] { new { question, answer } } }));
    }

    internal PreferenceSample[] Samples() => [.. PreferenceDataset.Stream(Output)];

    public void Dispose() => _folder.Dispose();
}
