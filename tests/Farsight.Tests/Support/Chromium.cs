using System.Diagnostics;

namespace Farsight.Tests.Support;

/// <summary>A browser without a window: Chromium or Chrome from the path.</summary>
static class Chromium
{
    static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>The program; null where there is none.</summary>
    internal static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => s_names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>Opens a file, waits until it is loaded, and gives what the page became and what the browser logged.</summary>
    /// <param name="path">An HTML file.</param>
    /// <param name="profile">A folder for the browser's own files.</param>
    /// <param name="options">Further options of the browser.</param>
    internal static async Task<(string Page, string Log)> Open(string path, string profile, params string[] options)
    {
        using CancellationTokenSource time = new(TimeSpan.FromMinutes(2));
        using Process browser = Process.Start(
            new ProcessStartInfo(
                Program!,
                [
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--host-resolver-rules=MAP * ~NOTFOUND",
                    "--enable-logging=stderr",
                    $"--user-data-dir={profile}",
                    .. options,
                    "--dump-dom",
                    new Uri(Path.GetFullPath(path)).AbsoluteUri,
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        try
        {
            Task<string> log = browser.StandardError.ReadToEndAsync(time.Token);
            string page = await browser.StandardOutput.ReadToEndAsync(time.Token);
            await browser.WaitForExitAsync(time.Token);
            return (page, await log);
        }
        finally
        {
            if (!browser.HasExited)
            {
                browser.Kill(entireProcessTree: true);
            }
        }
    }
}

/// <summary>A test that needs a browser; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ChromiumTheoryAttribute : TheoryAttribute
{
    public ChromiumTheoryAttribute() =>
        Skip = Chromium.Program is null ? "No Chromium or Chrome in PATH; install one to show reports in it." : null;
}
