namespace Farsight.Tests.Cli;

/// <summary>Sets the variables of the hub for this process. Other tests use no name that this server knows.</summary>
public sealed class FetchCommandTests : IAsyncLifetime, IDisposable
{
    readonly TemporaryFolder _folder = new();
    HubServer _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubServer.Start();
        foreach (string file in (string[])["config.json", "model.safetensors", "tokenizer.json"])
        {
            _hub.Files[file] = File.ReadAllBytes(Path.Combine(Repository.Root, "models", "tiny", file));
        }
        Environment.SetEnvironmentVariable("HF_HOME", _folder.Path);
        Environment.SetEnvironmentVariable("HF_ENDPOINT", _hub.Url);
    }

    public async Task DisposeAsync()
    {
        Environment.SetEnvironmentVariable("HF_HOME", null);
        Environment.SetEnvironmentVariable("HF_ENDPOINT", null);
        await _hub.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_fetched_model_is_used_by_its_name()
    {
        (int code, string missing, string error) = await CommandLine.Run("inspect", HubServer.Id);
        Assert.Equal(2, code);

        (code, string output, error) = await CommandLine.Run("fetch", HubServer.Id);

        Assert.Equal(0, code);
        string snapshot = Path.Combine(_folder.Path, "hub", "models--org--tiny", "snapshots", HubServer.Commit);
        Assert.Matches(
            $@"^\S*{HubServer.Commit}: 3 files, [\d.]+ MiB, downloaded in \d+s\nNext: farsight chat --model org/tiny\n$",
            output.ReplaceLineEndings("\n"));
        Assert.Contains("MiB ", error);
        (code, output, _) = await CommandLine.Run("inspect", HubServer.Id);
        Assert.Equal(0, code);
        Assert.Contains(snapshot, output);
        (code, output, error) = await CommandLine.Run(
            "generate", "--model", HubServer.Id, "--prompt", "Once", "--max-new-tokens", "1", "--raw");
        Assert.Equal((0, ""), (code, error));
        (_, output, _) = await CommandLine.Run("fetch", HubServer.Id);
        Assert.Contains(", nothing to download\n", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_model_of_the_cache_is_trained_by_its_name()
    {
        using TrainingFiles files = new();
        string cached = Path.Combine(_folder.Path, "hub", "models--org--small"), recipe = files.In("recipes/logo.jsonc");
        Directory.CreateDirectory(Path.Combine(cached, "refs"));
        Directory.CreateDirectory(Path.Combine(cached, "snapshots"));
        File.WriteAllText(Path.Combine(cached, "refs", "main"), HubServer.Commit);
        Directory.Move(files.In("model"), Path.Combine(cached, "snapshots", HubServer.Commit));

        (int made, _, string note) = await CommandLine.Run(
            "new", "logo", "--model", "org/small", "--data", files.In("data.jsonl"), "--out", recipe);
        (int trained, string output, string error) = await CommandLine.Run("train", recipe, "--out", files.In("run"));
        (int studied, _, _) = await CommandLine.Run("new", "study", "--base", recipe, "--out", files.In("study.jsonc"));

        Assert.Equal((0, "", 0, 0), (made, note, trained, studied));
        Assert.Contains("\"base_model\": \"org/small\"", File.ReadAllText(recipe), StringComparison.Ordinal);
        Assert.Contains("\"base_model\": \"org/small\"", File.ReadAllText(files.In("study.jsonc")), StringComparison.Ordinal);
        Assert.Contains("Next: farsight eval --model org/small --adapter ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Facts_are_made_with_the_tokenizer_of_a_cached_model()
    {
        await CommandLine.Run("fetch", HubServer.Id);
        await CommandLine.Run("documents", "--out", _folder["documents"], "--count", "2", "--words", "3000", "--seed", "1");

        (int code, _, string error) = await CommandLine.Run(
            "synth", "facts", "--model", HubServer.Id, "--documents", _folder["documents"], "--samples", "1", "--seed", "1",
            "--out", _folder["facts.jsonl"]);

        Assert.True(code == 0, error);
        Assert.Single(File.ReadAllLines(_folder["facts.jsonl"]));
    }

    [Fact]
    public async Task A_name_that_is_nowhere_names_the_commands_that_download_it()
    {
        (int code, _, string error) = await CommandLine.Run("generate", "--model", "org/none", "--prompt", "x");

        Assert.Equal(2, code);
        Assert.Contains("'farsight fetch org/none' or 'hf download org/none'", error);
        (code, _, error) = await CommandLine.Run("fetch", "org/none");
        Assert.Equal(2, code);
        Assert.StartsWith("org/none does not exist or is private.", error);
        (code, _, error) = await CommandLine.Run("fetch", "none");
        Assert.Equal(2, code);
        Assert.Contains("ORGANIZATION/NAME", error);
    }
}
