using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Farsight.Alignment.Recipes;
using Farsight.Server.Dashboard;
using Farsight.Server.Hosting;
using Farsight.Workflows.Train;
using Microsoft.Playwright;

namespace Farsight.Tests.Server.Dashboard;

/// <summary>The pages in a browser: desktop and phone, light and dark.</summary>
[Trait("Category", "Slow")]
public sealed class DashboardInBrowserTests(DashboardFiles files) : IClassFixture<DashboardFiles>
{
    [ChromiumTheory]
    [InlineData(1280, ColorScheme.Light), InlineData(1280, ColorScheme.Dark), InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Every_page_is_accessible_fits_the_screen_and_loads_nothing_else(int width, ColorScheme scheme)
    {
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0 },
            _ => { },
            new DashboardOptions([files.Root]) { Model = ServerFixture.ModelPath });
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Open(playwright);
        List<string> faults = [];
        IPage page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
        page.Dialog += (_, dialog) => faults.Add($"a script of a text ran: {dialog.Message}");
        page.PageError += (_, error) => faults.Add(error);
        page.Console += (_, message) => faults.AddRange(message.Type == "error" ? [message.Text] : []);
        page.Request += (_, request) => faults.AddRange(
            request.Url.StartsWith(server.Url, StringComparison.Ordinal) || request.Url.StartsWith("data:", StringComparison.Ordinal)
                ? [] : [$"{request.Url} was loaded"]);

        string[] paths = [.. DashboardPagesTests.Paths.SkipLast(1), "/playground"]; // without the error
        foreach (string path in paths)
        {
            await page.GotoAsync(server.Url + path);
            AxeResult axe = await page.RunAxe();
            faults.AddRange(axe.Violations.Where(v => v.Impact is "serious" or "critical").Select(v =>
                $"{path}: {v.Id}, {v.Help}: {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html))}"));
            int wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            faults.AddRange(wide > 0 ? [$"{path} is {wide} pixels too wide"] : []);
        }

