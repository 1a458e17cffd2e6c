using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Farsight.Tests.Cli;

/// <summary>A named pipe blocks its reader until somebody writes, perhaps forever; every command refuses one in place of a file.</summary>
public sealed partial class PipeTests : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    readonly TemporaryFolder _files = new();

    public void Dispose() => _files.Dispose();

    public static TheoryData<string> Commands =>
    [
        "bench step --shape {pipe}",
        "compare {pipe} {pipe}",
        "data export {pipe} --format trl --out {out}.jsonl",
        "data import {pipe} --model {tiny} --out {out}.jsonl",
        "data report {pipe}",
        "evolve {pipe} --out {out}",
        "generate --model {tiny} --prompt @{pipe}",
        "inspect {pipe}",
        "inspect {pipe}.gguf",
        "plan {pipe}",
        "pretrain {pipe} --documents {pipe} --out {out}",
        "study {pipe} --out {out}",
        "synth logo --model {tiny} --documents {pipe} --samples 1 --seed 1 --out {out}.jsonl",
        "train {pipe} --out {out}",
    ];

    [Theory, MemberData(nameof(Commands))]
    public async Task A_named_pipe_in_place_of_a_file_is_refused(string command)
    {
        if (OperatingSystem.IsLinux())
        {
            MakePipe(_files["pipe"]);
            MakePipe(_files["pipe.gguf"]);
            await Refused(command);
        }
    }

    [Theory]
    [InlineData("config.json"), InlineData("model.safetensors"), InlineData("tokenizer.json"), InlineData("tokenizer_config.json")]
    [InlineData("generation_config.json"), InlineData("special_tokens_map.json")]
    public async Task A_named_pipe_among_the_files_of_a_model_is_refused(string name)
    {
        if (OperatingSystem.IsLinux())
        {
            foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "models/tiny")))
            {
                File.Copy(file, _files[Path.GetFileName(file)]);
            }
            File.Delete(_files[name]);
            MakePipe(_files[name]);

            await Refused($"generate --model {_files.Path} --prompt x --max-new-tokens 1");
        }
    }

    [Fact]
    public void The_sources_read_files_only_through_the_reader_that_refuses_pipes()
    {
        // Processor and MachineState read /proc; RecipeCommand reads a file of the program.
        string[] free = ["RegularFile.cs", "Processor.cs", "MachineState.cs", "RecipeCommand.cs"];
        string[] direct =
        [
            .. Directory
                .GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(f => !free.Contains(Path.GetFileName(f)) && DirectRead().IsMatch(File.ReadAllText(f)))
                .Select(f => Path.GetFileName(f)),
        ];

        Assert.Empty(direct);
    }

    async Task Refused(string command)
    {
        string[] words =
        [
            .. command.Split(' ').Select(w => w
                .Replace("{pipe}", _files["pipe"], StringComparison.Ordinal)
                .Replace("{out}", _files["out"], StringComparison.Ordinal)
                .Replace("{tiny}", Path.Combine(Repository.Root, "models/tiny"), StringComparison.Ordinal)),
        ];

        (int code, _, string error) = await CommandLine.Run(words).WaitAsync(s_patience);

        Assert.Equal(2, code);
        Assert.Contains("is a pipe, socket or device", error, StringComparison.Ordinal);
    }

    static void MakePipe(string path)
    {
        using Process make = Process.Start("mkfifo", path);
        make.WaitForExit();
    }

    [GeneratedRegex(@"(?<!Regular)\bFile\.(ReadAll\w+|ReadLines|OpenRead|OpenText)\(|StreamReader \w+ = new\(path\b")]
    private static partial Regex DirectRead();
}
