using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>Represents the needle tasks: sentences hidden in consecutive text, and a question about them.</summary>
/// <remarks>
/// Version 1 of each. Differences from the sources: keys belong to the evaluation split, which training never sees. Numbers have 5 to 7
/// digits. The prompt uses the model's own chat format. "whole answer exact" compares the whole answer, where RULER only requires that the
/// number occurs; that is the metric "value" beside it.
/// <list type="bullet">
/// <item>needle/single: one "magic number" sentence at a known depth.</item>
/// <item>needle/words: the same with a password of two words, which other text contains too.</item>
/// <item>needle/distractors: one needle, and three of the same kind with other keys and values at
/// random depths, as RULER's niah_multikey_1.</item>
/// <item>needle/several: three needles of different kinds, all asked for. The first lies at depth d, the others at d + (1 −
/// d)·i/3, as in gkamradt's multi-needle test. The score is the share of the values that occur, as RULER's
/// string_match_all; "all" is 1 when every value occurs.</item>
/// <item>needle/near: one needle of any kind, and four of the same kind with near keys at random depths ("quiet lantern" beside "quiet
/// harbor"). "distractor" is 1 when another needle's value occurs.</item>
/// <item>needle/entities: one to three needles of one kind and one of another, at the depths of needle/several. The question asks for all
/// needles of the first kind without naming their keys. "invented" counts sentences of the answer that contain no value of the text.</item>
/// <item>needle/instructions: one needle, and a form for the answer (<see cref="NeedleForm"/>, the forms that <c>synth contrast</c>
/// teaches). The group "form" names it. A model that always answers with the sentence is right in one of five.</item>
/// <item>needle/unanswerable: three needles of one kind. Every second question asks for a fourth one, which is not in the text; the right
/// answer is then <see cref="NeedleQuestions.Refusal"/>. In both halves, every second example has near keys. "false refusals" and
/// "hallucinations" are shares of all examples. A model that was not taught the words of the refusal scores at most one half.</item>
/// </list>
/// </remarks>
sealed class NeedleTasks : IEvalTaskFamily
{
    const string Gkamradt = "gkamradt/LLMTest_NeedleInAHaystack @7b90d28", Ruler = "arXiv:2404.06654", Own = "our own";
    const string Exact = "whole answer exact";
    const string Others = "others", InText = "in text", Form = "form", Asked = "asked", Absent = "absent", Present = "present";
    const int Distractors = 3, NearKeys = 5, EntityCount = 3, Candidates = 4;

