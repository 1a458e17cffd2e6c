using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Distributed;

/// <summary>The command under the MPI launchers of this machine, in processes of its own; never beside other tests.</summary>
[CollectionDefinition(nameof(MpiRunTests), DisableParallelization = true)]
[Collection(nameof(MpiRunTests))]
[Trait("Category", "Distributed")]
public sealed class MpiRunTests : IDisposable
{
    static readonly string[] s_settings = ["micro_batch_tokens=1"];

    readonly TrainingFiles _files = new(tied: false);

    public static TheoryData<string> Launchers
    {
        get
        {
            TheoryData<string> launchers = [];
            foreach (string launcher in Mpi.Launchers.DefaultIfEmpty("mpirun"))
            {
                launchers.Add(launcher);
            }
            return launchers;
        }
    }

    [MpiTheory, MemberData(nameof(Launchers))]
    public async Task Three_processes_write_the_bytes_of_one_and_only_rank_0_speaks(string launcher)
    {
        string alone = Alone();

        (int code, string output, string error) = await Mpi.End(Start(launcher, 3, "ranks"));

        Assert.True(code == 0, error);
        AssertSame(alone, "ranks");
        Assert.Single(output.Split('\n'), l => l.StartsWith("loss ", StringComparison.Ordinal));
    }

    [MpiTheory, MemberData(nameof(Launchers))]
    public async Task An_error_of_all_ranks_is_reported_once_with_exit_code_2(string launcher)
    {
        (int code, _, string error) = await Mpi.End(Start(launcher, 2, "ranks", "steps=0"));

        Assert.Equal(2, code & 2); // MPICH's launcher combines the codes of all ranks, some of which it ends itself
        Assert.Single(error.Split('\n'), l => l.Contains("recipe.jsonc cannot be used", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_files.In("ranks")));
    }

    [MpiTheory, MemberData(nameof(Launchers))]
    public async Task A_launcher_without_its_library_is_one_sentence_with_exit_code_2(string launcher)
    {
        (int code, _, string error) = await Mpi.End(Mpi.Start(
            launcher, 2, [("FARSIGHT_MPI", _files.In("libmpi.so"))], Line("ranks", [])));

        Assert.Equal(2, code & 2);
        Assert.Single(error.Split('\n'), l => l.Contains("which is not a usable MPI library", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_files.In("ranks")));
    }

    [MpiTheory, MemberData(nameof(Launchers)), Trait("Category", "Slow")]
    public async Task When_a_rank_is_killed_all_processes_end_and_another_number_of_ranks_resumes_to_the_same_bytes(string launcher)
    {
        string alone = Alone("steps=200");
        Process process = Start(launcher, 2, "ranks", "steps=200");
        while (!Directory.Exists(_files.In("ranks/checkpoints/step-000008")) && !process.HasExited)
        {
            await Task.Delay(20);
        }
        using Process victim = RankOf(_files.In("ranks"), 1);
        victim.Kill();
        long killed = Stopwatch.GetTimestamp();

        (int code, _, _) = await Mpi.End(process);

        Assert.NotEqual(0, code);
        Assert.True(Stopwatch.GetElapsedTime(killed) < TimeSpan.FromMinutes(1));
        (code, _, string error) = await Mpi.End(Start(launcher, 3, "ranks", "steps=200", "--resume"));
        Assert.True(code == 0, error);
        AssertSame(alone, "ranks");
    }

