using System.Text;
using Farsight.Alignment.Hub;

namespace Farsight.Tests.Alignment.Hub;

/// <summary>Who receives the token, and what a server cannot make a download do.</summary>
public sealed class HubDownloadSafetyTests : HubDownloads
{
    [Fact]
    public async Task The_token_is_sent_to_the_hub_and_never_to_another_server()
    {
        await Download(Token).Run(null, default);

        Assert.All(Hub.Requests, r => Assert.Equal(
            r.Request.Contains(" store", StringComparison.Ordinal) ? null : $"Bearer {Token}", r.Authorization));
        Assert.Contains(Hub.Requests, r => r.Request.Contains(" store", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gated_model_names_the_page_and_what_to_do_without_and_with_a_token()
    {
        Hub.Refusal = r => r.Path.Value!.Contains("/resolve/", StringComparison.Ordinal) ? (403, "GatedRepo") : null;

        string without = await Message(Download()), with = await Message(Download(Token));

        Assert.StartsWith($"org/tiny is gated. Accept its conditions at {Hub.Url}/org/tiny, then set HF_TOKEN", without);
        Assert.Contains("check that the token in HF_TOKEN belongs to that account", with);
        Assert.DoesNotContain(Token, with);
    }

    [Fact]
    public async Task A_refused_token_is_never_in_the_message()
    {
        Hub.Refusal = _ => (401, "");

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

    [Theory]
    [InlineData("../tokenizer.json")]
    [InlineData("/tokenizer.json")]
    [InlineData("additional_chat_templates/../../../x.jinja")]
    public async Task A_name_that_leads_out_of_the_folder_is_refused_before_any_download(string name)
    {
        Hub.ListedNames.Add(name);

        string message = await Message(Download());

        Assert.StartsWith($"org/tiny lists the file '{name}'", message);
        Assert.Equal(0, Hub.ContentRequests);
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public async Task A_name_that_is_a_path_on_Windows_is_not_written()
    {
        Hub.ListedNames.AddRange(["..\\tokenizer.json", "C:tokenizer.json"]);

        Assert.Equal(4, (await Download().Run(null, default)).Files);
    }

    [Fact]
    public async Task A_commit_that_is_a_path_is_refused()
    {
        Hub.ListedCommit = "../../../" + new string('a', 31);

        Assert.Contains("sent no commit", await Message(Download()));
    }

    [Fact]
    public async Task An_index_that_names_a_foreign_file_is_refused()
    {
        Hub.Files.Remove("model.safetensors");
        Hub.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map": {"x": "../../y.safetensors"}}""");

        Assert.Contains("names ../../y.safetensors, which the repository does not have", await Message(Download()));
    }
}
