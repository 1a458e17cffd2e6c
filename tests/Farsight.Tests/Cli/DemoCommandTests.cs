namespace Farsight.Tests.Cli;

public sealed class DemoCommandTests
{
    [Theory]
    [InlineData(new[] { "--seed", "many" }, "--seed: 'many' is not a whole number")]
    [InlineData(new[] { "--documents", "nowhere" }, "'nowhere' does not exist")]
    [InlineData(new[] { "--documents", "ONE" }, "has a single document; the demo needs at least two")]
    [InlineData(new[] { "--threads", "0" }, "--threads")]
    [InlineData(new[] { "--out", "FULL" }, "is not empty and is not a demo; choose a new output folder")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(string[] args, string named)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["FULL"]);
        File.WriteAllText(folder["FULL/thesis.txt"], "mine");
        File.WriteAllText(folder["ONE"] + ".txt", "The lamp is red.");
        string[] given = [.. args.Select(a => a switch { "FULL" => folder[a], "ONE" => folder[a] + ".txt", _ => a })];
        string[] output = given.Contains("--out") ? [] : ["--out", folder["out"]];

        (int code, string text, string error) = await CommandLine.Run(["demo", .. given, .. output]);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text + error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(folder["FULL"]).Select(Path.GetFileName));
    }
}
