using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Training.Reference;

public sealed class ShortReferenceTests : IDisposable
{
    static readonly ShortReferenceFile.Head s_head = new(1, "data", "model", BatchTokens: 40);

    readonly TemporaryFolder _folder = new();

    string File => _folder["reference.jsonl"];

    [Fact]
    public void The_short_reference_is_the_sum_over_each_whole_short_sequence()
    {
        using DecoderModel model = SmallModel.Create();
        Make(File, new TrainableModel(model), 9);
        IReadOnlyDictionary<string, IReadOnlyList<PreferenceLogProbs>> read = ShortReferenceFile.Read(File);

        Assert.Equal(9, read.Count);
        foreach (PreferenceSample sample in Samples(9))
        {
            IReadOnlyList<SampleTokens> turns = TurnsOf(sample);
            Assert.Equal(turns.Count, read[sample.Id].Count);
            foreach ((SampleTokens turn, PreferenceLogProbs found) in turns.Zip(read[sample.Id]))
            {
                foreach (
                    (int[] response, SequenceLogProb logProb) in turn
                        .Rejected.Prepend(turn.Chosen)
                        .Zip(found.Rejected.Prepend(found.Chosen)))
                {
                    float[] whole = model.LogProbs(TokenTree.Sequence([.. turn.Prompt, .. response]));
                    Assert.Equal(response.Length, logProb.Tokens);
                    Assert.Equal(whole[^response.Length..].Sum(p => (double)p), logProb.Sum, 1e-4);
                }
            }
        }
    }

    /// <summary>Values of an independent forward pass in double precision, after the prompt that chat uses.</summary>
    [Fact]
    public void A_question_without_a_context_is_scored_after_the_prompt_in_use()
    {
        string model = Path.Combine(Repository.Root, "models/tiny");
        ChatFormat format = ChatFormat.Load(model, Tokenizer.Load(model));
        PreferenceSample sample = PreferenceSample.Create("s", "", "How many lamps?", "Seven lamps.", ["Nine lamps."], format);
        System.IO.File.WriteAllText(_folder["d.jsonl"], PreferenceLine.Format(sample) + "\n");

        string file = ShortReference.Make(new(model, _folder["d.jsonl"]), null, default);

        Assert.Equal(-51.22945979, ShortReferenceFile.Read(file)["s"][0].Chosen.Sum, 1e-3);
    }

