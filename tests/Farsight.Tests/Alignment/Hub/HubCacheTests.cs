using Farsight.Alignment.Hub;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Tests.Alignment.Hub;

public sealed class HubCacheTests : IDisposable
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567", Name = "org/some.model-1";

    readonly TemporaryFolder _folder = new();

    HubSettings Settings => HubSettings.From(n => n == "HF_HUB_CACHE" ? _folder.Path : null);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_name_leads_to_the_snapshot_of_its_main_branch()
    {
        string snapshot = Store("config.json");

        Assert.Equal(snapshot, HubCache.Locate(Name, Settings, null));
        Assert.Equal(snapshot, HubCache.Locate($"{Name}@{Commit}", Settings, null));
        Assert.Equal("some.model-1", ModelFiles.NameOf(snapshot));
    }

    [Fact]
    public void A_missing_model_is_one_sentence_with_the_commands_that_download_it()
    {
        string message = Assert.Throws<InputException>(() => HubCache.Locate(Name, Settings, null)).Message;

        Assert.Equal(
            $"{Name} does not exist, and the Hugging Face cache ({_folder.Path}) has no model of that name. Correct the path, or download "
                + $"the model with 'farsight fetch {Name}' or 'hf download {Name}'.",
            message);
        Assert.Contains(
            "'farsight fetch org/x@v1' or 'hf download org/x --revision v1'",
            Assert.Throws<InputException>(() => HubCache.Locate("org/x@v1", Settings, null)).Message);
    }

    [Fact]
    public void A_mistyped_path_is_answered_with_the_path_that_is_near()
    {
        const string Folder = "mistyped-path-test"; // relative paths start at the tests' folder
        Directory.CreateDirectory($"{Folder}/tiny");
        try
        {
            Assert.Equal(
                $"mistyped-pahts-test/tiny does not exist. Did you mean {Folder}/tiny? For a model of the Hugging Face hub, download the "
                    + "model with 'farsight fetch mistyped-pahts-test/tiny' or 'hf download mistyped-pahts-test/tiny'.",
                Message("mistyped-pahts-test/tiny"));
            Assert.StartsWith($"{Folder}/tinny does not exist. Did you mean {Folder}/tiny?", Message($"{Folder}/tinny"));
            Assert.StartsWith($"{Folder}/other does not exist: the folder {Folder} has no other.", Message($"{Folder}/other"));
        }
        finally
        {
            Directory.Delete(Folder, recursive: true);
        }

        string Message(string path) => Assert.Throws<InputException>(() => HubCache.Locate(path, Settings, null)).Message;
    }

    [Fact]
    public void Offline_mode_uses_the_cache_and_is_named_if_the_model_is_missing()
    {
        HubSettings offline = HubSettings.From(n => n switch { "HF_HUB_CACHE" => _folder.Path, "HF_HUB_OFFLINE" => "yes", _ => null });
        Assert.Contains(
            "after you have unset HF_HUB_OFFLINE", Assert.Throws<InputException>(() => HubCache.Locate(Name, offline, null)).Message);

        string snapshot = Store("config.json");

        Assert.Equal(snapshot, HubCache.Locate(Name, offline, null));
    }

    [Theory]
    [InlineData("/absolute/model")]
    [InlineData("../org/name")]
    [InlineData("one-part")]
    [InlineData("a/b/c")]
    [InlineData("org/model.git")]
    [InlineData("org/a--b")]
    [InlineData("org/name@../../x")]
    [InlineData("org/.name")]
    [InlineData("org/na me")]
    [InlineData("")]
    public void A_text_that_cannot_be_a_name_stays_a_path(string path)
    {
        Assert.Null(HubName.TryParse(path));
        Assert.Equal(path, HubCache.Locate(path, Settings, null));
    }

    [Fact]
    public void A_reference_that_is_no_commit_leads_nowhere()
    {
        Store("config.json");
        File.WriteAllText(Path.Combine(_folder.Path, "models--org--some.model-1", "refs", "main"), "../../outside");

        Assert.Throws<InputException>(() => HubCache.Locate(Name, Settings, null));
    }

    [Fact]
    public void A_local_folder_of_the_name_is_used_and_reported_if_the_cache_has_the_model_too()
    {
        List<string> notices = [];
        const string Local = "artifacts/hub-cache-test"; // relative paths start at the tests' folder
        Directory.CreateDirectory(Local);
        try
        {
            Assert.Equal(Local, HubCache.Locate(Local, Settings, notices.Add));
            Assert.Empty(notices);
            Store("config.json", Local);

            Assert.Equal(Local, HubCache.Locate(Local, Settings, notices.Add));
            Assert.Equal([$"The local folder {Local} is used, not the model {Local} of the Hugging Face cache."], notices);
        }
        finally
        {
            Directory.Delete(Local);
        }
    }

    [Fact]
    public void A_snapshot_of_one_GGUF_file_is_that_file_and_of_several_asks_for_one()
    {
        string snapshot = Store("a.gguf");
        Assert.Equal(Path.Combine(snapshot, "a.gguf"), HubCache.Locate(Name, Settings, null));

        Store("b.gguf");

        Assert.Contains("has several GGUF files", Assert.Throws<InputException>(() => HubCache.Locate(Name, Settings, null)).Message);
    }

    [Theory]
    [InlineData("HF_HUB_CACHE=/c HF_HOME=/h XDG_CACHE_HOME=/x", "/c")]
    [InlineData("HUGGINGFACE_HUB_CACHE=/c HF_HOME=/h", "/c")]
    [InlineData("HF_HOME=/h XDG_CACHE_HOME=/x", "/h/hub")]
    [InlineData("XDG_CACHE_HOME=/x", "/x/huggingface/hub")]
    [InlineData("HF_HOME=~/h", "~/h/hub")]
    [InlineData("", "~/.cache/huggingface/hub")]
    public void The_cache_is_where_huggingface_hub_has_it(string variables, string cache)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.Equal(cache.Replace("~", home, StringComparison.Ordinal), HubSettings.From(Variables(variables)).Cache);
    }

    [Theory]
    [InlineData("HF_HUB_OFFLINE=1", true)]
    [InlineData("HF_HUB_OFFLINE=True", true)]
    [InlineData("TRANSFORMERS_OFFLINE=ON", true)]
    [InlineData("HF_HUB_OFFLINE=0 TRANSFORMERS_OFFLINE=1", false)]
    [InlineData("HF_HUB_OFFLINE=no", false)]
    [InlineData("", false)]
    public void Offline_mode_is_set_by_the_words_of_huggingface_hub(string variables, bool isOffline) =>
        Assert.Equal(isOffline, HubSettings.From(Variables(variables)).IsOffline);

    [Fact]
    public void The_token_comes_from_the_variable_or_from_the_file_and_is_never_shown()
    {
        File.WriteAllText(_folder["token"], "hf_fromfile\n");
        File.WriteAllText(_folder["bad"], "no token");

        HubToken file = HubSettings.From(Variables($"HF_TOKEN_PATH={_folder["token"]}")).ReadToken()!;
        HubToken variable = HubSettings.From(Variables($"HF_TOKEN=hf_x HF_TOKEN_PATH={_folder["token"]}")).ReadToken()!;

        Assert.Equal((_folder["token"], "HF_TOKEN"), (file.Source, variable.Source));
        Assert.Equal("[token]", file.ToString());
        Assert.Null(HubSettings.From(Variables($"HF_TOKEN_PATH={_folder["none"]}")).ReadToken());
        HubSettings bad = HubSettings.From(Variables($"HF_TOKEN_PATH={_folder["bad"]}"));
        string message = Assert.Throws<InputException>(() => bad.ReadToken()).Message;
        Assert.DoesNotContain("no token;", message);
    }

    static Func<string, string?> Variables(string text)
    {
        Dictionary<string, string> values =
            text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        return name => values.GetValueOrDefault(name);
    }

    string Store(string file, string name = Name)
    {
        string folder = Path.Combine(_folder.Path, $"models--{name.Replace("/", "--", StringComparison.Ordinal)}");
        string snapshot = Path.Combine(folder, "snapshots", Commit);
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(Path.Combine(folder, "refs"));
        File.WriteAllText(Path.Combine(folder, "refs", "main"), Commit);
        File.WriteAllText(Path.Combine(snapshot, file), "{}");
        return snapshot;
    }
}
