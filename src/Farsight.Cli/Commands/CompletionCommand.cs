using System.CommandLine;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary>Prints the completion script of a shell (<c>farsight completion</c>).</summary>
/// <remarks>The scripts send the command line to the <c>[suggest]</c> directive of System.CommandLine, so they know every option
/// of the installed version. Where it has no suggestion, the shell completes file names.</remarks>
static class CompletionCommand
{
    static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            # Usage: source <(farsight completion bash)
            _farsight() {
                local IFS=$'\n' current=${COMP_WORDS[COMP_CWORD]} words
                words=$(farsight "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null | grep -v -e '^/' -e '?')
                [[ $current == -* ]] || words=$(grep -v '^-' <<< "$words")
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -o bashdefault -o default -F _farsight farsight
            """,
        ["zsh"] = """
            # Usage: source <(farsight completion zsh)
            _farsight() {
                local -a words_found
                local line="${(j: :)words[1,CURRENT]}" # this command only, up to the cursor's word
                words_found=(${(f)"$(farsight "[suggest:${#line}]" "$line" 2>/dev/null | grep -v -e '^/' -e '?')"})
                [[ $PREFIX == -* ]] || words_found=(${words_found:#-*})
                words_found=(${(M)words_found:#$PREFIX*})
                if (( $#words_found )); then compadd -a words_found; else _files; fi
            }
            compdef _farsight farsight
            """,
        ["fish"] = """
            # Usage: farsight completion fish | source
            function __farsight_complete
                set -l line (commandline -cp)
                set -l skip '^[-/]|\\?'
                string match -q -- '-*' (commandline -ct); and set skip '^/|\\?'
                farsight "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -v -r $skip
            end
            complete -c farsight -a '(__farsight_complete)'
            """,
        ["pwsh"] = """
            # Usage: farsight completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName farsight -ScriptBlock {
                param($word, $ast, $position)
                $end = $position - $ast.Extent.StartOffset # this command may be one of several
                $line = "$ast".PadRight($end)
                farsight "[suggest:$end]" $line 2>$null |
                    Where-Object { $_ -like "$word*" -and $_ -notmatch '^/|\?' -and ($word -like '-*' -or $_ -notlike '-*') } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
    };

    internal static Command Create()
    {
        Argument<string> shell = new("shell") { Description = "Shell that will run the script." };
        shell.AcceptOnlyFromAmong([.. s_scripts.Keys]);
        Command command = new("completion", "Print a completion script for a shell.") { shell };
        command.SetAction(parse =>
        {
            parse.InvocationConfiguration.Output.Write(s_scripts[parse.GetValue(shell)!].ReplaceLineEndings("\n") + "\n");
            return ExitCode.Done;
        });
        return command;
    }
}
