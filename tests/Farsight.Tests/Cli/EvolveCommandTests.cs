namespace Farsight.Tests.Cli;

public sealed class EvolveCommandTests
{
    [Theory]
    [InlineData(new[] { "nowhere.jsonc" }, "nowhere.jsonc: no such recipe")]
    [InlineData(new[] { "recipes/tiny-evolve.jsonc", "--set", "base_model=nowhere" }, "nowhere exists neither")]
    [InlineData(new[] { "recipes/tiny-evolve.jsonc", "--set", "iterations=[]" }, "iterations: the list is empty")]
    [InlineData(new[] { "recipes/tiny-logo-yarn.jsonc" }, "use it with 'farsight train'")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(string[] args, string named)
    {
        using TemporaryFolder folder = new();

        (int code, string output, string error) = await CommandLine.Run([
            "evolve",
            .. args.Select(a => a.StartsWith("recipes/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, a) : a),
            "--out",
            folder["out"],
        ]);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }
}
