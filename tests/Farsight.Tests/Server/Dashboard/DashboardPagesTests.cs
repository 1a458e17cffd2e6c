using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine;
using Farsight.Server.Dashboard;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server.Dashboard;

public sealed partial class DashboardPagesTests(DashboardFiles files) : IClassFixture<DashboardFiles>
{
    const string Key = "a-key-of-twenty-letters";

    /// <summary>A page of each kind; the last one reports an error.</summary>
    internal static readonly string[] Paths =
    [
        "/runs", Address("/run", $"1/runs/{DashboardFiles.Payload}"),
        $"{Address("/compare", "1/runs/one", "run")}&{Address("", $"1/runs/{DashboardFiles.Payload}", "run")[1..]}",
        "/data", Address("/dataset", "1/data.jsonl"), Address("/sample", "1/data.jsonl") + "&n=2",
        "/evaluations", Address("/evaluation", "1/eval/a"), "/evaluation?path=1%2Feval%2Fa&path=1%2Feval%2Fb",
        Address("/answers", "1/eval/a"), $"{Address("/prompt", "1/eval/a")}&prompt={DashboardFiles.PromptHash}",
        $"/runs?find={Uri.EscapeDataString(DashboardFiles.Payload)}", $"/run?path={Uri.EscapeDataString(DashboardFiles.Payload)}",
    ];

