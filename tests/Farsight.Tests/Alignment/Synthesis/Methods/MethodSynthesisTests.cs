using Farsight.Alignment;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Clarify;
using Farsight.Alignment.Synthesis.In2;
using Farsight.Alignment.Synthesis.LongReward;
using Farsight.Alignment.Synthesis.Methods;
using Farsight.Alignment.Synthesis.Multihop;
using Farsight.Alignment.Synthesis.RetrieveReason;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis.Methods;

public sealed class MethodSynthesisTests : IDisposable
{
    const int ChunkTokens = 96, MinChunks = 4, MaxChunks = 12;

    readonly TemporaryFolder _folder = new();

    public MethodSynthesisTests()
    {
        Directory.CreateDirectory(_folder["documents"]);
        LedgerScript.WriteDocuments(_folder["documents"]);
    }

    public static TheoryData<string> Methods => ["in2", "retrieve-reason", "multihop", "clarify", "longreward"];

    [Theory, MemberData(nameof(Methods))]
    public void A_run_that_breaks_down_continues_to_the_same_bytes(string method)
    {
        Run(Options(method, 40, "whole.jsonl"));
        int calls = Calls(Options(method, 40, "counted.jsonl"));

        Assert.Equal("The model is gone.", Assert.ThrowsAny<InputException>(() =>
            Run(Options(method, 40, "made.jsonl"), LedgerScript.Local(failsAt: calls - 1))).Message);
        int kept = File.ReadAllLines(_folder["made.jsonl.partial"]).Length;
        Run(Options(method, 40, "made.jsonl"));

        Assert.InRange(kept, 1, 39);
        Assert.Equal(File.ReadAllBytes(_folder["whole.jsonl"]), File.ReadAllBytes(_folder["made.jsonl"]));
        Assert.True(File.Exists(_folder["made.jsonl.card.md"]));
    }

    [Theory, MemberData(nameof(Methods))]
    public void Shards_of_an_endpoint_merge_to_the_bytes_of_one_run(string method)
    {
        Run(Options(method, 6, "whole.jsonl"), LedgerScript.Behind());
        foreach (int i in new[] { 2, 1 })
        {
            Run(Options(method, 6, "made.jsonl") with { Shard = SynthesisShard.Parse($"{i}/2") }, LedgerScript.Behind());
        }
        ShardMerge.Write(
            _folder["merged.jsonl"], [_folder["made.shard-1-of-2.jsonl"], _folder["made.shard-2-of-2.jsonl"]], allowMissing: false);

        Assert.Equal(File.ReadAllBytes(_folder["whole.jsonl"]), File.ReadAllBytes(_folder["merged.jsonl"]));
    }

    [Theory, MemberData(nameof(Methods))]
    public void The_default_chunks_and_lengths_of_a_method_fit_the_window(string method)
    {
        MethodOptions options = Options(method, 2, "made.jsonl") with { ChunkTokens = null, Length = null };

        SynthesisSummary<MethodSettings> summary = Run(options);

        Assert.Equal(2, summary.Counts.Written);
        Assert.InRange(summary.Settings.ChunkTokens, 128, 2048 / 4);
    }

