using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Evaluation.Core;

public sealed class FewShotExamplesTests
{
    [Fact]
    public void Solved_examples_come_before_the_question_and_an_example_never_shows_itself()
    {
        NumbersTask task = new(4);

        EvalExample[] shown =
            [.. FewShotExamples.Add(task, task.Examples(EvalSamples.Setting), 2, () => task.Examples(EvalSamples.Setting))];

        Assert.Equal(
            [
                new ChatTurn("user", "What is 1?"), new("assistant", "1"), new("user", "What is 2?"), new("assistant", "2"),
                new("user", "What is 0?"),
            ],
            ((EvalPrompt.Messages)shown[0].Prompt).Turns);
        Assert.Equal("What is 0?", ((EvalPrompt.Messages)shown[3].Prompt).Turns[0].Content);
    }

    [Fact]
    public void A_task_with_too_few_examples_or_with_several_questions_has_no_demonstrations()
    {
        NumbersTask task = new(2);

        Assert.Contains("use fewer demonstrations", Assert.Throws<InputException>(() =>
            FewShotExamples.Add(task, task.Examples(EvalSamples.Setting), 2, () => task.Examples(EvalSamples.Setting)).ToArray()).Message);
        Assert.Contains("asks several times", FewShotExamples.Obstacle(new TwiceTask(3), 1));
        Assert.Null(FewShotExamples.Obstacle(new TwiceTask(3), 0));
        Assert.Null(FewShotExamples.Obstacle(task, 1));
    }

    [Fact]
    public void A_task_with_prompts_of_exact_tokens_says_why_it_has_no_demonstrations()
    {
        IEvalTask task = EvalTaskCatalog.Get("needle/single");
        EvalSetting setting = EvalSamples.Setting with
        {
            Length = 1000,
            Samples = 1,
            Depths = [0],
            Haystack = EvalSamples.Haystack,
            Tokens = EvalSamples.Text,
            Format = EvalSamples.Text,
        };

        Assert.Contains("needle/single cannot be asked with demonstrations, because its prompts have an exact number of tokens",
            Assert.Throws<InputException>(() =>
                FewShotExamples.Add(task, task.Examples(setting), 1, () => task.Examples(setting)).ToArray()).Message);
    }

    [Fact]
    public void Draws_of_one_example_give_pass_at_k()
    {
        EvalScore score = EvalScore.OfDraws([new(1), new(0), new(0), new(0)], isShare: true);

        Assert.Equal(0.25, score.Value);
        Assert.Equal(0.25, score.Beside["pass@1"], 12);
        Assert.Equal(0.5, score.Beside["pass@2"], 12); // 1 − C(3, 2) / C(4, 2)
        Assert.Equal(1, score.Beside["pass@4"], 12);
        Assert.DoesNotContain("pass@1", EvalScore.OfDraws([new(7), new(3)], isShare: false).Beside.Keys);
    }
}