    public static TheoryData<string> Pages => [.. Paths];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Markup_in_a_text_is_shown_as_text(string path)
    {
        using HttpResponseMessage response = await files.Client.GetAsync(path);
        string page = await response.Content.ReadAsStringAsync();

        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("<script src=\"/assets/dashboard.js\" defer>", Assert.Single(Scripts().Matches(page)).Value); // the dashboard's own
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy);
        Assert.Contains("style-src 'self';", policy);
    }

    [Fact]
    public async Task The_list_of_runs_has_state_loss_and_alarms()
    {
        string page = await files.Page("/runs");

        Assert.Contains(">runs/one</a>", page);
        Assert.Contains("stopped at step 100 of 101", page);
        Assert.Contains("at step 3</td>", page);
        Assert.Contains("300</td>", page); // tokens per second
        Assert.Contains("name=\"run\" value=\"1/runs/one\"", page);
    }

    [Fact]
    public async Task A_run_has_its_numbers_curves_alarms_answers_and_recipe()
    {
        string page = await files.Page(Address("/run", "1/runs/one"));

        Assert.All(
            [
                "100 of 101", "Learning rate", "Gradient norm", "Alarms", "Answers along training", "objective.beta", "peak memory",
                "954 MiB",
            ],
            text => Assert.Contains(text, page));
        Assert.Contains("<figcaption>Loss</figcaption>", page);
        Assert.DoesNotContain("Stop this run", page); // nothing runs
    }

    [Fact]
    public async Task The_body_of_a_live_page_is_sent_again_only_when_it_has_changed()
    {
        string path = Address("/run", "1/runs/one") + "&part=1";
        using HttpResponseMessage first = await files.Client.GetAsync(path);
        using HttpRequestMessage again = new(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using HttpResponseMessage second = await files.Client.SendAsync(again);

        Assert.DoesNotContain("<html", await first.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Several_runs_have_common_axes_and_the_differences_of_their_recipes()
    {
        string page = await files.Page(Paths.First(p => p.StartsWith("/compare", StringComparison.Ordinal)));

        Assert.Contains("<figcaption>Loss, training</figcaption>", page);
        Assert.Contains("<th scope=\"row\">objective.beta</th>", page);
        Assert.Contains("<option value=\"0.1\">strong</option>", page);
    }

    [Fact]
    public async Task A_dataset_has_its_card_filters_and_pages()
    {
        string all = await Whole();
        string filtered = await files.Page(Address("/dataset", "1/data.jsonl") + "&origin=fact&judge=accepted");
        string second = await files.Page(Address("/dataset", "1/data.jsonl") + "&page=2");

        Assert.All(["Page 1 of 3, 120 in total", "context (tokens)", "<figcaption>Context tokens</figcaption>", "60 accepted"], t =>
            Assert.Contains(t, all));
        Assert.Contains("20 samples with this filter", filtered); // every sixth of 120
        Assert.Contains("n=51\">51</a>", second);
        Assert.DoesNotContain("n=50\">50</a>", second);
    }

    [Fact]
    public async Task A_sample_has_chunks_differences_tokens_and_provenance()
    {
        await Whole();

        string page = await files.Page(Address("/sample", "1/data.jsonl") + "&n=7");

        Assert.Contains("<ins>red. </ins>", page);
        Assert.Contains("<del>blue. </del>", page);
        Assert.Contains("id=\"", page);
        Assert.Contains("score 2", page);
        Assert.Contains("class=\"token scored\"", page);
        Assert.Contains("class=\"token template\"", page);
        Assert.Contains("chosen response saw chunks</dt><dd>1</dd>", page);
        Assert.Contains("1, sample 6", page);
        Assert.Contains("7 of 120", page);
        Assert.Equal(HttpStatusCode.NotFound, (await files.Client.GetAsync(Address("/sample", "1/data.jsonl") + "&n=121")).StatusCode);
    }

    [Fact]
    public async Task Two_evaluations_have_maps_and_paired_differences_and_every_answer_is_there()
    {
        string page = await files.Page("/evaluation?path=1%2Feval%2Fa&path=1%2Feval%2Fb");
        string answers = await files.Page(Address("/answers", "1/eval/a") + "&only=failed");

        Assert.Contains("<svg class=\"heat\"", page);
        Assert.Contains("eval/b against eval/a", page);
        Assert.Contains("better", page);
        Assert.Contains("1 answer by", answers);
        Assert.Contains(": failed <span", answers);
    }

    [Fact]
    public async Task The_list_of_evaluations_has_model_task_and_score_with_its_interval()
    {
        string page = await files.Page("/evaluations");

        Assert.Contains("onerror=alert(1)&gt;", page); // the model's name, escaped
        Assert.Contains("needle/near: 62.5 % (51.5 to 72.3), n = 80", page); // 50 of 80; Wilson's interval with z = 1.96
    }

    [Fact]
    public async Task A_whole_prompt_is_linked_from_its_answer_and_only_prompts_are_shown()
    {
        string link = $"/prompt?path=1%2Feval%2Fa&amp;prompt={DashboardFiles.PromptHash}";
        Assert.Contains($"<a href=\"{link}\">The whole prompt</a>", await files.Page(Address("/answers", "1/eval/a")));

        Assert.Contains("The whole prompt.</pre>", await files.Page(link.Replace("&amp;", "&", StringComparison.Ordinal)));

        foreach (string wrong in (string[])["../results.json", new('b', 64), "", new string('A', 64)])
        {
            Assert.Equal(
                HttpStatusCode.NotFound,
                (await files.Client.GetAsync($"/prompt?path=1%2Feval%2Fa&prompt={Uri.EscapeDataString(wrong)}")).StatusCode);
        }
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await files.Client.GetAsync($"/prompt?path=1%2Fruns%2Fone&prompt={DashboardFiles.PromptHash}")).StatusCode);
    }

    [Fact]
    public async Task A_study_links_to_its_report_in_which_nothing_runs()
    {
        Assert.Contains("/report?path=1%2Fstudy%2Freport.html", await files.Page("/evaluations"));

        using HttpResponseMessage report = await files.Client.GetAsync("/report?path=1%2Fstudy%2Freport.html");

        Assert.Contains("its report", await report.Content.ReadAsStringAsync());
        string policy = report.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("sandbox", policy);
        Assert.DoesNotContain("script-src", policy);
        Assert.Equal(HttpStatusCode.NotFound, (await files.Client.GetAsync("/report?path=1%2Fdata.jsonl")).StatusCode);
    }

    [Theory]
    [InlineData("1/../outside/secret.txt")]
    [InlineData("1/runs/../../outside")]
    [InlineData("1//etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("0/runs/one")]
    [InlineData("2/runs/one")]
    [InlineData("-1/runs/one")]
    [InlineData("1/./runs/one")]
    [InlineData("1/runs\\one")]
    [InlineData("1/runs/one\0")]
    [InlineData("1/runs/absent")]
    [InlineData("")]
    public async Task An_address_outside_of_the_folders_is_refused(string address)
    {
        foreach (string page in (string[])["/run", "/dataset", "/sample", "/evaluation", "/answers", "/prompt", "/report"])
        {
            using HttpResponseMessage response = await files.Client.GetAsync(Address(page, address));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.DoesNotContain("the secret", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_link_that_leads_outside_is_refused()
    {
        DashboardFiles.WriteRun(Path.Combine(files.Outside, "run"), 3, 1);
        DashboardFiles.WriteRun(files.In("linked/run"), 3, 1);
        Directory.CreateSymbolicLink(files.In("linked/folder"), Path.Combine(files.Outside, "run"));
        File.Delete(files.In("linked/run/notices.txt"));
        File.CreateSymbolicLink(files.In("linked/run/notices.txt"), Path.Combine(files.Outside, "secret.txt"));

        using HttpResponseMessage folder = await files.Client.GetAsync(Address("/run", "1/linked/folder"));
        using HttpResponseMessage file = await files.Client.GetAsync(Address("/run", "1/linked/run"));

        Assert.Equal(HttpStatusCode.NotFound, folder.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, file.StatusCode);
        Assert.DoesNotContain("the secret", await file.Content.ReadAsStringAsync());
        Directory.Delete(files.In("linked"), recursive: true);
    }

    [Fact]
    public async Task A_run_in_progress_is_stopped_by_a_form_of_the_dashboard_alone()
    {
        DashboardFiles.WriteRun(files.In("held/run"), 3, 1);
        using FileStream held = new(files.In("held/run/run.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        string request = files.In("held/run/stop.request"), own = files.Client.BaseAddress!.ToString().TrimEnd('/');
        Assert.Contains("Stop this run", await files.Page(Address("/run", "1/held/run")));

        Assert.Equal(HttpStatusCode.Forbidden, await Stop(null));
        Assert.Equal(HttpStatusCode.Forbidden, await Stop("http://elsewhere.example"));
        Assert.False(File.Exists(request));
        Assert.Equal(HttpStatusCode.SeeOther, await Stop(own));
        Assert.True(File.Exists(request));
        held.Dispose();
        Directory.Delete(files.In("held"), recursive: true);

        async Task<HttpStatusCode> Stop(string? origin)
        {
            using HttpRequestMessage message = new(HttpMethod.Post, "/run/stop")
            {
                Content = new FormUrlEncodedContent([new("path", "1/held/run")]),
            };
            if (origin is not null)
            {
                message.Headers.Add("Origin", origin);
            }
            using HttpResponseMessage response = await files.Client.SendAsync(message);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Without_permission_no_run_is_stopped()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(new([files.Root]), IPAddress.Loopback, 0, null, _ => { });
        using HttpClient client = new() { BaseAddress = new(server.Url) };
        using HttpRequestMessage message = new(HttpMethod.Post, "/run/stop")
        {
            Content = new FormUrlEncodedContent([new("path", "1/runs/one")]),
        };
        message.Headers.Add("Origin", server.Url);

        using HttpResponseMessage response = await client.SendAsync(message);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("permission to stop runs", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_browser_sends_the_key_as_a_password()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(new([files.Root]), IPAddress.Loopback, 0, Key, _ => { });
        using HttpClient client = new() { BaseAddress = new(server.Url) };

        using HttpResponseMessage refused = await client.GetAsync("/runs");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Basic", refused.Headers.WwwAuthenticate.Single().Scheme);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Base64("anyone:wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/runs")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Base64($"anyone:{Key}"));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/runs")).StatusCode);

        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public async Task A_foreign_host_name_and_an_unknown_path_are_refused()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/runs");
        request.Headers.Host = "rebound.example";

        Assert.Equal(HttpStatusCode.Forbidden, (await files.Client.SendAsync(request)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await files.Client.GetAsync("/etc/passwd")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await files.Client.PostAsync("/runs", null)).StatusCode);
    }

    [Fact]
    public async Task Other_machines_reach_a_dashboard_with_a_key_only() => Assert.Contains(
        "API key",
        (await Assert.ThrowsAsync<InputException>(() => Start(files.Root, IPAddress.Any))).Message);

    [Fact]
    public async Task A_missing_folder_is_named() => Assert.Contains(
        "absent",
        (await Assert.ThrowsAsync<InputException>(() => Start("absent", IPAddress.Loopback))).Message);

    [Fact]
    public async Task A_server_with_a_dashboard_has_a_playground_with_its_models()
    {
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0 }, _ => { }, new DashboardOptions([files.Root]));
        using HttpClient client = new() { BaseAddress = new(server.Url) };

        string page = await client.GetStringAsync("/playground");

        Assert.Contains("<option value=\"tiny\" selected>tiny</option>", page);
        Assert.Contains("<a href=\"/playground\" aria-current=\"page\">", page);
        Assert.Contains("2 training runs", await client.GetStringAsync("/runs"));
        Assert.Contains("tiny", await client.GetStringAsync("/v1/models"));
        Assert.Equal(HttpStatusCode.NotFound, (await files.Client.GetAsync("/playground")).StatusCode);
    }

    [Theory]
    [InlineData("a b c", "a b c", "a b c", "a b c")]
    [InlineData("a b c", "a x c", "a <ins>b </ins>c", "a <del>x </del>c")]
    [InlineData("a", "", "<ins>a</ins>", "")]
    [InlineData("one two three", "two three four", "<ins>one </ins>two three", "two three <del>four</del>")]
    [InlineData("<b>", "x", "<ins>&lt;b&gt;</ins>", "<del>x</del>")]
    public void Words_of_one_text_alone_are_marked(string first, string second, string markedFirst, string markedSecond) =>
        Assert.Equal((markedFirst, markedSecond), WordDifference.Mark(first, second));

    /// <summary>The page of the dataset once it is indexed.</summary>
    async Task<string> Whole()
    {
        string page;
        do
        {
            page = await files.Page(Address("/dataset", "1/data.jsonl"));
        }
        while (page.Contains("data-live", StringComparison.Ordinal)); // waits on the server
        return page;
    }

    static Task<DashboardServer> Start(string folder, IPAddress host) => DashboardServer.StartAsync(new([folder]), host, 0, null, _ => { });

    static string Address(string page, string address, string name = "path") => $"{page}?{name}={Uri.EscapeDataString(address)}";

    [GeneratedRegex("<script[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Scripts();
}