    static readonly NeedleKind[] s_severalKinds = [NeedleKind.MagicNumber, NeedleKind.Password, NeedleKind.Code];
    static readonly string[] s_refusal = [NeedleQuestions.Refusal];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        Task(
            "needle/single", "One needle", $"{Gkamradt}; {Ruler} (niah_single_2)", Exact, OneOf(NeedleKind.MagicNumber),
            NeedlePrompt.Score),
        Task(
            "needle/words", "One needle of words", $"{Gkamradt}; the template is our own", Exact, OneOf(NeedleKind.Password),
            NeedlePrompt.Score),
        Task(
            "needle/distractors", "One needle among three distractors", $"{Ruler} (niah_multikey_1)", Exact, AmongDistractors,
            NeedlePrompt.Score),
        Task(
            "needle/several", "Three needles, all asked for", $"{Ruler} (niah_multiquery); {Gkamradt} (multi-needle)",
            "share of values found", Several, ScoreSeveral),
        Task("needle/near", "One needle among four with near keys", Own, Exact, AmongNearKeys, ScoreNear, "distractor"),
        Task(
            "needle/entities", "All needles of a kind, and no others", Own, "share of values found", AllOfOneKind, ScoreEntities,
            "invented"),
        Task("needle/instructions", "One needle, and a form for the answer", Own, Exact, InForm, NeedlePrompt.Score),
        Task(
            "needle/unanswerable", "A needle that may be absent", Own, "right answer or right refusal", MaybeAbsent, ScoreUnanswerable,
            "false refusals", "hallucinations"),
    ];

    // Tasks of our own belong to no suite.
    static NeedleTask Task(
        string name, string title, string source, string metric, NeedleTask.Drawer draw, Func<EvalExample, string, EvalScore> score,
        params string[] faults)
    {
        EvalTaskCard card = NeedlePrompt.Card(name, title, source, metric) with
        {
            Metrics = [.. faults.Select(f => new EvalMetric(f) { IsLowerBetter = true })],
        };
        return new(source == Own ? card with { Suites = [] } : card, draw, score);
    }

    static NeedleTask.Drawer OneOf(NeedleKind kind) => (ref SeededRandom random, double depth, int number) =>
        NeedleDraft.One(NeedleMaker.Make(ref random, kind, NeedleSplit.Evaluation, new HashSet<string>()), depth);

    static NeedleDraft AmongDistractors(ref SeededRandom random, double depth, int number)
    {
        Needle needle = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, new HashSet<string>());
        IEnumerable<Needle> others = NeedleMaker.Distractors(ref random, needle, NeedleSplit.Evaluation, Distractors);
        return NeedleDraft.One(needle, depth) with { Needles = Spread(ref random, [needle, .. others], depth) };
    }

    static NeedleDraft Several(ref SeededRandom random, double depth, int number)
    {
        HashSet<string> inUse = [];
        List<Needle> needles = [];
        foreach (NeedleKind kind in s_severalKinds)
        {
            Needle needle = NeedleMaker.Make(ref random, kind, NeedleSplit.Evaluation, inUse);
            inUse.UnionWith([needle.Key, needle.Value]);
            needles.Add(needle);
        }
        return new(
            [.. needles.Select((n, i) => new PlacedNeedle(n, depth + (1 - depth) * i / s_severalKinds.Length))],
            string.Join(' ', needles.Select(n => n.Question)),
            string.Join(' ', needles.Select(n => n.Answer)),
            [.. needles.Select(n => n.Value)]);
    }

    static EvalScore ScoreSeveral(EvalExample example, string completion)
    {
        double share = TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]);
        return new(share, new Dictionary<string, double> { ["all"] = share == 1 ? 1 : 0 });
    }

    static NeedleDraft AmongNearKeys(ref SeededRandom random, double depth, int number)
    {
        IReadOnlyList<Needle> needles = SimilarNeedles.Make(ref random, random.Pick(NeedleMaker.Kinds), NeedleSplit.Evaluation, NearKeys);
        return NeedleDraft.One(needles[0], depth) with
        {
            Needles = Spread(ref random, needles, depth),
            Detail = (Others, [.. needles.Skip(1).Select(n => n.Value)]),
        };
    }

    static EvalScore ScoreNear(EvalExample example, string completion)
    {
        EvalScore score = NeedlePrompt.Score(example, completion);
        double distractor = TextMatch.ShareFound(completion, example.Details[Others]) > 0 ? 1 : 0;
        return score with { Beside = new Dictionary<string, double>(score.Beside) { ["distractor"] = distractor } };
    }

    static NeedleDraft AllOfOneKind(ref SeededRandom random, double depth, int number)
    {
        NeedleKind kind = random.Pick(NeedleMaker.Kinds);
        NeedleKind another = random.Pick([.. NeedleMaker.Kinds.Where(k => k != kind)]);
        IReadOnlyList<Needle> needles = NeedleMaker.MakeMany(ref random, kind, NeedleSplit.Evaluation, 1 + random.Next(EntityCount));
        HashSet<string> inUse = [.. needles.SelectMany(n => new[] { n.Key, n.Value })];
        Needle other = NeedleMaker.Make(ref random, another, NeedleSplit.Evaluation, inUse);
        PlacedNeedle[] placed =
        [
            .. needles.Select((n, i) => new PlacedNeedle(n, depth + (1 - depth) * i / EntityCount)),
            new(other, random.NextDouble()),
        ];
        string[] values = [.. needles.Select(n => n.Value)];
        return new(placed, NeedleQuestions.List(kind), NeedleQuestions.List(needles), values)
        {
            Detail = (InText, [.. values, other.Value]),
        };
    }

    static EvalScore ScoreEntities(EvalExample example, string completion) =>
        new(TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]), new Dictionary<string, double>
        {
            ["exact"] = TextMatch.Exact(completion, example.References),
            ["invented"] = completion.Split('.', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Count(s => TextMatch.ShareFound(s, example.Details[InText]) == 0),
        });

    static NeedleDraft InForm(ref SeededRandom random, double depth, int number)
    {
        NeedleForm form = random.Pick(NeedleForm.All);
        Needle needle = NeedleMaker.Make(ref random, random.Pick(NeedleMaker.Kinds), NeedleSplit.Evaluation, new HashSet<string>());
        return new([new(needle, depth)], form.Question(needle), form.Answer(needle), [needle.Value])
        {
            LongestAnswer = NeedleForm.All[^1].Answer(needle),
            Group = (Form, form.Name),
        };
    }

    static NeedleDraft MaybeAbsent(ref SeededRandom random, double depth, int number)
    {
        (bool isAbsent, bool isNear) = (number % 2 == 1, number / 2 % 2 == 1);
        NeedleKind kind = random.Pick(NeedleMaker.Kinds);
        IReadOnlyList<Needle> needles = isNear
            ? SimilarNeedles.Make(ref random, kind, NeedleSplit.Evaluation, Candidates)
            : NeedleMaker.MakeMany(ref random, kind, NeedleSplit.Evaluation, Candidates);
        Needle asked = needles[0];
        List<PlacedNeedle> placed = Spread(ref random, [.. needles.Skip(isAbsent ? 1 : 0).Take(Candidates - 1)], depth);
        string right = isAbsent ? NeedleQuestions.Refusal : asked.Answer;
        return new(placed, asked.Question, right, [isAbsent ? right : asked.Value])
        {
            LongestAnswer = asked.Answer,
            Group = (Asked, isAbsent ? Absent : Present),
        };
    }

    static EvalScore ScoreUnanswerable(EvalExample example, string completion)
    {
        bool isAbsent = example.ValueOf(Asked) == Absent, isRefusal = TextMatch.Exact(completion, s_refusal) == 1;
        return new(TextMatch.Exact(completion, example.References), new Dictionary<string, double>
        {
            ["false refusals"] = !isAbsent && isRefusal ? 1 : 0,
            ["hallucinations"] = isAbsent && !isRefusal ? 1 : 0,
        });
    }

    // The first needle at the given depth, the others at random depths.
    static List<PlacedNeedle> Spread(ref SeededRandom random, IReadOnlyList<Needle> needles, double depth)
    {
        List<PlacedNeedle> placed = [new(needles[0], depth)];
        foreach (Needle other in needles.Skip(1))
        {
            placed.Add(new(other, random.NextDouble()));
        }
        return placed;
    }
}

/// <summary>Represents one row of the table of needle tasks.</summary>
/// <param name="card">The task's card.</param>
/// <param name="draw">Draws what an example hides and asks.</param>
/// <param name="score">Scores a completion.</param>
sealed class NeedleTask(EvalTaskCard card, NeedleTask.Drawer draw, Func<EvalExample, string, EvalScore> score) : IGeneratedTask
{
    /// <summary>Draws the needles and the question of one example.</summary>
    /// <param name="random">The example's stream; advanced.</param>
    /// <param name="depth">The depth of the needle that is asked for, 0 to 1.</param>
    /// <param name="number">The number of the example in its cell, from 0.</param>
    internal delegate NeedleDraft Drawer(ref SeededRandom random, double depth, int number);

    /// <inheritdoc/>
    public EvalTaskCard Card => card;

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => NeedlePrompt.Each(
        setting,
        card.Name,
        (ref SeededRandom random, string id, double depth, int number) =>
            NeedlePrompt.Build(ref random, setting, card.Name, id, depth, draw(ref random, depth, number)));

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => score(example, completion);
}
