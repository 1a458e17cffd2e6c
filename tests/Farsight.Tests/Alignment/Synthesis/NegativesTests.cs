using Farsight.Alignment;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Synthesis;

/// <summary>Tests what rejected responses of LOGO data are written from.</summary>
public sealed class NegativesTests : IDisposable
{
    readonly SynthesisFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Irrelevant_negatives_see_irrelevant_chunks_only()
    {
        SynthesisSummary<LogoSettings> made = SynthesisFiles.Run(_files.Options(12) with { Negatives = Negatives.Irrelevant });

        Assert.Equal("irrelevant", made.Settings.Negatives);
        Assert.All(_files.Samples(), s => Assert.All(
            s.Provenance.Seen.Rejected, r => Assert.All(r, i => Assert.Equal(ChunkRole.Irrelevant, s.Context[i].Role))));
    }

    [Fact]
    public void Partial_negatives_see_a_chunk_that_is_not_irrelevant()
    {
        SynthesisSummary<LogoSettings> made = SynthesisFiles.Run(_files.Options(12) with { Negatives = Negatives.Partial });

        Assert.Equal("partial", made.Settings.Negatives);
        Assert.All(_files.Samples(), s => Assert.All(
            s.Provenance.Seen.Rejected, r => Assert.Contains(r, i => s.Context[i].Role != ChunkRole.Irrelevant)));
    }

    [Fact]
    public void Mixed_negatives_are_the_default_and_leave_no_trace_in_the_settings() =>
        Assert.DoesNotContain("on_policy", File.ReadAllText(Made(_files.Options(4)) + ".summary.json"), StringComparison.Ordinal);

    [Fact]
    public void On_policy_negatives_see_all_chunks_are_wrong_and_the_closest_in_form()
    {
        SynthesisSummary<LogoSettings> made = SynthesisFiles.Run(_files.Options(12) with { Negatives = Negatives.OnPolicy }, Fallible());

        Assert.Equal(("on_policy", 12), (made.Settings.Negatives, made.Counts.Written));
        Assert.InRange(made.Counts.Resampled["rejected_is_gold"], 5, 200);
        foreach (PreferenceSample sample in _files.Samples())
        {
            Assert.All(sample.Provenance.Seen.Rejected, r => Assert.Equal(Enumerable.Range(0, SynthesisFiles.Chunks), r));
            Assert.DoesNotContain(sample.Rejected, r => r.Contains(sample.Provenance.Fact!.Answer, StringComparison.Ordinal));
            Assert.All(sample.Rejected, r => Assert.StartsWith(sample.Chosen.Split(' ')[0], r)); // not "Nobody can say that."
            Assert.Equal(sample.Rejected.Distinct(), sample.Rejected);
        }
    }