    [Fact]
    public void The_short_reference_is_that_of_dpo_with_the_adapter_off_where_the_short_context_is_the_whole_one()
    {
        using DecoderModel plain = SmallModel.Create(), adapted = SmallModel.Create();
        adapted.AttachLora(new LoraOptions(2, 4, LinearShape.TargetsOf(adapted.Config), false, false), seed: 1);
        foreach (Parameter parameter in adapted.Parameters)
        {
            parameter.Value.Span.Fill(0.05f);
        }
        PreferenceSample sample = Samples(1)[0] with { Turns = null };
        sample = sample with { Provenance = sample.Provenance with { Seen = new([0, 1, 2], [[0, 1, 2]]) } };
        SampleTokens whole = TurnsOf(sample).Single();

        ShortReference.Make(File, s_head, [sample], TurnsOf, new TrainableModel(plain), null, default);
        float[] on = adapted.LogProbs(TokenTree.Sequence(whole.Prompt));
        adapted.IsAdapterOn = false;
        PreferenceLogProbs dpo = ReferenceLogProbs.ReadOrCompute(_folder["dpo.jsonl"], new TrainableModel(adapted), [whole], null, default)[
            sample.Id
        ];
        PreferenceLogProbs found = ShortReferenceFile.Read(File)[sample.Id].Single();

        Assert.NotEqual(on, adapted.LogProbs(TokenTree.Sequence(whole.Prompt)));
        Assert.Equal((dpo.Chosen, dpo.Rejected[0]), (found.Chosen, found.Rejected[0]));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "{\"id\":\"half a li")]
    [InlineData(2, "{\"id\":\"one of a tree\"}\n")]
    public void Stopped_after_any_tree_and_continued_it_has_the_same_bytes_and_computes_nothing_twice(int trees, string torn)
    {
        CountingModel whole = new(), first = new(), rest = new();
        Make(_folder["whole.jsonl"], whole, 9);
        using CancellationTokenSource stop = new();
        int done = 0;
        if (trees == 0)
        {
            stop.Cancel();
        }
        Assert.Throws<OperationCanceledException>(() => ShortReference.Make(
            File, s_head, Samples(9), TurnsOf, first, (_, _) => { if (++done == trees) { stop.Cancel(); } }, stop.Token));
        Assert.False(System.IO.File.Exists(File));
        System.IO.File.AppendAllText(File + ".partial", torn);
        Make(File, rest, 9);

        Assert.Equal(System.IO.File.ReadAllBytes(_folder["whole.jsonl"]), System.IO.File.ReadAllBytes(File));
        Assert.InRange(whole.Passes, 4, 8); // several samples a tree
        Assert.Equal((trees, whole.Passes - trees), (first.Passes, rest.Passes));
    }

    [Fact]
    public void A_run_that_was_begun_otherwise_is_begun_anew()
    {
        System.IO.File.WriteAllText(File + ".partial", ShortReferenceFile.Line(s_head with { Model = "other" }) + "{}\n{}\n");
        Make(File, new TableModel(50), 3);

        Assert.Equal(["s0", "s1", "s2"], ShortReferenceFile.Read(File).Keys);
    }

    [Fact]
    public void The_file_lies_beside_its_dataset_and_another_dataset_has_another()
    {
        string data = _folder["data.jsonl"];
        ShortReferenceOptions options = new(Path.Combine(Repository.Root, "models/tiny"), data);
        System.IO.File.WriteAllLines(data, Samples(2).Select(PreferenceLine.Format));

        string path = ShortReference.Make(options, null, default);
        byte[] made = System.IO.File.ReadAllBytes(path);
        Assert.StartsWith(data + ".reference-", path, StringComparison.Ordinal);
        Assert.Equal(path, ShortReference.Make(options, null, default));
        Assert.Equal(made, System.IO.File.ReadAllBytes(path));
        Assert.Equal([1, 2], ShortReferenceFile.Read(path).Values.Select(t => t.Count));

        System.IO.File.WriteAllLines(data, Samples(3).Select(PreferenceLine.Format));
        Assert.NotEqual(path, ShortReference.Make(options, null, default));
    }

    [Fact]
    public void Damaged_and_missing_files_are_named()
    {
        Assert.Contains(
            "farsight synth reference",
            Assert.Throws<InputException>(() => ShortReferenceFile.Read(File)).Message,
            StringComparison.Ordinal);
        System.IO.File.WriteAllText(File, "{}\n{\"id\":");
        Assert.Contains("is damaged", Assert.Throws<InputException>(() => ShortReferenceFile.Read(File)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    static void Make(string file, ITrainable model, int samples) =>
        ShortReference.Make(file, s_head, Samples(samples), TurnsOf, model, null, default);

    /// <summary>Every other one has two turns; the texts are looked up in <see cref="TurnsOf"/>.</summary>
    static PreferenceSample[] Samples(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new PreferenceSample(
                    $"s{i}",
                    [
                        new("a", 0, [3 + i, 4], 0, ChunkRole.Irrelevant),
                        new("a", 1, [5, 6, 7 + i], 0, ChunkRole.Relevant),
                        new("a", 2, [8], 0, ChunkRole.Irrelevant),
                    ],
                    "5",
                    "23 1",
                    ["24 25 1"],
                    new(
                        ["a"],
                        1,
                        i,
                        new(
                            [1],
                            [
                                [0, 1, 2],
                            ])),
                    null,
                    i % 2 == 0
                        ? null
                        :
                        [
                            new(
                                "9 10",
                                $"{20 + i} 1",
                                [$"{30 + i} 31 32 1", "33 1"],
                                new(
                                    [0],
                                    [
                                        [0, 1, 2],
                                        [0, 1, 2],
                                    ])),
                        ])),
        ];

    /// <summary>Texts are token ids here.</summary>
    static IReadOnlyList<SampleTokens> TurnsOf(PreferenceSample sample) =>
        [
            .. (sample.Turns ?? [])
                .Prepend(new(sample.Question, sample.Chosen, sample.Rejected, sample.Provenance.Seen))
                .Select(t => new SampleTokens(
                    sample.Id,
                    [2],
                    [.. t.Seen.Chosen.Select(i => sample.Context[i].Tokens)],
                    Ids(t.Question),
                    Ids(t.Chosen),
                    [.. t.Rejected.Select(Ids)])),
        ];

    sealed class CountingModel : ITrainable
    {
        readonly TableModel _model = new(50);

        public IReadOnlyList<Parameter> Parameters => _model.Parameters;

        internal int Passes { get; private set; }

        public ITreePass Forward(TokenTree tree) => throw new NotSupportedException();

        public ITreePass Evaluate(TokenTree tree)
        {
            Passes++;
            return _model.Evaluate(tree);
        }
    }

    static int[] Ids(string text) => [.. text.Split(' ').Select(int.Parse)];
}