    [Fact]
    public void Other_settings_of_a_method_are_refused_by_name()
    {
        Run(Options("in2", 2, "made.jsonl"));

        In2Options other = (In2Options)Options("in2", 2, "made.jsonl") with { Segments = 3 };
        OptionException refused = Assert.Throws<OptionException>(() => Run(other));

        Assert.StartsWith("segments is 3 instead of 5", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9-4", null, "length is 9-4")]
    [InlineData("50", null, "length starts at 50")]
    [InlineData("100000", null, "The documents have ")]
    [InlineData(null, 15, "chunk_tokens is 15; use 16 or more")]
    [InlineData(null, 2000, "chunk_tokens is 2000")]
    public void Values_that_cannot_be_used_are_named(string? length, int? chunkTokens, string named)
    {
        MethodOptions options = Options("in2", 2, "made.jsonl");
        options = options with { Length = length ?? options.Length, ChunkTokens = chunkTokens ?? ChunkTokens };

        Assert.StartsWith(named, Assert.ThrowsAny<InputException>(() => Run(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In2_places_the_segment_and_the_length_uniformly_and_the_segment_answers()
    {
        const int Samples = 600;
        PreferenceSample[] samples = Made((In2Options)Options("in2", Samples, "made.jsonl") with { Shares = "1:0:0" });

        int[] depths = new int[4], lengths = new int[MaxChunks - MinChunks + 1];
        foreach (PreferenceSample sample in samples)
        {
            int[] gold = sample.Provenance.Seen.Chosen;
            int at = Assert.Single(gold);
            depths[4 * at / sample.Context.Count] += sample.Context.Count % 4 == 0 ? 1 : 0;
            lengths[sample.Context.Count - MinChunks]++;
            Assert.Contains(sample.Chosen, Text(sample, at), StringComparison.Ordinal);
            Assert.Equal(ChunkRole.Relevant, sample.Context[at].Role);
            Assert.DoesNotContain(
                sample.Context[at].Document, sample.Context.Where((_, i) => i != at).Select(c => c.Document));
            Assert.Empty(sample.Rejected);
        }

        Assert.Equal(Samples, samples.Length);
        Assert.InRange(ChiSquare(depths), 0, 16.27); // 3 degrees of freedom, p = 0.001
        Assert.InRange(ChiSquare(lengths), 0, 26.12); // 8 degrees of freedom, p = 0.001
    }

    [Fact]
    public void In2_draws_its_three_parts_in_their_shares()
    {
        PreferenceSample[] samples = Made(Options("in2", 300, "made.jsonl"));

        Dictionary<string, int> parts = samples.CountBy(s => s.Id.Split('-')[1]).ToDictionary();
        Assert.InRange(parts["segment"], 180, 245); // 63 of 89 of 300 is 212
        Assert.InRange(parts["several"], 35, 80);
        Assert.InRange(parts["short"], 15, 50);
        Assert.All(samples.Where(s => s.Id.Contains("several", StringComparison.Ordinal)), s =>
            Assert.InRange(s.Provenance.Seen.Chosen.Length, 2, 5));
        Assert.All(samples.Where(s => s.Id.Contains("short", StringComparison.Ordinal)), s =>
            Assert.All(s.Context, c => Assert.Equal(ChunkRole.Relevant, c.Role)));
    }

    [Fact]
    public void Retrieve_reason_quotes_the_source_and_rejects_invented_evidence()
    {
        PreferenceSample[] samples = Made(Options("retrieve-reason", 20, "made.jsonl"));

        Assert.All(samples, s =>
        {
            string quoted = s.Chosen.Split("\n- ")[1].Split("\n\n")[0], context = string.Concat(s.Context.Select((_, i) => Text(s, i)));
            Assert.Contains(quoted, context, StringComparison.Ordinal);
            Assert.EndsWith($"Answer: {quoted}", s.Chosen, StringComparison.Ordinal);
            Assert.StartsWith($"Evidence:\n- {LedgerScript.WrongAnswer}\n\nAnswer: ", Assert.Single(s.Rejected), StringComparison.Ordinal);
            Assert.DoesNotContain(LedgerScript.WrongAnswer, context, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Retrieve_reason_drops_a_sample_whose_model_invents_the_chosen_evidence()
    {
        InputException none = Assert.ThrowsAny<InputException>(() => Run(
            Options("retrieve-reason", 2, "made.jsonl"),
            LedgerScript.Local(answer: (prompt, random) => prompt.Contains("Copy the sentences of the text above", StringComparison.Ordinal)
                ? "On day 999 the keeper of Nowhere counted 0 lamps."
                : LedgerScript.Answer(prompt, random))));

        Assert.Contains("evidence_not_in_source 12", none.Message, StringComparison.Ordinal); // six tries of two samples
    }

    [Fact]
    public void Multihop_merges_questions_about_different_documents_and_marks_each()
    {
        PreferenceSample[] samples = Made((MultihopOptions)Options("multihop", 20, "made.jsonl") with { Hops = 3 });

        Assert.All(samples, s =>
        {
            int[] gold = s.Provenance.Seen.Chosen;
            Assert.Equal(3, gold.Length);
            Assert.Equal(3, gold.Select(i => s.Context[i].Document).Distinct().Count());
            Assert.StartsWith("multihop-3-", s.Id, StringComparison.Ordinal);
            Assert.All(
                s.Chosen.Split(". ").Select(f => f.TrimEnd('.') + "."),
                f => Assert.Contains(gold, i => Text(s, i).Contains(f, StringComparison.Ordinal)));
            Assert.Equal(QuestionOrigin.MultiDetail, s.Provenance.Question);
        });
    }

    [Fact]
    public void Multihop_counts_what_its_verifiers_refuse()
    {
        int verdicts = 0;
        SynthesisCounts counts = Run(
            Options("multihop", 20, "made.jsonl"),
            LedgerScript.Local(answer: (prompt, random) => prompt.Contains("Answer with yes or no first", StringComparison.Ordinal)
                ? ++verdicts % 4 == 0 ? "No, because it knows." : "**Yes**"
                : LedgerScript.Answer(prompt, random))).Counts;

        Assert.InRange(counts.Written, 10, 20); // six tries may all fail
        Assert.InRange(counts.Dropped["question_unclear"] + counts.Dropped["not_multi_hop"], 1, 100);
    }

    [Fact]
    public void Clarify_points_to_the_chunk_that_answers_and_rejects_a_worse_path()
    {
        PreferenceSample[] samples = Made(Options("clarify", 20, "made.jsonl"));

        Assert.All(samples, s =>
        {
            int answering = Enumerable.Range(0, s.Context.Count).Single(i => s.Context[i].Role == ChunkRole.Relevant);
            Assert.Contains(answering, s.Provenance.Seen.Chosen);
            Assert.Contains($"<para {answering + 1}>", s.Chosen, StringComparison.Ordinal);
            Assert.StartsWith($"<para {answering + 1}> ", Text(s, answering).TrimStart(), StringComparison.Ordinal);
            Assert.EndsWith($"Answer: {LedgerScript.WrongAnswer}", Assert.Single(s.Rejected), StringComparison.Ordinal);
            Assert.DoesNotContain(LedgerScript.WrongAnswer, s.Chosen, StringComparison.Ordinal);
        });
        Assert.Contains(samples, s => s.Id.StartsWith("clarify-depth1-", StringComparison.Ordinal));
        Assert.Contains(samples, s => s.Id.StartsWith("clarify-depth2-", StringComparison.Ordinal));
    }

    [Fact]
    public void Clarify_finds_more_right_answers_with_every_round()
    {
        int[] recalled = new int[3];
        for (int depth = 1; depth <= 3; depth++)
        {
            ClarifyOptions options = (ClarifyOptions)Options("clarify", 64, $"depth{depth}.jsonl") with
            {
                Breadth = 1,
                Depth = depth,
                Pairs = ClarifyPairs.None,
            };
            SynthesisCounts counts = Run(options).Counts;
            recalled[depth - 1] = 1000 * counts.Written / counts.Tried; // a dropped try found no right node
            Assert.All(PreferenceDataset.Stream(_folder[$"depth{depth}.jsonl"]), s => Assert.Empty(s.Rejected));
        }

        Assert.True(recalled[0] < recalled[1] && recalled[1] < recalled[2], string.Join(", ", recalled));
    }

    [Fact]
    public void Clarify_can_reject_a_sibling_of_the_best_node()
    {
        PreferenceSample[] samples = Made(
            (ClarifyOptions)Options("clarify", 20, "made.jsonl") with { Pairs = ClarifyPairs.Siblings });

        // Siblings have the same rounds before their last one.
        Assert.All(samples, s => Assert.Equal(
            s.Chosen[..s.Chosen.LastIndexOf("Clarify:", StringComparison.Ordinal)],
            s.Rejected[0][..s.Rejected[0].LastIndexOf("Clarify:", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Longreward_prefers_the_response_that_the_judge_rates_best()
    {
        PreferenceSample[] samples = Made(Options("longreward", 12, "made.jsonl"));

        Assert.All(samples, s =>
        {
            Assert.StartsWith("On day ", s.Chosen, StringComparison.Ordinal);
            Assert.Equal([LedgerScript.WrongAnswer], s.Rejected);
        });
    }

    [Fact]
    public void Longreward_drops_equal_rewards_and_extracts_once_per_prompt()
    {
        int extractions = 0, prompts = 0;
        InputException none = Assert.ThrowsAny<InputException>(() => Run(
            (LongRewardOptions)Options("longreward", 2, "made.jsonl") with { Length = "960" },
            LedgerScript.Local(answer: (prompt, random) =>
            {
                extractions += prompt.Contains("Copy everything", StringComparison.Ordinal) ? 1 : 0;
                prompts += prompt.Contains("Write one question", StringComparison.Ordinal) ? 1 : 0;
                return prompt.Contains("double brackets", StringComparison.Ordinal) ? "[[1]]" : LedgerScript.Answer(prompt, random);
            })));

        Assert.Contains("no_margin", none.Message, StringComparison.Ordinal);
        Assert.InRange(extractions, 1, prompts);
    }

    public void Dispose() => _folder.Dispose();

    MethodOptions Options(string method, int samples, string output)
    {
        (string documents, string path) = (_folder["documents"], _folder[output]);
        MethodOptions options = method switch
        {
            "in2" => new In2Options("unused", documents, samples, 5, path),
            "retrieve-reason" => new RetrieveReasonOptions("unused", documents, samples, 5, path),
            "multihop" => new MultihopOptions("unused", documents, samples, 5, path),
            "clarify" => new ClarifyOptions("unused", documents, samples, 5, path) { Breadth = 4 },
            _ => new LongRewardOptions("unused", documents, samples, 5, path),
        };
        return options with { ChunkTokens = ChunkTokens, Length = $"{MinChunks * ChunkTokens}-{MaxChunks * ChunkTokens}" };
    }

    static PreferenceSample[] Made(MethodOptions options)
    {
        Assert.Equal(options.Samples, Run(options).Counts.Written);
        return [.. PreferenceDataset.Stream(options.Out)];
    }

    static SynthesisSummary<MethodSettings> Run(MethodOptions options, SynthesisModel? model = null) =>
        SynthesisRun.Start(options, model ?? LedgerScript.Local(), null, CancellationToken.None);

    static int Calls(MethodOptions options)
    {
        int calls = 0;
        Run(options, LedgerScript.Local(answer: (prompt, random) =>
        {
            calls++;
            return LedgerScript.Answer(prompt, random);
        }));
        return calls;
    }

    static string Text(PreferenceSample sample, int chunk) => SynthesisFiles.Tokenizer.Decode(sample.Context[chunk].Tokens);

    static double ChiSquare(int[] counts)
    {
        double expected = (double)counts.Sum() / counts.Length;
        return counts.Sum(c => (c - expected) * (c - expected) / expected);
    }
}
