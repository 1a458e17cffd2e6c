namespace Farsight.Tests.Cli;

public sealed class DashboardCommandTests
{
    [Theory]
    [InlineData("The folder absent does not exist", "absent")]
    [InlineData("API key", "--host", "0.0.0.0")]
    [InlineData("IP address", "--host", "example.com")]
    [InlineData("cannot be read", "--api-key-file", "absent-file")]
    [InlineData("0 to 65535", "--port", "70000")]
    public async Task A_wrong_option_is_reported(string problem, params string[] options)
    {
        (int code, string output, string error) = await CommandLine.Run(["dashboard", .. options]);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(problem, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_runs_needs_a_dashboard()
    {
        string model = Path.Combine(Repository.Root, "models/tiny");

        (int code, _, string error) = await CommandLine.Run("serve", "--model", model, "--allow-stop");

        Assert.Equal((2, "--allow-stop needs --dashboard.\n"), (code, error.ReplaceLineEndings("\n")));
    }
}
