using System.Diagnostics;

namespace Farsight.Tests.Cli;

public sealed class CompletionCommandTests
{
    static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "farsight.dll");

    [ShellTheory("bash")]
    [InlineData("farsight tra", "train")]
    [InlineData("farsight train --re", "--resume")]
    [InlineData("farsight synth logo --scorer b", "bm25")]
    [InlineData("farsight synth l", "logo longpo longreward longwriter")]
    [InlineData("farsight train ", "")] // the shell completes the recipe's file name
    public async Task Bash_completes_commands_options_and_values(string line, string expected)
    {
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

    [ShellTheory("zsh")]
    [InlineData("", "farsight tra", "train")]
    [InlineData("cd somewhere && ", "farsight tra", "train")]
    [InlineData("cd somewhere; ", "farsight train --re", "--resume")]
    [InlineData("cd somewhere; ", "farsight train ", "files")]
    public async Task Zsh_completes_a_command_that_stands_behind_another(string before, string line, string expected)
    {
        string[] words = line.Split(' ');
        string script = $$"""
            farsight() { dotnet '{{s_program}}' "$@"; }
            compdef() { :; }
            compadd() { print -r -- ${(P)2}; }
            _files() { print files; }
            {{await ScriptOf("zsh")}}
            BUFFER='{{before}}{{line}}' CURSOR={{before.Length + line.Length}} CURRENT={{words.Length}} PREFIX='{{words[^1]}}'
            words=({{string.Join(' ', words.Select(w => $"'{w}'"))}})
            _farsight
            """;

        (int code, string output) = Run("zsh", "-f", "-c", script);

        Assert.Equal((0, expected), (code, output.Trim()));
    }

    [ShellTheory("pwsh")]
    [InlineData("farsight tra", "train")]
    [InlineData("cd .; farsight tra", "train")]
    public async Task Pwsh_completes_a_command_that_stands_behind_another(string line, string expected)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["farsight"], $"#!/bin/sh\nexec dotnet '{s_program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["farsight"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        string script = $$"""
            $env:PATH = '{{folder.Path}}:' + $env:PATH
            {{await ScriptOf("pwsh")}}
            (TabExpansion2 '{{line}}' {{line.Length}}).CompletionMatches.CompletionText
            """;

        (int code, string output) = Run("pwsh", "-NoProfile", "-Command", script);

        Assert.Equal((0, expected), (code, output.Trim()));
    }

    [ShellFact("bash")]
    public Task Bash_accepts_its_script() => Accepts("bash", "-n");

    [ShellFact("zsh")]
    public Task Zsh_accepts_its_script() => Accepts("zsh", "-n");

    [ShellFact("fish")]
    public Task Fish_accepts_its_script() => Accepts("fish", "--no-execute");

    [Fact]
    public async Task An_unknown_shell_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run("completion", "tcsh");

        Assert.Equal(2, code);
        Assert.Contains("one of bash, zsh, fish, pwsh.", error, StringComparison.Ordinal);
    }

    static async Task Accepts(string shell, string check)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["script"], await ScriptOf(shell));

        Assert.Equal((0, ""), Run(shell, check, folder["script"]));
    }

    static async Task<string> ScriptOf(string shell)
    {
        (int code, string output, string error) = await CommandLine.Run("completion", shell);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    static (int Code, string Output) Run(string program, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>Returns why a test that runs a shell is skipped; null if the shell is installed.</summary>
    static string? Missing(string shell) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, shell)))
            ? null
            : $"{shell} is not installed";

    [AttributeUsage(AttributeTargets.Method)]
    sealed class ShellFactAttribute : FactAttribute
    {
        public ShellFactAttribute(string shell) => Skip = Missing(shell);
    }

    [AttributeUsage(AttributeTargets.Method)]
    sealed class ShellTheoryAttribute : TheoryAttribute
    {
        public ShellTheoryAttribute(string shell) => Skip = Missing(shell);
    }
}
