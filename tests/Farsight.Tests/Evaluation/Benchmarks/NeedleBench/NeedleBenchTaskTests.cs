using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.NeedleBench;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.NeedleBench;

public sealed class NeedleBenchTaskTests : IDisposable
{
    const string Templates = "evaldata/needlebench/atc_v2_prompts.json";

    readonly TemporaryFolder _folder = new();

    EvalSetting Setting =>
        new(Length: 4000, Seed: 1)
        {
            Data = new(_folder.Path),
            Tokens = new CharacterText(),
            Depths = [0, 0.5, 1],
            Samples = 2,
        };

    public NeedleBenchTaskTests()
    {
        Directory.CreateDirectory(_folder["needlebench"]);
        Write(
            "needles.jsonl",
            Enumerable
                .Range(10, 14)
                .Select(i => new
                {
                    needle = $"The harbour of Town{i} is deep{i}.",
                    retrieval_question = $"How is the harbour of Town{i}? Say 'The harbour of Town{i} is ______.'",
                    arg1 = $"Town{i}",
                    arg2 = $"deep{i}",
                    language = "English",
                }));
        Write(
            "PaulGrahamEssays.jsonl",
            Enumerable.Range(0, 40).Select(i => new { text = string.Concat(Enumerable.Repeat($"Line {i} says little. ", 10)) }));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_needle_stands_at_its_depth_in_the_tokens()
    {
        EvalExample[] examples = [.. Task("needlebench_single_en").Examples(Setting)];

        Assert.Equal(6, examples.Length);
        foreach (EvalExample example in examples)
        {
            string context = Said(example).Split("\n\n")[0], needle = Needle(example);
            double depth = double.Parse(example.ValueOf(EvalExample.Depth)!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(
                Said(example).IndexOf(needle, StringComparison.Ordinal),
                (depth * (3400 - needle.Length)) - 1,
                (depth * (3400 - needle.Length)) + 1);
            Assert.True(context.Length <= 3400 && Said(example).Contains(example.Question, StringComparison.Ordinal));
            Assert.Equal(1, Task("needlebench_single_en").Score(example, $"It is {example.References[0]}.").Value);
            Assert.Equal(0, Task("needlebench_single_en").Score(example, "").Value);
        }
        Assert.Equal(2, examples.Select(e => e.References[0]).Distinct().Count());
    }

    [Fact]
    public void Several_needles_are_asked_for_together_and_scored_by_their_share()
    {
        IGeneratedTask task = Task("needlebench_multi_en");
        EvalExample example = task.Examples(Setting).First();

        Assert.Equal(11, example.References.Count);
        Assert.Equal(11, example.References.Distinct().Count());
        Assert.All(example.References, k => Assert.Contains($"is {k}.", Said(example)));
        Assert.Equal(3.0 / 11, task.Score(example, string.Join(' ', example.References.Take(3))).Value, 12);
    }

    [Fact]
    public void A_length_that_the_documents_do_not_fill_is_refused()
    {
        Write("PaulGrahamEssays.jsonl", [new { text = "One line." }, new { text = "Another." }]);

        string message = Assert.Throws<InputException>(() => Task("needlebench_single_en").Examples(Setting).Count()).Message;

        Assert.StartsWith("The documents of NeedleBench have 17 tokens, but ", message);
        Assert.EndsWith(" are needed; evaluate a shorter length.", message);
    }

    [Fact]
    public void A_prompt_of_the_users_goes_before_our_own()
    {
        File.WriteAllText(_folder["needlebench/prompts.json"], """{ "single_en": "<d>{context}</d> {{x}} {retrieval_question}" }""");

        EvalExample example = Task("needlebench_single_en").Examples(Setting).First();

        Assert.StartsWith("<d>\nThe harbour", Said(example));
        Assert.EndsWith("</d> {x} " + example.Question, Said(example));
    }

    [SharedFact(Templates)]
    public void A_trace_names_everybody_and_its_answer_follows()
    {
        AncestralTrace trace = new(
            new(JsonDocument.Parse(File.ReadAllText(SharedMaterial.PathOf(Templates))).RootElement, Templates),
            isChinese: false,
            InventedNames.All);

        (string prompt, string answer) = trace.Make(TraceQuestion.EldestAncestor, 16, 0);

        Assert.Equal(17, InventedNames.All.Count(n => prompt.Contains(n, StringComparison.Ordinal)));
        Assert.Contains(@"\boxed{", prompt);
        Assert.DoesNotContain("{shuffled_story}", prompt);
        Assert.Contains(answer, InventedNames.All);
        Assert.NotEqual(prompt, trace.Make(TraceQuestion.EldestAncestor, 16, 1).Prompt);
        Assert.InRange(
            int.Parse(trace.Make(TraceQuestion.RelationshipDistance, 16, 0).Answer, System.Globalization.CultureInfo.InvariantCulture),
            16,
            32);
        Assert.Contains("names.json", Assert.Throws<InputException>(() => trace.Make(TraceQuestion.NthAncestor, 700, 0)).Message);
    }

    // Hashes of what the original's program made of the same names, forty prompts and answers each.
    [SharedTheory(Templates)]
    [Trait("Category", "Golden")]
    [InlineData(false, "6ea350dd8feb546720adb5d50d0807a8cd1bae78e1a6ffc0f8248d89963189fb")]
    [InlineData(true, "717b3b48c50a1ba44b2c79814243900c3f46b74b3443a71b6138b430c94c3afe")]
    public void Traces_are_the_originals(bool isChinese, string sha256)
    {
        AncestralTrace trace = new(
            new(JsonDocument.Parse(File.ReadAllText(SharedMaterial.PathOf(Templates))).RootElement, Templates),
            isChinese,
            InventedNames.All);

        string all = string.Join(
            '\n',
            Enum.GetValues<TraceQuestion>()
                .SelectMany(q => Enumerable.Range(0, 10).Select(r => trace.Make(q, 16, r)))
                .Select(t => $"{t.Prompt}\n{t.Answer}"));

        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all))));
    }

    static IGeneratedTask Task(string name) => (IGeneratedTask)EvalTaskCatalog.Get(name);

    static string Said(EvalExample example) => Assert.Single(Assert.IsType<EvalPrompt.Messages>(example.Prompt).Turns).Content;

    static string Needle(EvalExample example) =>
        $"\nThe harbour of {example.References[0].Replace("deep", "Town", StringComparison.Ordinal)} is {example.References[0]}.\n";

    void Write(string file, IEnumerable<object> lines) =>
        File.WriteAllLines(_folder["needlebench/" + file], lines.Select(l => JsonSerializer.Serialize(l)));
}
