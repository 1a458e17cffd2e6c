using Farsight.Evaluation.Core;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>Every example of a benchmark's tasks over the shared material, with ideal answers.</summary>
static class BenchmarkRun
{
    internal static EvalSetting Setting { get; } = new(Length: 4096, Seed: 7) { Data = new(SharedMaterial.PathOf("evaldata")) };

    /// <summary>
    /// Makes all examples of the tasks whose data are there, checks what they promise, and that the ideal answer has a score of 1 wherever
    /// <paramref name="ideal"/> gives one. Tells how many there were.
    /// </summary>
    internal static void Check(
        ITestOutputHelper output,
        string benchmark,
        int expectedTasks,
        int expectedExamples,
        Func<EvalExample, string?> ideal)
    {
        (int tasks, int examples, int scored) = (0, 0, 0);
        foreach (IEvalTask task in EvalTaskCatalog.Find(benchmark))
        {
            string[] missing = [.. task.Card.Data.Where(d => !d.IsOptional && !Setting.Data.Exists(d)).Select(d => d.Path)];
            if (missing.Length > 0)
            {
                output.WriteLine($"{task.Card.Name}: left out, {string.Join(", ", missing)} missing");
                continue;
            }
            EvalExample[] all = [.. task.Examples(Setting)];
            output.WriteLine($"{task.Card.Name}: {all.Length} examples");
            Assert.Equal(all.Length, all.Select(e => e.Id).Distinct().Count());
            Assert.All(all, e => Assert.All(((EvalPrompt.Messages)e.Prompt).Turns, t => Assert.NotEmpty(t.Content)));
            foreach (EvalExample e in task is IGeneratedTask ? all : [])
            {
                if (ideal(e) is { } answer)
                {
                    double score = ((IGeneratedTask)task).Score(e, answer).Value;
                    Assert.True(Math.Abs(score - 1) < 1e-6, $"{task.Card.Name} {e.Id}: the ideal answer scored {score}: {answer}");
                    scored++;
                }
            }
            (tasks, examples) = (tasks + 1, examples + all.Length);
        }
        output.WriteLine($"{benchmark}: {tasks} tasks, {examples} examples, {scored} ideal answers");
        Assert.Equal((expectedTasks, expectedExamples), (tasks, examples));
    }

    /// <summary>All of a prompt's text.</summary>
    internal static string Text(EvalExample example) =>
        string.Join('\n', ((EvalPrompt.Messages)example.Prompt).Turns.Select(t => t.Content));
}