    [MpiTheory, MemberData(nameof(Launchers)), Trait("Category", "Slow")]
    public async Task A_rank_that_does_not_start_ends_the_others_within_a_minute(string launcher)
    {
        long started = Stopwatch.GetTimestamp();

        // The second program never starts MPI.
        (int code, _, string error) = await Mpi.End(Mpi.Start(launcher, 1, [.. Line("ranks", []), ":", "-n", "1", "sleep", "200"]));

        Assert.NotEqual(0, code);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1));
        Assert.Contains("MPI has not started for 45 seconds on rank 0 of 2 (", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("ranks")));
    }

    [DiskTheory, MemberData(nameof(Launchers)), Trait("Category", "Slow")]
    public async Task A_full_disk_of_a_rank_ends_all_with_its_name_and_the_run_is_resumed_when_there_is_room(string launcher)
    {
        string alone = Alone("steps=40");
        using SmallDisk disk = new(_files.In("disk"), kibibytes: 64);
        long started = Stopwatch.GetTimestamp();

        (int full, _, string error) = await Mpi.End(Start(launcher, 2, "disk/ranks", "steps=40"));

        Assert.NotEqual(0, full);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1));
        Assert.Matches("Rank 0 of 2 .* failed: .*, because the disk is full", error);
        disk.Grow(kibibytes: 20_000);
        (int code, _, error) = await Mpi.End(Start(launcher, 3, "disk/ranks", "steps=40", "--resume"));
        Assert.True(code == 0, error);
        AssertSame(alone, "disk/ranks");
        Assert.Empty(Directory.GetFiles(_files.In("disk"), "*.tmp", SearchOption.AllDirectories));
    }

    [StandardMpiFact, Trait("Category", "Slow")]
    public async Task A_library_with_the_standard_interface_of_MPI_5_trains_to_the_bytes_of_one_process()
    {
        string alone = Alone();
        Process process = Mpi.Start(
            StandardMpi.Launcher, 2, [("FARSIGHT_MPI", StandardMpi.Compile(_files.Root))], Line("ranks", []));

        (int code, _, string error) = await Mpi.End(process);

        Assert.True(code == 0, error);
        AssertSame(alone, "ranks");
    }

    [MpiTheory, MemberData(nameof(Launchers)), Trait("Category", "Slow")]
    public async Task A_rank_with_other_vectors_is_named_before_anything_is_written(string launcher)
    {
        string[] second = [":", "-n", "1", "env", "DOTNET_EnableAVX2=0", "DOTNET_EnableAVX=0", .. Mpi.Program];

        (int code, _, string error) = await Mpi.End(Mpi.Start(launcher, 1, [.. Line("ranks", []), .. second, .. Line("ranks", [])]));

        Assert.Equal(2, code & 2);
        Assert.Single(error.Split('\n'), l => l.StartsWith("Rank 1 (", StringComparison.Ordinal)
            && l.Contains(") in its vector width (128, not ", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_files.In("ranks")));
    }

    [MpiTheory, MemberData(nameof(Launchers)), Trait("Category", "Slow")]
    public async Task Four_processes_that_divide_trees_and_micro_steps_write_the_bytes_of_two_that_divide_trees(string launcher)
    {
        (int two, _, string error) = await Mpi.End(Start(launcher, 2, "two", "--context-parallel", "2"));
        Assert.True(two == 0, error);

        (int four, _, error) = await Mpi.End(Start(launcher, 4, "four", "--context-parallel", "2"));

        Assert.True(four == 0, error);
        AssertSame("two", "four");
    }

    [MpiTheory, MemberData(nameof(Launchers)), Trait("Category", "Slow")]
    public async Task Three_processes_evaluate_to_the_bytes_of_one_and_only_rank_0_speaks(string launcher)
    {
        string model = Path.Combine(Repository.Root, "models/tiny");
        string[] line =
            ["eval", "--model", model, "--task", "needle", "--length", "256", "320", "--depths", "2", "--samples", "2", "--threads", "1"];
        (int alone, _, string error) = await CommandLine.Run([.. line, "--out", _files.In("alone")]);
        Assert.True(alone == 0, error);

        (int code, string output, error) = await Mpi.End(Mpi.Start(launcher, 3, [.. line, "--out", _files.In("ranks")]));

        Assert.True(code == 0, error);
        Assert.Single(output.Split('\n'), l => l.Contains("needle/single v1", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(_files.In("alone/examples.jsonl")), File.ReadAllBytes(_files.In("ranks/examples.jsonl")));
    }

    [HostsFact, Trait("Category", "Slow")]
    public async Task Two_hosts_train_over_tcp_to_the_bytes_of_one_process()
    {
        string alone = Alone();
        using NetworkHosts hosts = new();
        long before = hosts.Received;

        (int code, _, string error) = await Mpi.End(hosts.Start(2, Line("ranks", [])));

        Assert.True(code == 0, error);
        AssertSame(alone, "ranks");
        long sent = File.ReadLines(_files.In("ranks/timing.jsonl")).Sum(l => (long)JsonNode.Parse(l)!["sent_bytes"]!);
        Assert.True(sent > 0);
        Assert.True(hosts.Received - before > sent / 4, $"{hosts.Received - before} bytes came, {sent} were sent");
    }

    public void Dispose() => _files.Dispose();

    /// <summary>Trains in the test's process and returns the name of the run.</summary>
    string Alone(params string[] settings)
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, [.. s_settings, .. settings]);
        TrainRun.Start(new(recipe, _files.RecipePath, _files.In("alone"), Resume: false), _ => { }, null, default);
        return "alone";
    }

    Process Start(string launcher, int ranks, string run, params string[] more) => Mpi.Start(launcher, ranks, Line(run, more));

    /// <summary>Returns the command line; what has "=" is a setting.</summary>
    string[] Line(string run, string[] more) =>
    [
        "train", _files.RecipePath, "--out", _files.In(run), "--threads", "1", .. more.Where(m => !m.Contains('=')),
        .. s_settings.Concat(more.Where(m => m.Contains('='))).SelectMany(m => new[] { "--set", m }),
    ];

    void AssertSame(string expected, string actual) => Assert.All(
        ["metrics.jsonl", "adapter/adapter_model.safetensors", "recipe.resolved.json"],
        name => Assert.Equal(File.ReadAllBytes(_files.In($"{expected}/{name}")), File.ReadAllBytes(_files.In($"{actual}/{name}"))));

    /// <summary>Finds the process of a rank by its environment and the run on its command line.</summary>
    static Process RankOf(string run, int rank)
    {
        string[] variables = [$"OMPI_COMM_WORLD_RANK={rank}", $"PMI_RANK={rank}"];
        string[] Strings(string file)
        {
            try
            {
                return Encoding.UTF8.GetString(File.ReadAllBytes(file)).Split('\0');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return []; // the process has ended, or belongs to another user
            }
        }
        string found = Directory.GetDirectories("/proc").First(p =>
            Strings($"{p}/cmdline") is [_, var program, ..] line && program.EndsWith("farsight.dll", StringComparison.Ordinal)
            && line.Contains(run) && Strings($"{p}/environ").Intersect(variables).Any());
        return Process.GetProcessById(int.Parse(Path.GetFileName(found), System.Globalization.CultureInfo.InvariantCulture));
    }
}