    [Fact]
    public void On_policy_negatives_of_a_model_that_is_always_right_are_given_up()
    {
        InputException e = Assert.ThrowsAny<InputException>(
            () => SynthesisFiles.Run(_files.Options(2) with { Negatives = Negatives.OnPolicy }));

        Assert.Contains("rejected_is_gold 12", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void On_policy_negatives_are_sampled_at_the_positions_of_training()
    {
        Recorder recorder = new(Fallible());

        SynthesisSummary<LogoSettings> made = SynthesisFiles.Run(
            _files.Options(3) with { Negatives = Negatives.OnPolicy, Positions = PositionOption.Find("synthesized:8192") }, recorder);

        Assert.Contains("\"target_length\": 8192", File.ReadAllText(_files.Output + ".summary.json"), StringComparison.Ordinal);
        Prompt.Tokens[] placed = [.. recorder.Prompts.Where(p => p.Positions is not null)];
        Assert.All(recorder.Prompts.Except(placed), p => Assert.True(p.Ids.Count < SynthesisFiles.Chunks * SynthesisFiles.ChunkTokens));
        Assert.All(placed, p =>
        {
            Assert.Equal(p.Ids.Count, p.Positions!.Count);
            Assert.InRange(p.Positions[^1], p.Ids.Count, 8192 - made.Settings.MaxNewTokens - 1);
            // chunks are consecutive, with gaps between them
            int gaps = p.Positions.Zip(p.Positions.Skip(1)).Count(x => x.Second - x.First > 1);
            Assert.InRange(gaps, 1, SynthesisFiles.Chunks);
        });
        Assert.Equal(3, placed.Select(p => string.Join(' ', p.Positions!)).Distinct().Count()); // one draw per sample
    }

    [Fact]
    public void Positions_without_on_policy_negatives_are_refused()
    {
        LogoOptions options = _files.Options(3) with { Positions = PositionOption.Find("synthesized:8192") };

        Assert.Contains("positions applies to on-policy negatives only", Refused(options), StringComparison.Ordinal);
        options = options with { Negatives = Negatives.OnPolicy, Questions = QuestionSubject.Planted };
        Assert.Contains("positions is e2llm", Refused(options with { Positions = new E2Llm(4096, 8) }), StringComparison.Ordinal);
        Assert.Contains(
            "positions cannot be chosen for a model behind an endpoint",
            Assert.Throws<OptionException>(() => SynthesisRun.Start(
                options, SynthesisFiles.Endpoint(new ScriptedChat(_ => ""), 1), null, CancellationToken.None)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void On_policy_negatives_that_nothing_can_verify_are_refused() =>
        Assert.Contains(
            "negatives is on-policy, whose responses must be verified as wrong, and a question that the model writes has no known answer",
            Refused(_files.Options(3) with { Negatives = Negatives.OnPolicy, Questions = QuestionSubject.Document }),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"accepted": false, "reason": "No."}""", null)]
    [InlineData("""{"accepted": true, "reason": "Yes."}""", "rejected_is_gold")]
    [InlineData("who knows", "rejected_unverified")]
    [InlineData(null, "rejected_unverified")]
    public async Task Without_a_known_answer_a_judge_decides_what_is_wrong(string? verdict, string? fault)
    {
        OnPolicyResponses responses = new(
            Written(),
            new(1, 1, 0.8, 16, "scripted") { Negatives = Negatives.OnPolicy },
            verdict is null ? null : new QualityJudge(new ScriptedChat(_ => verdict).AsLanguageModel("judge")),
            "The lamp is red.");
        int n = 0;

        IReadOnlyList<string>? found = await responses.Find(
            asks => Task.FromResult<IReadOnlyList<string?>>([.. asks.Select(_ => $"The lamp is number {++n}.")]),
            "The lamp is red.", null, CancellationToken.None);

        Assert.Equal(fault is null, found is not null);
        Assert.All(responses.Faults, f => Assert.Equal(fault, f));
    }

    [Fact]
    public async Task Of_several_wrong_responses_the_closest_are_kept_closest_first()
    {
        OnPolicyResponses responses = new(
            Written() with { Origin = QuestionOrigin.Document, Gold = "The lamp of the tower is red." },
            new(1, 2, 0.8, 16, "scripted") { Negatives = Negatives.OnPolicy },
            null,
            "");
        const string Long = "The lamp of the tower is gone and nobody knows where it went.";
        string[] texts = ["No.", Long, "It is blue.", "The lamp is blue.", "Red."];

        IReadOnlyList<string>? found = await responses.Find(
            asks => Task.FromResult<IReadOnlyList<string?>>([.. asks.Select((_, i) => i < texts.Length ? texts[i] : null)]),
            "The lamp of the tower is red.", null, CancellationToken.None);

        Assert.Equal(["The lamp is blue.", Long], found!);
        Assert.Contains("rejected_is_gold", responses.Faults); // "Red." is a part of the known answer
    }

    static string Refused(LogoOptions options) => Assert.ThrowsAny<InputException>(() => SynthesisFiles.Run(options)).Message;

    static string Made(LogoOptions options)
    {
        SynthesisFiles.Run(options);
        return options.Out;
    }

    static SampleContext Written() => new(
        new(0, 0),
        QuestionOrigin.SingleDetail,
        [new("d", 0, [1, 2, 3], 1, ChunkRole.Relevant)],
        "What is the lamp?",
        "unknown",
        [0],
        [],
        null,
        true);

    /// <summary>Right without sampling; when sampled, right, wrong in the last word, or evasive.</summary>
    static ScriptedResponses Fallible() => SynthesisFiles.Script((_, request, answer) =>
        request.Sampling.Temperature == 0 ? answer
        : (request.Random.NextUInt64() % 6) switch
        {
            0 => answer,
            1 => $"Nobody can say that, whatever was asked, {Number(request)}.",
            _ => $"{answer[..(answer.LastIndexOf(' ') + 1)]}{Number(request)}.",
        });

    static ulong Number(ScriptedRequest request)
    {
        SeededRandom random = request.Random;
        random.NextUInt64();
        return random.NextUInt64() % 100_000;
    }

    sealed class Recorder(ILanguageModel model) : ILanguageModel
    {
        internal List<Prompt.Tokens> Prompts { get; } = [];

        public string Name => model.Name;

        public int? ContextWindow => model.ContextWindow;

        public ModelCapabilities Capabilities => model.Capabilities;

        public Task<IReadOnlyList<Completion>> CompleteAsync(
            IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
        {
            Prompts.AddRange(requests.Select(r => (Prompt.Tokens)r.Prompt));
            return model.CompleteAsync(requests, cancellationToken);
        }
    }
}
