using Farsight.Evaluation.Core;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongIcl;

public sealed class LongIclTests(ITestOutputHelper output)
{
    [SharedFact("evaldata/liconbench")]
    public void All_examples_are_made_and_references_score_1() =>
        BenchmarkRun.Check(
            output,
            "longicl",
            expectedTasks: 5,
            expectedExamples: 2500,
            e => e.Details["names"].Any(n => n.Contains(": ", StringComparison.Ordinal)) ? null : e.References[0]);

    [SharedFact("evaldata/liconbench")]
    public void Each_round_shows_more_demonstrations() =>
        Assert.Equal(
            [57, 114, 170, 224, 281],
            Enumerable
                .Range(1, 5)
                .Select(r =>
                    BenchmarkRun
                        .Text(EvalTaskCatalog.Get($"longicl_few-nerd_{r}r").Examples(BenchmarkRun.Setting).First())
                        .Split("\nSentence: ")
                        .Length - 2));

    [Fact]
    public void A_dialogue_s_relations_are_asked_together()
    {
        using TaskData folder = new();
        folder.With("liconbench/train_dialogueRE_processed.json", """
            [{"dialogue": "A: Hi.", "relation": "per:age", "subject_entity": "Ann", "object_entity": "7"},
             {"dialogue": "A: Hi.", "relation": "per:pet", "subject_entity": "Ann", "object_entity": "Bo's"}]
            """);
        folder.With(
            "liconbench/test_dialogueRE.json",
            """[{"dialogue": "B: Yes.", "relations": [{"relation": "per:boss", "subject_entity": "Cy", "object_entity": "Di"}]}]""");
        folder.With(
            "liconbench/dialoguere_infer.py",
            "def format_long_prompt():\n    if with_instruction:\n        for i in x:\n            else:\n                prompt_inst = a\n"
                + "    else:\n        prompt_inst = \"Do this:\\n\"\n");
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("longicl_dialogre_1r");

        EvalExample example = Assert.Single(task.Examples(folder.Setting));

        Assert.Equal("""
            Do this:
            Dialogue: 
            A: Hi.
            The list of 2 entity pairs are ('Ann', '7'), ('Ann', "Bo's")
            The 2 respective relations between each entity pair are: per:age, per:pet
            Dialogue: 
            B: Yes.
            The list of 1 entity pairs are ('Cy', 'Di')
            The 1 respective relations between each entity pair are: 
            """.ReplaceLineEndings("\n"), BenchmarkRun.Text(example));
        Assert.Equal((1, 0), (Math.Round(task.Score(example, " per:boss\nDialogue:").Value, 6), task.Score(example, "per:age").Value));
        Assert.Equal("official", example.ValueOf("prompts"));
    }

    [Fact]
    public void DialogRE_adds_a_hundred_millionth_to_the_divisor_of_F1_as_its_program_does()
    {
        IAggregatedTask task = (IAggregatedTask)EvalTaskCatalog.Get("longicl_dialogre_1r");
        EvalScore allRight = new(1, new Dictionary<string, double> { ["said"] = 2, ["gold"] = 2, ["right"] = 2 });

        Assert.Equal(0.99999999, task.Aggregate([new("0", new Dictionary<string, string>(), allRight)]).Value, 1e-11);
    }
}
