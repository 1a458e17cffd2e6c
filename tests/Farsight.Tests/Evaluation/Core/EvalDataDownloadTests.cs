using System.Text;
using System.Text.Json;
using Farsight.Alignment.Hub;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EvalDataDownloadTests : IAsyncLifetime, IDisposable
{
    readonly TemporaryFolder _folder = new();
    HubServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await HubServer.Start();
        _server.Files["org/repo/one.json"] = "one"u8.ToArray();
        _server.Files["org/repo/a.csv"] = "the first file"u8.ToArray();
        _server.Files["org/repo/b.csv"] = "the second file"u8.ToArray();
        _server.Files["data.json"] = "of the hub"u8.ToArray();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_and_folders_are_downloaded_and_the_commands_for_the_others_are_listed()
    {
        DownloadedEvalData got = await Download().Get([Task()], null, default);

        Assert.Equal(["folder/a.csv", "folder/b.csv", "hub/data.json", "one.json"], Present());
        Assert.Equal("the second file", File.ReadAllText(_folder["folder/b.csv"]));
        Assert.Equal((4, 3 + 14 + 15 + 10), (got.Files, got.Bytes));
        Assert.Equal([(false, "none stated"), (true, "unknown")], got.ByHand.Select(h => (h.IsOptional, h.License)));
        Assert.Equal([$"cp x {_folder.Path}/closed"], got.ByHand[0].Commands);
        Assert.Equal(["closed/x.txt", "closed/y.txt"], got.ByHand[0].Paths);
        Assert.Equal("the author", got.ByHand[1].Advice);
    }

    [Fact]
    public async Task A_second_download_requests_nothing()
    {
        await Download().Get([Task()], null, default);
        int before = _server.Requests.Count;

        DownloadedEvalData again = await Download().Get([Task()], null, default);

        Assert.Equal((0, before), (again.Files, _server.Requests.Count));
    }

    [Fact]
    public async Task A_folder_has_its_name_only_when_it_is_complete()
    {
        _server.Fault = (name, _) => name.EndsWith("b.csv", StringComparison.Ordinal) ? HubFault.Corrupt : HubFault.None;

        InputException e = await Assert.ThrowsAsync<InputException>(() => Download().Get([Task()], null, default));

        Assert.Contains("b.csv is damaged: its SHA-256 is ", e.Message);
        Assert.False(new EvalData(_folder.Path).Exists("folder/"));
        _server.Fault = (_, _) => HubFault.None;
        int before = _server.Requests.Count(r => r.Request.EndsWith("a.csv", StringComparison.Ordinal));
        await Download().Get([Task()], null, default);
        Assert.Equal("the first file", File.ReadAllText(_folder["folder/a.csv"]));
        Assert.Equal(before, _server.Requests.Count(r => r.Request.EndsWith("a.csv", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_file_of_the_user_is_kept()
    {
        File.WriteAllText(_folder["one.json"], "mine");

        await Download().Get([Task()], null, default);

        Assert.Equal("mine", File.ReadAllText(_folder["one.json"]));
    }

    [Fact]
    public void Without_a_folder_nothing_is_downloaded() =>
        Assert.Contains(EvalData.Variable, Assert.Throws<InputException>(() => new EvalDataDownload(EvalData.None)).Message);

    [Fact]
    public void The_state_counts_required_files_and_names_what_is_not_known()
    {
        EvalDataSet Set(params EvalDataFile[] files) => EvalDataSet.Of("x", [new FilesTask(files)], new(_folder.Path), Sources());

        Assert.Equal("not needed", Set().State);
        EvalDataSet missing = Set(new EvalDataFile("one.json", "there"), new("folder/", "there"));
        Assert.Equal(("missing", 0, 2, "all"), (missing.State, missing.Found, missing.Required, missing.Download));
        Assert.Equal((32, false), (missing.Bytes, missing.HasUnknownSize));
        Assert.Equal(["MIT"], missing.Licenses);
        File.WriteAllText(_folder["one.json"], "one");
        EvalDataSet partial = Set(
            new EvalDataFile("one.json", "there"), new("closed/x.txt", "there"), new("z", "there") { IsOptional = true });
        Assert.Equal(("partial", 1, 2, "part"), (partial.State, partial.Found, partial.Required, partial.Download));
        Assert.Equal((3, true), (partial.Bytes, partial.HasUnknownSize));
        Assert.Equal(["MIT", "none stated"], partial.Licenses);
        EvalDataSet unknown = Set(new EvalDataFile("nowhere.txt", "the author"));
        Assert.Equal(["unknown", "the author", "none"], [.. unknown.Licenses, .. unknown.Sources, unknown.Download]);
        Assert.Equal("present", Set(new EvalDataFile("one.json", "there")).State);
    }

    [Fact]
    public void Every_listed_download_belongs_to_a_file_of_a_task_and_is_pinned()
    {
        using Stream json = typeof(EvalDataSources).Assembly.GetManifestResourceStream("eval-data.json")!;
        using JsonDocument document = JsonDocument.Parse(json);
        string[] listed =
        [
            .. document.RootElement.GetProperty("downloads").EnumerateArray()
                .SelectMany(d => d.GetProperty("files").EnumerateArray()).Select(f => f.GetProperty("path").GetString()!).Distinct(),
        ];
        EvalDataOrigin[] origins =
        [
            .. EvalTaskCatalog.All.SelectMany(t => t.Card.Data).SelectMany(f => EvalDataSources.All.Of(f).Files).DistinctBy(o => o.Path),
        ];

        Assert.Equal(listed.Order(StringComparer.Ordinal), origins.Select(o => o.Path).Order(StringComparer.Ordinal));
        Assert.All(origins, o => Assert.True(o.Dataset is not null || (o.Checksum is not null && o.Address!.Scheme == "https")));
        Assert.All(origins, o => Assert.Equal(o.Path, Path.Combine("/", o.Path)[1..]));
    }

    [SharedFact("evaldata/MANIFEST.md")]
    public void The_listed_checksums_are_those_of_the_known_files()
    {
        EvalData data = new(SharedMaterial.PathOf("evaldata"));
        EvalDataOrigin[] known =
        [
            .. EvalTaskCatalog.All.SelectMany(t => t.Card.Data).SelectMany(f => EvalDataSources.All.Of(f).Files).DistinctBy(o => o.Path)
                .Where(o => o.Checksum?.Length == 64 && data.Exists(o.Path)),
        ];

        Assert.True(known.Length > 150, $"{known.Length} files");
        Assert.All(known, o =>
        {
            using Stream content = Path.GetExtension(o.Path) == ".bz2" ? File.OpenRead(data.PathOf(o.Path)!) : data.Open(o.Path);
            using MemoryStream all = new();
            content.CopyTo(all);
            Assert.Equal((o.Path, o.Bytes, o.Checksum), (o.Path, all.Length, HubServer.Sha256(all.ToArray())));
        });
    }

    [SharedFact("evaldata/truthfulqa")]
    public async Task Downloaded_data_of_a_task_are_complete()
    {
        IReadOnlyList<IEvalTask> tasks = EvalTaskCatalog.Find("truthfulqa_mc1");
        foreach (EvalDataOrigin origin in tasks.SelectMany(t => t.Card.Data).SelectMany(f => EvalDataSources.All.Of(f).Files))
        {
            _server.Files[origin.Address!.AbsolutePath[1..]] = File.ReadAllBytes(SharedMaterial.PathOf($"evaldata/{origin.Path}"));
        }
        EvalData data = new(_folder.Path);

        DownloadedEvalData got = await new EvalDataDownload(data) { Redirect = ToServer }.Get(tasks, null, default);

        Assert.Equal(2, got.Files);
        Assert.All(EvalDataReport.Of(tasks, data), s => Assert.Equal("found", s.Status));
    }

    [Fact]
    public void RULER_reads_its_templates_and_settings_from_the_original_programs()
    {
        Directory.CreateDirectory(_folder["ruler"]);
        File.WriteAllText(_folder["ruler/constants.py"], """"
            # a license
            TASKS = {
                'niah': {
                    'tokens_to_generate': 128,
                    'template': """Find {query} in\n{context}""",
                    'answer_prefix': """ It is"""
                },

                'qa' : {'tokens_to_generate': 32, 'template': """{context}""", 'answer_prefix': """ Answer:""",},
            }
            """");
        File.WriteAllText(_folder["ruler/synthetic.yaml"], "# a license\n\nniah_single_1:\n  task: niah\n  args:\n    num_needle_k: 4\n");
        RulerFiles files = new(new EvalData(_folder.Path));

        Assert.Equal(new RulerTemplate("Find {query} in\n{context}", " It is", 128), files.Template("niah"));
        Assert.Equal(4, files.Settings("niah_single_1").Number("num_needle_k"));
        Assert.Equal("found", EvalDataReport.Of(EvalTaskCatalog.Find("vt"), new(_folder.Path)).Single().Status);
        File.WriteAllText(_folder["ruler/constants.py"], "nothing");
        Assert.Contains("constants.py is not the expected program", Assert.Throws<InputException>(() => files.Template("qa")).Message);
    }

    static FilesTask Task() => new(
    [
        new("one.json", "there"), new("folder/", "there"), new("hub/data.json", "there"), new("closed/x.txt", "there"),
        new("closed/y.txt", "there"), new("nowhere.txt", "the author") { IsOptional = true },
    ]);

    EvalDataDownload Download() => new(new(_folder.Path))
    {
        Sources = Sources(),
        Redirect = ToServer,
        Hub = _server.Settings(_folder["cache"]),
    };

    Uri ToServer(Uri address) => new($"{_server.StoreUrl}/store{address.AbsolutePath}");

    EvalDataSources Sources()
    {
        string Sha(string name) => HubServer.Sha256(_server.Files[name]);
        string json = $$"""
            {
              "downloads": [
                {"license": "MIT", "source": "org/repo@1", "base": "https://example.org/org/repo/", "files": [
                  {"name": "one.json", "path": "one.json", "bytes": 3, "checksum": "{{Sha("org/repo/one.json")}}"},
                  {"name": "a.csv", "path": "folder/a.csv", "bytes": 14, "checksum": "{{Sha("org/repo/a.csv")}}"},
                  {"name": "b.csv", "path": "folder/b.csv", "bytes": 15, "checksum": "{{Sha("org/repo/b.csv")}}"}
                ]},
                {"license": "MIT", "source": "org/tiny", "dataset": "org/tiny", "files": [{"name": "data.json", "path": "hub/data.json"}]}
              ],
              "by_hand": [{"path": "closed/", "license": "none stated", "source": "org/closed", "commands": ["cp x {data}/closed"]}]
            }
            """;
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(json));
        return EvalDataSources.Read(stream);
    }

    string[] Present() =>
    [
        .. Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(_folder.Path, f).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    sealed class FilesTask(IReadOnlyList<EvalDataFile> files) : IEvalTask
    {
        public EvalTaskCard Card { get; } = new("test/files", 1, "files", "a test", "none", null) { Data = files };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => [];
    }
}
