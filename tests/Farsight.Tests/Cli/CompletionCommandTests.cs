using System.Diagnostics;

namespace Farsight.Tests.Cli;

public sealed class CompletionCommandTests
{
    static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "farsight.dll");

    [Theory]
    [InlineData("farsight tra", "train")]
    [InlineData("farsight train --re", "--resume")]
    [InlineData("farsight synth logo --scorer b", "bm25")]
    [InlineData("farsight synth l", "logo longpo")]
    [InlineData("farsight train ", "")] // the shell completes the recipe's file name
    public async Task Bash_completes_commands_options_and_values(string line, string expected)
    {
        if (!IsInstalled("bash"))
        {
            return;
        }
        string[] words = line.Split(' ');
        string script = $$"""
            farsight() { dotnet '{{s_program}}' "$@"; }
            complete() { :; }
            {{await ScriptOf("bash")}}
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_CWORD={{words.Length - 1}}
            COMP_WORDS=({{string.Join(' ', words.Select(w => $"'{w}'"))}})
            _farsight
            echo "${COMPREPLY[@]}"
            """;

        (int code, string output) = Run("bash", "-c", script);

        Assert.Equal((0, expected), (code, output.Trim()));
    }

    [Theory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public async Task Scripts_are_accepted_by_their_shells(string shell, string check)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["script"], await ScriptOf(shell));

        Assert.Equal((0, ""), IsInstalled(shell) ? Run(shell, check, folder["script"]) : (0, ""));
    }

    [Fact]
    public async Task An_unknown_shell_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run("completion", "tcsh");

        Assert.Equal(2, code);
        Assert.Contains("'pwsh'", error, StringComparison.Ordinal);
    }

    static async Task<string> ScriptOf(string shell)
    {
        (int code, string output, string error) = await CommandLine.Run("completion", shell);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    static bool IsInstalled(string shell) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, shell)));

    static (int Code, string Output) Run(string program, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
