using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Tests what a second run in a directory does when references, details or judge prompts have changed.</summary>
public sealed class KeptRecordTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<string> _notices = [];

    string Examples => _folder[EvalFiles.ExamplesName];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_changed_reference_scores_the_kept_answer_again_without_asking_the_model()
    {
        Run(new KeyedTask("1"), _ => "1");
        ScriptedCompleter silent = new(_ => throw new InvalidOperationException("asked"));

        EvalResults changed = Run(new KeyedTask("2"), silent);
        EvalResults fresh = EvalSamples.Runner(new ScriptedCompleter(_ => "1")).Run(ScriptedPlans.Of(new KeyedTask("2")));

        Assert.Equal((0, 0d), (silent.Asked, changed.Tasks[0].All.Mean));
        Assert.Equal(["2"], changed.Examples[0].References);
        Assert.Equal(
            EvalFiles.ToJson(fresh with { Examples = [], Lines = [] }), EvalFiles.ToJson(changed with { Examples = [], Lines = [] }));
        Assert.Equal("2 kept answers were scored again, because their references or details have changed.", Assert.Single(_notices));
        Assert.Equal(EvalFiles.ToJson(changed), EvalFiles.ToJson(EvalFiles.ReadResults(_folder.Path)));

        byte[] file = File.ReadAllBytes(Examples);
        Run(new KeyedTask("2"), silent);
        Assert.Equal(file, File.ReadAllBytes(Examples)); // the new scores are kept as well
        Assert.Single(_notices);
    }

    [Fact]
    public void Changed_details_and_groups_count_as_a_changed_reference()
    {
        Run(new KeyedTask("1", "one"), _ => "1");

        EvalResults changed = Run(new KeyedTask("1", "two"), _ => throw new InvalidOperationException("asked"));

        Assert.Equal("two", changed.Examples[0].Groups["kind"]);
        Assert.Equal(["two"], changed.Tasks[0].By.Select(c => c.Groups["kind"]).DefaultIfEmpty("two"));
    }

    [Fact]
    public void A_file_of_an_earlier_version_is_resumed_and_checked_by_scoring_again()
    {
        Run(new KeyedTask("1"), _ => "1");
        RemoveHashes();
        byte[] file = File.ReadAllBytes(Examples);
        ScriptedCompleter silent = new(_ => throw new InvalidOperationException("asked"));

        Assert.Equal(1, Run(new KeyedTask("1"), silent).Tasks[0].All.Mean);
        Assert.Equal(file, File.ReadAllBytes(Examples));
        Assert.Empty(_notices);

        Assert.Equal(0, Run(new KeyedTask("2"), silent).Tasks[0].All.Mean);
        Assert.Single(_notices);
    }

    [Fact]
    public void Kept_log_probabilities_of_choices_are_scored_again()
    {
        EvalPlan Plan(int right) => ScriptedPlans.Of(new KeyedChoices(right)) with { Notice = _notices.Add };
        EvalSamples.Runner(_ => "", prompt => -prompt).Run(Plan(1), _folder.Path);

        EvalResults changed = EvalSamples.Runner(_ => "", _ => throw new InvalidOperationException("asked")).Run(Plan(0), _folder.Path);

        Assert.Equal(0, changed.Tasks[0].All.Mean);
        Assert.Single(_notices);
    }

    [Theory]
    [InlineData(false, "Is it good?", 0)]
    [InlineData(false, "Is it right?", 2)] // the judge has not seen this prompt
    [InlineData(true, "Is it good?", 2)] // whether it has is not recorded
    public void A_changed_judge_prompt_is_judged_again(bool isOld, string prompt, int asked)
    {
        EvalResults Judged(string question, ScriptedChat judge) => new EvalRunner(
            new ScriptedChat(_ => "1").AsLanguageModel("scripted"), ScriptedPlans.Prompts, null, new(judge.AsLanguageModel("judge")))
            .Run(ScriptedPlans.Of(new AskingTask(question)) with { Notice = _notices.Add }, _folder.Path);
        Judged("Is it good?", new(_ => "good"));
        if (isOld)
        {
            RemoveHashes();
        }
        ScriptedChat again = new(_ => "bad");

        EvalResults results = Judged(prompt, again);

        Assert.Equal((asked, asked == 0 ? 1 : 0), (again.Asked, results.Tasks[0].All.Mean));
        Assert.Equal(
            asked == 0
                ? []
                : ["2 kept examples were measured again, because their references, details or judge prompts have changed or are "
                    + "not recorded."],
            _notices);
    }

    EvalResults Run(IEvalTask task, Func<CompletionRequest, string> answer) => Run(task, new ScriptedCompleter(answer));

    EvalResults Run(IEvalTask task, ScriptedCompleter model) =>
        EvalSamples.Runner(model).Run(ScriptedPlans.Of(task) with { Notice = _notices.Add }, _folder.Path);

    /// <summary>Rewrites the file as earlier versions wrote it.</summary>
    void RemoveHashes() => File.WriteAllLines(Examples, File.ReadAllLines(Examples).Select(l =>
    {
        JsonObject line = JsonNode.Parse(l)!.AsObject();
        Assert.True(line.Remove("scoring_sha256"));
        return line.ToJsonString();
    }));

    sealed class KeyedTask(string right, string kind = "one") : ScriptedTask("test/keyed", 2), IGeneratedTask
    {
        public override IEnumerable<EvalExample> Examples(EvalSetting setting) => base.Examples(setting).Select(e => e with
        {
            References = [right],
            Groups = new Dictionary<string, string> { ["kind"] = kind },
        });

        public EvalScore Score(EvalExample example, string completion) => EvalScore.Of(completion == example.References[0]);
    }

    sealed class KeyedChoices(int right) : ScriptedTask("test/keyed-choices", 2), IChoiceTask
    {
        public override IEnumerable<EvalExample> Examples(EvalSetting setting) => base.Examples(setting).Select(e => e with
        {
            MaxNewTokens = 0,
            References = [$"{right}"],
            Choices = [new("yes") { Prompt = EvalPrompt.Of("long prompt") }, new("no") { Prompt = EvalPrompt.Of("short") }],
        });

        public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
            EvalScore.Of((choices[0].LogProb > choices[1].LogProb ? "0" : "1") == example.References[0]);
    }

    sealed class AskingTask(string question) : ScriptedTask("test/asking", 2), IJudgedTask
    {
        public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
            [new("user", $"{question} {completions[^1]}")];

        public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) => EvalScore.Of(verdict == "good");
    }
}
