using System.Text.Json.Nodes;
using Farsight.Cli.Output;

namespace Farsight.Tests.Cli;

public sealed class DoctorCommandTests : IDisposable
{
    const long Gibibyte = 1L << 30;

    readonly TemporaryFolder _folder = new();

    static MachineState Good => new()
    {
        Version = "1.0.0",
        Runtime = "10.0.0",
        Platform = "Linux",
        ProcessorName = "processor",
        VectorBits = 256,
        Cores = 8,
        Threads = 8,
        TotalMemory = 16 * Gibibyte,
        AvailableMemory = 12 * Gibibyte,
        Components = [new("g++", false, "y")],
        Folders = [new("/runs", true, 100 * Gibibyte)],
        Variables = new Dictionary<string, string>(),
    };

    [Fact]
    public async Task The_driver_of_GPUs_is_reported_or_missing()
    {
        (_, string text, _) = await CommandLine.Run("doctor", "--folder", _folder["."]);
        (_, string json, _) = await CommandLine.Run("doctor", "--folder", _folder["."], "--json");

        JsonNode state = JsonNode.Parse(json)!;
        string expected = state["cuda"] is { } version
            ? $"\nGPU        driver of NVIDIA for CUDA {version}\n"
            : "\nGPU        no driver of NVIDIA found\n";
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.All(state["gpus"]!.AsArray(), g => Assert.Contains((string)g!["name"]!, text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_good_machine_has_no_problems() => Assert.Empty(Good.Problems());

    [Fact]
    public void Every_problem_is_one_sentence_that_says_what_to_do()
    {
        MachineState bad = Good with
        {
            VectorBits = 128,
            Threads = 9,
            AvailableMemory = 500 << 20,
            Folders = [new("/full", true, 10 << 20), new("/closed", false, 0)],
            Variables = new Dictionary<string, string>
            {
                ["FARSIGHT_EVALDATA"] = "/nowhere",
                ["FARSIGHT_RUN_CODE"] = "1",
                ["FARSIGHT_MPI"] = "no.so",
            },
        };

        Assert.Equal(
            [
                "The processor has no 256-bit vectors, so training is several times slower; use a machine with AVX2.",
                "9 threads share 8 logical processors; set --threads to 8 or less.",
                "Only 500 MiB of memory are available; close other programs or use a machine with more memory.",
                "The folder '/full' has only 10 MiB of free disk space; free some or use another folder.",
                "The folder '/closed' is not writable; change its permissions or use another folder.",
                "FARSIGHT_EVALDATA names '/nowhere', which does not exist; create the folder or unset the variable.",
                "FARSIGHT_RUN_CODE is 1, but g++ was not found; install it or unset the variable.",
                "FARSIGHT_MPI names 'no.so', which is not a usable MPI library; give the path of libmpi.so, or unset the variable.",
            ],
            bad.Problems());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_created_is_a_problem_and_exit_code_1()
    {
        File.WriteAllText(_folder["file"], "");
        string folder = Path.Combine(_folder["file"], "runs");

        (int code, string output, _) = await CommandLine.Run("doctor", "--folder", folder);

        Assert.Equal(1, code);
        Assert.Contains($"! The folder '{folder}' is not writable;", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_place_of_a_folder_is_a_problem_of_its_own()
    {
        File.WriteAllText(_folder["file"], "");

        (int code, string output, _) = await CommandLine.Run("doctor", "--folder", _folder["file"]);

        Assert.Equal(1, code);
        Assert.Contains($"! '{_folder["file"]}' is a file; give a folder.\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("is not writable;", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_folder_name_is_refused_in_one_sentence()
    {
        (int code, string output, string error) = await CommandLine.Run("doctor", "--folder", "");

        Assert.NotEqual(0, code);
        Assert.Equal("", output);
        Assert.EndsWith("--folder is empty; give the path of a folder, such as '.'.", error.TrimEnd(), StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Free_space_that_the_system_does_not_tell_is_no_problem() =>
        Assert.Empty((Good with { Folders = [new("/runs", true, null)] }).Problems());

    [Fact]
    public async Task Json_has_the_machine_and_the_exit_code_follows_the_problems()
    {
        (int code, string output, _) = await CommandLine.Run("doctor", "--folder", _folder["new/runs"], "--json");

        JsonNode json = JsonNode.Parse(output)!;
        Assert.Equal(json["problems"]!.AsArray().Count == 0 ? 0 : 1, code);
        Assert.Equal(Environment.ProcessorCount, (int)json["cores"]!);
        Assert.True((bool)json["folders"]![0]!["writable"]!); // a run creates the missing folders
        Assert.False(Directory.Exists(_folder["new"]));
        Assert.InRange((long)json["memory_available"]!, 1, (long)json["memory_total"]!);
    }

    public void Dispose() => _folder.Dispose();
}
