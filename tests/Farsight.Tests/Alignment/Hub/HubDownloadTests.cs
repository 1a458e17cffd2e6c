using System.Text;
using Farsight.Alignment.Hub;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Tests.Engine.Checkpoints;

namespace Farsight.Tests.Alignment.Hub;

public sealed class HubDownloadTests : IAsyncLifetime, IDisposable
{
    const string Token = "hf_abcdefghijklmnopqrstuvwxyz";

    readonly TemporaryFolder _folder = new();
    HubServer _hub = null!;

    string Cache => _folder["cache"];

    string Repository => Path.Combine(Cache, "models--org--tiny");

    string Snapshot => Path.Combine(Repository, "snapshots", HubServer.Commit);

    public async Task InitializeAsync()
    {
        _hub = await HubServer.Start();
        using TemporaryFolder model = new();
        TinyModelFiles.Write(model.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            _hub.Files[name] = File.ReadAllBytes(model[name]);
        }
        _hub.Files["tokenizer.json"] = "{}"u8.ToArray();
        _hub.Files["additional_chat_templates/tools.jinja"] = "{{ x }}"u8.ToArray();
        _hub.Files["README.md"] = "read me"u8.ToArray();
        _hub.Files["pytorch_model.bin"] = new byte[100];
        _hub.Files["onnx/model.onnx"] = new byte[100];
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _folder.Dispose();

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
            $"../../blobs/{HubServer.Sha256(_hub.Files["model.safetensors"])}",
            new FileInfo(Path.Combine(Snapshot, "model.safetensors")).LinkTarget);
        Assert.Equal(
            $"../../blobs/{HubServer.GitName(_hub.Files["config.json"])}", new FileInfo(Path.Combine(Snapshot, "config.json")).LinkTarget);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(Repository, "blobs")).Length);
        using IModelFiles files = ModelFiles.Open(HubCache.Locate(HubServer.Id, _hub.Settings(Cache), null));
        Assert.Equal(20, files.Config.VocabSize);
        Assert.Equal("tiny", ModelFiles.NameOf(model.Path));
    }

    [Fact]
    public async Task A_second_download_requests_no_content()
    {
        await Download().Run(null, default);
        int before = _hub.ContentRequests;

        DownloadedModel again = await Download().Run(null, default);

        Assert.Equal(0, again.Downloaded);
        Assert.Equal(before, _hub.ContentRequests);
    }

    [Fact]
    public async Task The_shards_that_an_index_names_are_downloaded_and_no_others()
    {
        byte[] weights = _hub.Files["model.safetensors"];
        _hub.Files.Remove("model.safetensors");
        _hub.Files["part-a.safetensors"] = weights;
        _hub.Files["consolidated.safetensors"] = weights;
        _hub.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map": {"x": "part-a.safetensors"}}""");

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
        _hub.Fault = (name, attempt) => name != "model.safetensors" ? HubFault.None
            : attempt == 0 ? first
            : attempt == 1 ? second
            : HubFault.None;

        await Download().Run(null, default);

        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")));
    }

    [Fact]
    public async Task A_truncated_body_is_resumed_where_it_ended()
    {
        _hub.Fault = (name, attempt) => name == "model.safetensors" && attempt == 0 ? HubFault.Truncated : HubFault.None;

        await Download().Run(null, default);

        int half = _hub.Files["model.safetensors"].Length / 2;
        Assert.Equal($"bytes={half}-", _hub.Requests.Last(r => r.Request.Contains("store", StringComparison.Ordinal)).Range);
    }

    [Fact]
    public async Task A_cancelled_download_keeps_what_it_has_and_the_next_one_resumes_it()
    {
        using CancellationTokenSource stop = new();
        _hub.Fault = (name, attempt) => name == "model.safetensors" && attempt == 0 ? HubFault.Stalled : HubFault.None;
        int half = _hub.Files["model.safetensors"].Length / 2;
        Progress progress = new(p =>
        {
            if (p.File == "model.safetensors" && p.Done > half)
            {
                stop.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Download().Run(progress, stop.Token));
        Assert.False(File.Exists(Path.Combine(Repository, "refs", "main")));
        Assert.Null(HubCache.Find(HubName.Parse(HubServer.Id), _hub.Settings(Cache)));
        DownloadedModel model = await Download().Run(null, default);

        Assert.Equal($"bytes={half}-", _hub.Requests.Last(r => r.Request.Contains("store", StringComparison.Ordinal)).Range);
        Assert.True(model.Downloaded < model.Bytes);
        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")));
    }

    [Fact]
    public async Task A_file_with_another_checksum_is_refused_and_not_kept()
    {
        _hub.Fault = (name, _) => name == "model.safetensors" ? HubFault.Corrupt : HubFault.None;

        InputException e = await Assert.ThrowsAsync<InputException>(() => Download().Run(null, default));

        Assert.Contains($"expected {HubServer.Sha256(_hub.Files["model.safetensors"])}", e.Message);
        Assert.DoesNotContain("signature", e.Message);
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Repository, "blobs")),
            f => f.Contains(HubServer.Sha256(_hub.Files["model.safetensors"]), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_small_file_is_checked_by_the_name_that_git_gives_it()
    {
        _hub.WrongChecksums["tokenizer.json"] = new string('b', 40);

        InputException e = await Assert.ThrowsAsync<InputException>(() => Download().Run(null, default));

        Assert.Contains($"tokenizer.json is damaged: its git SHA-1 is {HubServer.GitName(_hub.Files["tokenizer.json"])}", e.Message);
    }

    [Fact]
    public async Task A_beginning_of_other_content_is_replaced()
    {
        string blob = Path.Combine(Repository, "blobs", HubServer.Sha256(_hub.Files["model.safetensors"]));
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        File.WriteAllBytes(blob + ".incomplete", new byte[50]);

        await Download().Run(null, default);

        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(blob));
    }

    [Fact]
    public async Task The_token_is_sent_to_the_hub_and_never_to_another_server()
    {
        await Download(Token).Run(null, default);

        Assert.All(_hub.Requests, r => Assert.Equal(
            r.Request.Contains(" store", StringComparison.Ordinal) ? null : $"Bearer {Token}", r.Authorization));
        Assert.Contains(_hub.Requests, r => r.Request.Contains(" store", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gated_model_names_the_page_and_what_to_do_without_and_with_a_token()
    {
        _hub.Refusal = r => r.Path.Value!.Contains("/resolve/", StringComparison.Ordinal) ? (403, "GatedRepo") : null;

        string without = await Message(Download()), with = await Message(Download(Token));

        Assert.StartsWith($"org/tiny is gated. Accept its conditions at {_hub.Url}/org/tiny, then set HF_TOKEN", without);
        Assert.Contains("check that the token in HF_TOKEN belongs to that account", with);
        Assert.DoesNotContain(Token, with);
    }

    [Fact]
    public async Task A_refused_token_is_never_in_the_message()
    {
        _hub.Refusal = _ => (401, "");

        string message = await Message(Download(Token));

        Assert.Contains("refuses access to org/tiny with the token in HF_TOKEN", message);
        Assert.DoesNotContain("hf_", message);
    }

    [Fact]
    public async Task Unknown_models_revisions_and_files_have_their_sentences()
    {
        Assert.StartsWith("org/other does not exist or is private.", await Message(Download(name: "org/other")));
        Assert.StartsWith("org/tiny has no revision 'v9';", await Message(Download(name: "org/tiny@v9")));
        Assert.StartsWith("org/tiny has no file 'x.gguf'. It has ", await Message(Download(file: "x.gguf")));
    }

    [Fact]
    public async Task A_tag_is_stored_as_its_own_reference()
    {
        await Download(name: "org/tiny@v1").Run(null, default);

        Assert.Equal(Snapshot, HubCache.Find(HubName.Parse("org/tiny@v1"), _hub.Settings(Cache)));
        Assert.Equal(Snapshot, HubCache.Find(HubName.Parse($"org/tiny@{HubServer.Commit}"), _hub.Settings(Cache)));
        Assert.Null(HubCache.Find(HubName.Parse("org/tiny"), _hub.Settings(Cache)));
    }

    [Theory]
    [InlineData("../tokenizer.json")]
    [InlineData("/tokenizer.json")]
    [InlineData("additional_chat_templates/../../../x.jinja")]
    public async Task A_name_that_leads_out_of_the_folder_is_refused_before_any_download(string name)
    {
        _hub.ListedNames.Add(name);

        string message = await Message(Download());

        Assert.StartsWith($"org/tiny lists the file '{name}'", message);
        Assert.Equal(0, _hub.ContentRequests);
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public async Task A_name_that_is_a_path_on_Windows_is_not_written()
    {
        _hub.ListedNames.AddRange(["..\\tokenizer.json", "C:tokenizer.json"]);

        Assert.Equal(4, (await Download().Run(null, default)).Files);
    }

    [Fact]
    public async Task A_commit_that_is_a_path_is_refused()
    {
        _hub.ListedCommit = "../../../" + new string('a', 31);

        Assert.Contains("sent no commit", await Message(Download()));
    }

    [Fact]
    public async Task An_index_that_names_a_foreign_file_is_refused()
    {
        _hub.Files.Remove("model.safetensors");
        _hub.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map": {"x": "../../y.safetensors"}}""");

        Assert.Contains("names ../../y.safetensors, which the repository does not have", await Message(Download()));
    }

    [Fact]
    public async Task A_repository_of_GGUF_files_asks_for_one_of_them()
    {
        _hub.Files.Remove("model.safetensors");
        _hub.Files.Remove("config.json");
        (_hub.Files["a.gguf"], _hub.Files["b.gguf"]) = (new byte[2000], new byte[3000]);

        Assert.Equal("org/tiny has GGUF files; set FileName to one of them: a.gguf, b.gguf.", await Message(Download()));
        DownloadedModel model = await Download(file: "b.gguf").Run(null, default);

        Assert.Equal(Path.Combine(Snapshot, "b.gguf"), model.Path);
        Assert.Equal(model.Path, HubCache.Find(HubName.Parse(HubServer.Id), _hub.Settings(Cache)));
    }

    [Fact]
    public async Task A_repository_of_pickled_weights_names_the_conversion()
    {
        _hub.Files.Remove("model.safetensors");

        string message = await Message(Download());

        Assert.StartsWith("org/tiny has only PyTorch weights (pytorch_model.bin)", message);
        Assert.Contains("python -c \"from transformers", message);
    }

    [Fact]
    public async Task An_output_folder_receives_plain_files_and_keeps_those_of_the_user()
    {
        string output = _folder["out"];
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
            new(HubName.Parse(HubServer.Id)) { Settings = _hub.Settings(Cache), Pause = TimeSpan.Zero, HasLinks = false };

        await download.Run(null, default);

        Assert.Null(new FileInfo(Path.Combine(Snapshot, "config.json")).LinkTarget);
        Assert.Equal(_hub.Files["config.json"], File.ReadAllBytes(Path.Combine(Snapshot, "config.json")));
    }

    [Fact]
    public async Task A_listing_without_checksums_is_completed_from_the_headers_of_the_files()
    {
        _hub.ListsChecksums = false;

        await Download().Run(null, default);

        Assert.Contains(_hub.Requests, r => r.Request == $"HEAD /org/tiny/resolve/{HubServer.Commit}/model.safetensors");
        Assert.Equal(
            $"../../blobs/{HubServer.Sha256(_hub.Files["model.safetensors"])}",
            new FileInfo(Path.Combine(Snapshot, "model.safetensors")).LinkTarget);
    }

    [Fact]
    public async Task A_redirect_to_something_else_than_a_server_is_refused()
    {
        _hub.RedirectTo = "file:///etc/passwd";

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
        _hub.Fault = (_, _) => HubFault.Busy;

        Assert.Contains("the server answered 503", await Message(Download()));
    }

    [Fact]
    public async Task Offline_mode_forbids_downloads()
    {
        HubSettings offline = HubSettings.From(n => n == "HF_HUB_OFFLINE" ? "1" : null);

        Assert.Contains("HF_HUB_OFFLINE is set", await Message(new(HubName.Parse(HubServer.Id)) { Settings = offline }));
    }

    [Fact]
    public async Task Two_processes_do_not_write_the_same_file()
    {
        string blob = Path.Combine(Repository, "blobs", HubServer.Sha256(_hub.Files["model.safetensors"]));
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

    HubDownload Download(string? token = null, string name = HubServer.Id, string? file = null, string? output = null) =>
        new(HubName.Parse(name)) { Settings = _hub.Settings(Cache, token), Pause = TimeSpan.Zero, FileName = file, Output = output };

    static async Task<string> Message(HubDownload download) =>
        (await Assert.ThrowsAnyAsync<InputException>(() => download.Run(null, default))).Message;

    sealed class Progress(Action<DownloadProgress> act) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => act(value);
    }
}
