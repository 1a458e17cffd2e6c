using System.CommandLine;
using Farsight.Cli.Commands;
using Farsight.Engine;

namespace Farsight.Tests.Cli;

public sealed class EvalCommandTests
{
    [Fact]
    public async Task List_names_every_task()
    {
        string output = await Run("--list");

        Assert.Equal(
            Farsight.Alignment.Evaluation.EvalTaskCatalog.All.Select(t => t.Card.Name),
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0]));
    }

    [Fact]
    public async Task An_unknown_task_is_said_before_the_model_is_opened() =>
        Assert.Contains("No task 'nedle'", (await Assert.ThrowsAsync<InputException>(() => Run("--task", "nedle", "--model", "nowhere"))).Message);

    [Fact]
    public async Task A_missing_model_is_said() =>
        Assert.Contains("--model is missing", (await Assert.ThrowsAsync<InputException>(() => Run("--task", "needle"))).Message);

    [Fact]
    public async Task Missing_documents_are_said() =>
        Assert.Contains("'nowhere' do not exist", (await Assert.ThrowsAsync<InputException>(() => Run("--model", "x", "--documents", "nowhere"))).Message);

    [Fact]
    public async Task A_misspelt_option_is_not_taken_for_a_task() =>
        Assert.Contains("No task '--lenght'", (await Assert.ThrowsAsync<InputException>(() => Run("--task", "needle", "--lenght", "3", "--model", "x"))).Message);

    static async Task<string> Run(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" };
        await EvalCommand.Create().Parse(args).InvokeAsync(new() { Output = output, EnableDefaultExceptionHandler = false });
        return output.ToString();
    }
}
