using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Facts;

public sealed class FactTaskTests
{
    const int Asked = 12;

    static readonly EvalSetting s_setting = EvalSamples.Setting with { Length = 4096, Samples = 3 }; // characters: the tests' tokens

    public static TheoryData<string> Names => ["facts/absent", "facts/several", "facts/two-hop", "facts/value"];

    [Theory, MemberData(nameof(Names))]
    public void Twelve_questions_about_a_document_share_its_tokens_and_its_group(string name)
    {
        EvalExample[] examples = [.. Task(name).Examples(s_setting)];

        Assert.Equal(3 * Asked, examples.Length);
        Assert.Equal(3 * Asked, Task(name).Count(s_setting));
        Assert.Equal(["4096-0", "4096-1", "4096-2"], examples.Select(e => e.Group).Distinct());
        foreach (IGrouping<string?, EvalExample> document in examples.GroupBy(e => e.Group))
        {
            Assert.Equal(Asked, document.Count());
            Assert.Equal(Asked, document.Select(e => e.Question).Distinct().Count());
            Assert.Equal(s_setting.Length, document.Max(e => Ids(e).Count + e.MaxNewTokens));
            string context = Context(document.First());
            Assert.All(document, e => Assert.Equal(context, Context(e)));
            Assert.All(document, e => Assert.True(EvalSamples.Text.Response(e.References[0]).Length < e.MaxNewTokens));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Same_setting_gives_same_examples_and_more_documents_move_none(string name)
    {
        Dictionary<string, EvalExample> more = Task(name).Examples(s_setting with { Samples = 4 }).ToDictionary(e => e.Id);

        Assert.Equal(4 * Asked, more.Count);
        Assert.All(Task(name).Examples(s_setting), e => Assert.Equal(Ids(e), Ids(more[e.Id])));
        Assert.NotEqual(Task(name).Examples(s_setting).SelectMany(Ids), Task(name).Examples(s_setting with { Seed = 8 }).SelectMany(Ids));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_text_holds_every_value_once_between_sentences_and_they_are_spread(string name) =>
        Assert.All(Task(name).Examples(s_setting), e =>
        {
            string text = Context(e);
            string[] all = [.. e.Details["values"], .. e.Details["others"]];
            Assert.All(all, v => Assert.Equal(2, text.Split(v, StringSplitOptions.None).Length));
            double[] places = [.. all.Select(v => text.IndexOf(v, StringComparison.Ordinal) / (double)text.Length).Order()];
            Assert.InRange(places[0], 0, 0.35);
            Assert.InRange(places[^1], 0.65, 1);
            Assert.InRange(all.Length, 12, 36);
        });

    [Fact]
    public void Absent_questions_name_no_key_of_the_text() => Assert.All(Task("facts/absent").Examples(s_setting), e =>
    {
        string asked = Assert.Single(e.Details["names"], n => e.Question.Contains(n, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(asked, Context(e), StringComparison.OrdinalIgnoreCase);
    });

    // Beginnings of hashes of what a model is given and scored by. A change makes scores incomparable and needs a new version.
    [Theory]
    [InlineData("facts/absent", "c97d4066d38cfbbd")]
    [InlineData("facts/several", "765d0c3e8d8d2d02")]
    [InlineData("facts/two-hop", "de352365d9bb9d50")]
    [InlineData("facts/value", "a582fa612873a077")]
    public void Examples_of_version_1_do_not_change(string name, string sha256)
    {
        Assert.Equal(1, Task(name).Card.Version);
        Assert.Equal(
            sha256,
            TaskData.Sha256(Task(name).Examples(s_setting).Select(e =>
                $"{e.Id} {string.Join(' ', Ids(e))} {e.MaxNewTokens} {e.References[0]} {string.Join('|', e.Details["values"])}"))[..16]);
    }

    [Theory]
    [InlineData("The number is 4821907.", "right")]
    [InlineData("4,821,907", "right")]
    [InlineData("It is 4821907, not 1234567 as in the old ledger.", "foreign")]
    [InlineData("It is 1,234,567.", "foreign")]
    [InlineData("It is 7654321.", "invented")]
    [InlineData("It is 48219070.", "invented")]
    [InlineData("It is x4821907.", "none")]
    [InlineData("It is 4821907_1.", "none")]
    [InlineData("The document does not say.", "none")]
    [InlineData("The firm of Quorel has 2 accounts.", "none")]
    [InlineData("", "none")]
    public void An_answer_has_one_class(string answer, string expected) =>
        AssertClass("facts/value", Number(["4821907"]), answer, expected, 0);

    [Theory]
    [InlineData("It is 4821907 and 5550001.", "right", 0)]
    [InlineData("It is 4821907.", "incomplete", 0.5)]
    [InlineData("It is 4821907 and 7654321.", "invented", 0.5)]
    [InlineData("It is 4821907, 5550001 and 1234567.", "foreign", 0)]
    [InlineData("I do not know.", "none", 1)]
    public void A_list_is_right_only_if_it_is_complete(string answer, string expected, double missing) =>
        AssertClass("facts/several", Number(["4821907", "5550001"]), answer, expected, missing);

    [Theory]
    [InlineData("The text does not mention it.", "right")]
    [InlineData("The text doesn't mention it, but Quorel has 1234567.", "foreign")]
    [InlineData("I'm sorry, it is 7654321.", "invented")]
    [InlineData("It is 7654321.", "invented")]
    [InlineData("It is large.", "none")]
    public void Only_a_refusal_is_right_where_the_text_has_no_answer(string answer, string expected) =>
        AssertClass("facts/absent", Number([]), answer, expected, 0);

    [Fact]
    public void A_name_in_the_question_is_no_invention_and_case_does_not_count()
    {
        EvalExample example = Number(["Greta Dalmor"]) with
        {
            Question = "Who keeps the Lighthouse at Quorel?",
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                ["values"] = ["Greta Dalmor"],
                ["others"] = ["Hugo Tarn"],
                ["names"] = ["the lighthouse at Quorel"],
                ["form"] = ["person"],
            },
        };

        AssertClass("facts/value", example, "the keeper is greta dalmor", "right", 0);
        AssertClass("facts/value", example, "I forgot who keeps the Lighthouse At Quorel.", "none", 0);
        AssertClass("facts/value", example, "It is kept by John Smith.", "invented", 0);
    }

    [Theory, MemberData(nameof(Names))]
    public void Too_short_a_context_is_refused_with_the_length_that_it_needs(string name)
    {
        InputException e = Assert.Throws<InputException>(() => Task(name).Examples(s_setting with { Length = 300 }).ToList());

        Assert.Contains("A context of 300 tokens is too short for this task; it needs at least ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_a_chat_template_gets_a_plain_prompt_that_ends_at_the_line()
    {
        EvalExample example = Task("facts/value").Examples(s_setting with { Format = null }).First();

        Assert.EndsWith($"\n\nQuestion: {example.Question}\nAnswer:", EvalSamples.Text.Decode([.. Ids(example)]), StringComparison.Ordinal);
        Assert.Equal(["\n"], example.Stop);
    }

    [Fact]
    public void Results_and_report_have_the_shares_of_the_classes_and_records_name_the_document()
    {
        EvalPlan plan = EvalSamples.Plan("facts/value") with { Lengths = [3000, 4096], Setting = s_setting with { Samples = 1 } };
        EvalResults results = EvalSamples.Runner(_ => "The text does not say.", _ => 0).Run(plan);

        TaskResult task = Assert.Single(results.Tasks);
        Assert.Equal((0.0, 1.0, 0.0), (task.All.Mean!.Value, task.All.Beside["none"], task.All.Beside["foreign"]));
        Assert.Equal(["3000-0", "4096-0"], results.Examples.Select(e => e.Group).Distinct());
        string report = ReportMarkdown.Of(EvalReport.Of("t", "", [new("base", results)]));
        Assert.Contains("**Other metrics; lower is better**", report, StringComparison.Ordinal);
        Assert.Contains("| base: none | 100.0 | 100.0 | 100.0 |", report, StringComparison.Ordinal);
    }

    static void AssertClass(string task, EvalExample example, string answer, string expected, double missing)
    {
        EvalScore score = Task(task).Score(example, answer);
        string[] others = expected == "right" ? [] : [expected];

        Assert.Equal(expected == "right" ? 1 : 0, score.Value);
        Assert.Equal(missing, score.Beside.GetValueOrDefault("missing"));
        Assert.Equal(others, score.Beside.Where(b => b.Key != "missing" && b.Value == 1).Select(b => b.Key));
    }

    static EvalExample Number(IReadOnlyList<string> values) => new("x", EvalPrompt.Of("x"), ["x"], 1)
    {
        Question = "What is the account number of the firm of Vornea?",
        Details = new Dictionary<string, IReadOnlyList<string>>
        {
            ["values"] = values,
            ["others"] = ["1234567"],
            ["names"] = ["the firm of Vornea", "the firm of Quorel"],
            ["form"] = ["digits 7"],
        },
    };

    static string Context(EvalExample example)
    {
        string text = EvalSamples.Text.Decode([.. Ids(example)]);
        return text[..text.LastIndexOf(example.Question, StringComparison.Ordinal)];
    }

    static IGeneratedTask Task(string name) => (IGeneratedTask)EvalTaskCatalog.Get(name);

    static IReadOnlyList<int> Ids(EvalExample example) => ((EvalPrompt.Tokens)example.Prompt).Ids;
}
