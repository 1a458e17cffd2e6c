namespace Farsight.Tests.Cli;

public sealed class ServeCommandTests
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    [Theory]
    [InlineData("API key", "--host", "0.0.0.0")]
    [InlineData("IP address", "--host", "example.com")]
    [InlineData("NAME=DIR", "--adapter", "adapter")]
    [InlineData("does not exist", "--allow-adapter-changes", "absent-folder")]
    [InlineData("cannot be read", "--api-key-file", "absent-file")]
    [InlineData("0 to 65535", "--port", "70000")]
    public async Task A_wrong_option_is_reported_before_the_model_is_opened(string problem, params string[] options)
    {
        (int code, string output, string error) = await CommandLine.Run(["serve", "--model", s_model, .. options]);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(problem, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_key_is_refused()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "key");
        await File.WriteAllTextAsync(file, "short\n");

        (int code, _, string error) = await CommandLine.Run("serve", "--model", s_model, "--api-key-file", file);

        Assert.Equal(2, code);
        Assert.Contains("16 characters", error, StringComparison.Ordinal);
        Assert.DoesNotContain("short", error, StringComparison.Ordinal); // the key is not repeated
    }
}