        Assert.Empty(faults);
    }

    [ChromiumTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_live_page_follows_the_run_unless_it_is_paused_and_keeps_what_the_reader_opened(bool isPaused)
    {
        string run = $"live-{isPaused}";
        DashboardFiles.WriteRun(files.In(run), 10, 1);
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Open(playwright);
        IPage page = await browser.NewPageAsync();
        await page.GotoAsync($"{files.Client.BaseAddress}run?path=1%2F{run}");
        await Assertions.Expect(page.Locator(".headlines")).ToContainTextAsync("10 of 11");
        if (isPaused)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Pause updates" }).ClickAsync();
        }
        await page.GetByRole(AriaRole.Link, new() { Name = "Curves" }).FocusAsync();

        File.AppendAllText(files.In($"{run}/metrics.jsonl"), """{"step":11,"loss":0.5}""" + "\n");

        if (isPaused)
        {
            await page.WaitForTimeoutAsync(4000);
            await Assertions.Expect(page.Locator(".headlines")).ToContainTextAsync("10 of 11");
            return;
        }
        await Assertions.Expect(page.Locator(".headlines")).ToContainTextAsync("11 of 11", new() { Timeout = 10_000 });
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Curves" })).ToBeFocusedAsync();
    }

    [ChromiumTheory]
    [InlineData(1280)]
    public async Task Every_page_is_visited_during_a_real_training_run_which_is_followed_and_stopped(int width)
    {
        using TrainingFiles training = new();
        await using DashboardServer server = await DashboardServer.StartAsync(
            new([training.Root]) { AllowsStop = true }, System.Net.IPAddress.Loopback, 0, null, _ => { });
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(training.RecipePath, ["steps=1000000"]);
        Task run = Task.Run(() => TrainRun.Start(
            new(recipe, training.RecipePath, training.In("run"), Resume: false), _ => { }, null, CancellationToken.None));
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Open(playwright);
        List<string> faults = [];
        IPage page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 } });
        page.PageError += (_, error) => faults.Add(error);
        page.Console += (_, message) => faults.AddRange(message.Type == "error" ? [message.Text] : []);
        while (!File.Exists(training.In("run/metrics.jsonl")) && !run.IsCompleted)
        {
            await Task.Delay(50);
        }

        foreach (string path in (string[])["/runs", "/data", "/dataset?path=1%2Fdata.jsonl", "/sample?path=1%2Fdata.jsonl&n=2",
            "/evaluations", "/run?path=1%2Frun"])
        {
            Assert.Equal(200, (await page.GotoAsync(server.Url + path))!.Status);
        }
        ILocator numbers = page.Locator(".headlines");
        string first = await numbers.InnerTextAsync();
        await Assertions.Expect(numbers).Not.ToHaveTextAsync(first, new() { Timeout = 30_000, UseInnerText = true });
        await page.GetByText("Stop this run").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop after this step" }).ClickAsync();
        await run.WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        await Assertions.Expect(numbers).ToContainTextAsync("stopped", new() { Timeout = 30_000 });
        Assert.True(run.IsCompleted);
        Assert.Empty(faults);
    }

    [ChromiumTheory]
    [InlineData("What is the lamp?")]
    public async Task The_playground_streams_two_answers_whose_tokens_can_be_read_by_keyboard(string question)
    {
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0 }, _ => { }, new DashboardOptions([files.Root]));
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Open(playwright);
        IPage page = await browser.NewPageAsync();
        await page.GotoAsync($"{server.Url}/playground");
        await page.GetByLabel("Document").FillAsync("The lamp is red. The door is open.");
        await page.GetByLabel("Question").FillAsync(question);
        await page.GetByLabel("Maximum tokens").FillAsync("8");

        await page.GetByRole(AriaRole.Button, new() { Name = "Ask" }).ClickAsync();

        for (int side = 0; side < 2; side++)
        {
            ILocator answer = page.Locator("[data-side]").Nth(side);
            await Assertions.Expect(answer.Locator("[data-usage]")).ToContainTextAsync("prompt tokens", new() { Timeout = 60_000 });
            await answer.Locator(".answer").FocusAsync();
            await page.Keyboard.PressAsync("ArrowRight");
            await Assertions.Expect(answer.Locator("[data-token]")).ToContainTextAsync("log-probability");
            Assert.InRange(await answer.Locator(".token").CountAsync(), 1, 8);

            await page.Keyboard.PressAsync("Enter");

            ILocator heads = answer.Locator("[data-heads]");
            await Assertions.Expect(heads.Locator("p")).ToContainTextAsync("heads looked", new() { Timeout = 60_000 });
            Assert.InRange(await heads.Locator("li").CountAsync(), 1, 8);
            Assert.NotEqual("", await heads.Locator("li mark").First.TextContentAsync());
        }
        AxeResult axe = await page.RunAxe();
        Assert.DoesNotContain(axe.Violations, v => v.Impact is "serious" or "critical");
    }

    [ChromiumTheory]
    [InlineData(null)]
    [InlineData("a-key-of-twenty-letters")]
    public async Task The_reference_shows_the_paths_and_loads_nothing_from_elsewhere(string? key)
    {
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, ApiKey = key }, _ => { });
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Open(playwright);
        List<string> faults = [];
        IPage page = await browser.NewPageAsync(
            new() { HttpCredentials = key is null ? null : new() { Username = "any", Password = key } });
        page.PageError += (_, error) => faults.Add(error);
        page.Console += (_, message) => faults.AddRange(message.Type == "error" ? [message.Text] : []);
        page.Request += (_, request) => faults.AddRange(
            ((string[])[server.Url, "data:", "blob:"]).Any(s => request.Url.StartsWith(s, StringComparison.Ordinal))
                ? [] : [$"{request.Url} was requested"]);

        await page.GotoAsync($"{server.Url}/reference");

        await Assertions.Expect(page.Locator("body"))
            .ToContainTextAsync("Create the next message of a conversation", new() { Timeout = 30_000 });
        Assert.Empty(faults);
    }

    static Task<IBrowser> Open(IPlaywright playwright) =>
        playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium.Program, Args = ["--no-sandbox"] });
}
