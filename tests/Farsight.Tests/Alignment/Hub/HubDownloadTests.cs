using System.Text;
using Farsight.Alignment.Hub;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Tests.Engine.Checkpoints;

namespace Farsight.Tests.Alignment.Hub;

/// <summary>What a download stores, and how it continues after faults.</summary>
public sealed class HubDownloadTests : HubDownloads
{
    [Fact]
    public async Task A_model_is_stored_in_the_layout_of_the_cache_and_loads_by_its_name()
    {
        DownloadedModel model = await Download().Run(null, default);

        Assert.Equal(Snapshot, model.Path);
        Assert.Equal(4, model.Files);
        Assert.Equal(model.Bytes, model.Downloaded);
        Assert.Equal(
            ["additional_chat_templates/tools.jinja", "config.json", "model.safetensors", "tokenizer.json"],
            Directory.GetFiles(Snapshot, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Snapshot, f).Replace('\\', '/')).Order(StringComparer.Ordinal));
        Assert.Equal(HubServer.Commit, File.ReadAllText(Path.Combine(Repository, "refs", "main")));
        Assert.Equal(
            $"../../blobs/{HubServer.Sha256(Hub.Files["model.safetensors"])}",
            new FileInfo(Path.Combine(Snapshot, "model.safetensors")).LinkTarget);
        Assert.Equal(
            $"../../blobs/{HubServer.GitName(Hub.Files["config.json"])}", new FileInfo(Path.Combine(Snapshot, "config.json")).LinkTarget);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(Repository, "blobs")).Length);
        using IModelFiles files = ModelFiles.Open(HubCache.Locate(HubServer.Id, Hub.Settings(Cache), null));
        Assert.Equal(20, files.Config.VocabSize);
        Assert.Equal("tiny", ModelFiles.NameOf(model.Path));
    }

    [Fact]
    public async Task A_second_download_requests_no_content()
    {
        await Download().Run(null, default);
        int before = Hub.ContentRequests;

        DownloadedModel again = await Download().Run(null, default);

        Assert.Equal(0, again.Downloaded);
        Assert.Equal(before, Hub.ContentRequests);
    }

    [Fact]
    public async Task The_shards_that_an_index_names_are_downloaded_and_no_others()
    {
        byte[] weights = Hub.Files["model.safetensors"];
        Hub.Files.Remove("model.safetensors");
        Hub.Files["part-a.safetensors"] = weights;
        Hub.Files["consolidated.safetensors"] = weights;
        Hub.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map": {"x": "part-a.safetensors"}}""");

        DownloadedModel model = await Download().Run(null, default);

        Assert.Equal(5, model.Files);
        Assert.True(File.Exists(Path.Combine(Snapshot, "part-a.safetensors")));
        Assert.False(File.Exists(Path.Combine(Snapshot, "consolidated.safetensors")));
    }

    [Theory]
    [InlineData(HubFault.Truncated, HubFault.None)]
    [InlineData(HubFault.Truncated, HubFault.IgnoresRange)]
    [InlineData(HubFault.Truncated, HubFault.RefusesRange)]
    [InlineData(HubFault.Truncated, HubFault.Truncated)]
    [InlineData(HubFault.Busy, HubFault.Busy)]
    public async Task A_download_continues_after_faults(HubFault first, HubFault second)
    {
        Hub.Fault = (name, attempt) => name != "model.safetensors" ? HubFault.None
            : attempt == 0 ? first
            : attempt == 1 ? second
            : HubFault.None;

        await Download().Run(null, default);

        Assert.Equal(Hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")));
    }

    [Fact]
    public async Task A_truncated_body_is_resumed_where_it_ended()
    {
        Hub.Fault = (name, attempt) => name == "model.safetensors" && attempt == 0 ? HubFault.Truncated : HubFault.None;

        await Download().Run(null, default);

        int half = Hub.Files["model.safetensors"].Length / 2;
        Assert.Equal($"bytes={half}-", Hub.Requests.Last(r => r.Request.Contains("store", StringComparison.Ordinal)).Range);
    }

    [Fact]
    public async Task A_cancelled_download_keeps_what_it_has_and_the_next_one_resumes_it()
    {
        using CancellationTokenSource stop = new();
        Hub.Fault = (name, attempt) => name == "model.safetensors" && attempt == 0 ? HubFault.Stalled : HubFault.None;
        int half = Hub.Files["model.safetensors"].Length / 2;
        Progress progress = new(p =>
        {
            if (p.File == "model.safetensors" && p.Done > half)
            {
                stop.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Download().Run(progress, stop.Token));
        Assert.False(File.Exists(Path.Combine(Repository, "refs", "main")));
        Assert.Null(HubCache.Find(HubName.Parse(HubServer.Id), Hub.Settings(Cache)));
        DownloadedModel model = await Download().Run(null, default);

        Assert.Equal($"bytes={half}-", Hub.Requests.Last(r => r.Request.Contains("store", StringComparison.Ordinal)).Range);
        Assert.True(model.Downloaded < model.Bytes);
        Assert.Equal(Hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")));
    }

    [Fact]
    public async Task A_file_with_another_checksum_is_refused_and_not_kept()
    {
        Hub.Fault = (name, _) => name == "model.safetensors" ? HubFault.Corrupt : HubFault.None;

        InputException e = await Assert.ThrowsAsync<InputException>(() => Download().Run(null, default));

        Assert.Contains($"expected {HubServer.Sha256(Hub.Files["model.safetensors"])}", e.Message);
        Assert.DoesNotContain("signature", e.Message);
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Repository, "blobs")),
            f => f.Contains(HubServer.Sha256(Hub.Files["model.safetensors"]), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_small_file_is_checked_by_the_name_that_git_gives_it()
    {
        Hub.WrongChecksums["tokenizer.json"] = new string('b', 40);

        InputException e = await Assert.ThrowsAsync<InputException>(() => Download().Run(null, default));

        Assert.Contains($"tokenizer.json is damaged: its git SHA-1 is {HubServer.GitName(Hub.Files["tokenizer.json"])}", e.Message);
    }

    [Fact]
    public async Task A_beginning_of_other_content_is_replaced()
    {
        string blob = Path.Combine(Repository, "blobs", HubServer.Sha256(Hub.Files["model.safetensors"]));
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        File.WriteAllBytes(blob + ".incomplete", new byte[50]);

        await Download().Run(null, default);

        Assert.Equal(Hub.Files["model.safetensors"], File.ReadAllBytes(blob));
    }

    [Fact]
    public async Task A_tag_is_stored_as_its_own_reference()
    {
        await Download(name: "org/tiny@v1").Run(null, default);

        Assert.Equal(Snapshot, HubCache.Find(HubName.Parse("org/tiny@v1"), Hub.Settings(Cache)));
        Assert.Equal(Snapshot, HubCache.Find(HubName.Parse($"org/tiny@{HubServer.Commit}"), Hub.Settings(Cache)));
        Assert.Null(HubCache.Find(HubName.Parse("org/tiny"), Hub.Settings(Cache)));
    }

    [Fact]
    public async Task A_repository_of_GGUF_files_asks_for_one_of_them()
    {
        Hub.Files.Remove("model.safetensors");
        Hub.Files.Remove("config.json");
        (Hub.Files["a.gguf"], Hub.Files["b.gguf"]) = (new byte[2000], new byte[3000]);

        Assert.Equal("org/tiny has GGUF files; set FileName to one of them: a.gguf, b.gguf.", await Message(Download()));
        DownloadedModel model = await Download(file: "b.gguf").Run(null, default);

        Assert.Equal(Path.Combine(Snapshot, "b.gguf"), model.Path);
        Assert.Equal(model.Path, HubCache.Find(HubName.Parse(HubServer.Id), Hub.Settings(Cache)));
    }

    [Fact]
    public async Task A_repository_of_pickled_weights_names_the_conversion()
    {
        Hub.Files.Remove("model.safetensors");

        string message = await Message(Download());

        Assert.StartsWith("org/tiny has only PyTorch weights (pytorch_model.bin)", message);
        Assert.Contains("python -c \"from transformers", message);
    }

    [Fact]
    public async Task An_output_folder_receives_plain_files_and_keeps_those_of_the_user()
    {
        string output = Folder["out"];
        await Download(output: output).Run(null, default);
        Assert.Null(new FileInfo(Path.Combine(output, "model.safetensors")).LinkTarget);
        Assert.False(Directory.Exists(Cache));
        Assert.Equal(0, (await Download(output: output).Run(null, default)).Downloaded);

        File.WriteAllText(Path.Combine(output, "config.json"), "mine");

        Assert.Contains("config.json exists and is another file", await Message(Download(output: output)));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(output, "config.json")));
    }

    [Fact]
    public async Task Without_links_the_snapshot_holds_the_files()
    {
        HubDownload download =
            new(HubName.Parse(HubServer.Id)) { Settings = Hub.Settings(Cache), Pause = TimeSpan.Zero, HasLinks = false };

        await download.Run(null, default);

        Assert.Null(new FileInfo(Path.Combine(Snapshot, "config.json")).LinkTarget);
        Assert.Equal(Hub.Files["config.json"], File.ReadAllBytes(Path.Combine(Snapshot, "config.json")));
    }

    [Fact]
    public async Task A_listing_without_checksums_is_completed_from_the_headers_of_the_files()
    {
        Hub.ListsChecksums = false;

        await Download().Run(null, default);

        Assert.Contains(Hub.Requests, r => r.Request == $"HEAD /org/tiny/resolve/{HubServer.Commit}/model.safetensors");
        Assert.Equal(
            $"../../blobs/{HubServer.Sha256(Hub.Files["model.safetensors"])}",
            new FileInfo(Path.Combine(Snapshot, "model.safetensors")).LinkTarget);
    }

    [Fact]
    public async Task A_redirect_to_something_else_than_a_server_is_refused()
    {
        Hub.RedirectTo = "file:///etc/passwd";

        Assert.Contains("redirects to file://", await Message(Download()));
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_reported_after_a_second_attempt()
    {
        HubSettings nowhere = HubSettings.From(
            n => n switch { "HF_ENDPOINT" => "http://127.0.0.1:9", "HF_HUB_CACHE" => Cache, _ => null });

        string message = await Message(new(HubName.Parse(HubServer.Id)) { Settings = nowhere, Pause = TimeSpan.Zero });

        Assert.StartsWith("http://127.0.0.1:9/api/models/org/tiny/revision/main could not be downloaded: the connection failed:", message);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_given_up()
    {
        Hub.Fault = (_, _) => HubFault.Busy;

        Assert.Contains("the server answered 503", await Message(Download()));
    }

    [Fact]
    public async Task Offline_mode_forbids_downloads()
    {
        HubSettings offline = HubSettings.From(n => n switch { "HF_HUB_OFFLINE" => "1", "HF_HUB_CACHE" => Cache, _ => null });

        Assert.Contains("HF_HUB_OFFLINE is set", await Message(new(HubName.Parse(HubServer.Id)) { Settings = offline }));
    }

    [Fact]
    public async Task Offline_mode_returns_what_the_cache_has()
    {
        DownloadedModel model = await Download().Run(null, default);
        HubSettings offline = HubSettings.From(n => n switch { "HF_HUB_OFFLINE" => "1", "HF_HUB_CACHE" => Cache, _ => null });

        DownloadedModel cached = await new HubDownload(HubName.Parse(HubServer.Id)) { Settings = offline }.Run(null, default);

        Assert.Equal(model with { Downloaded = 0 }, cached);
    }

    [Fact]
    public async Task Two_processes_do_not_write_the_same_file()
    {
        string blob = Path.Combine(Repository, "blobs", HubServer.Sha256(Hub.Files["model.safetensors"]));
        using FileStream other = ExclusiveFile.Open(blob + ".incomplete");

        await Assert.ThrowsAsync<InUseException>(() => Download().Run(null, default));
    }

    [Fact]
    public async Task The_progress_ends_with_all_bytes()
    {
        List<DownloadProgress> seen = [];

        DownloadedModel model = await Download().Run(new Progress(seen.Add), default);

        Assert.Equal((model.Bytes, model.Bytes), (seen[^1].Done, seen[^1].Total));
    }
}
