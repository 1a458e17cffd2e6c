using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Where an endpoint is.</summary>
/// <param name="Uri">The whole address of chat completions.</param>
/// <param name="Name">How messages name it: as given, without what stands behind a question mark.</param>
sealed record EndpointAddress(Uri Uri, string Name)
{
    const string Path = "/chat/completions";

    /// <summary>The key that limits an answer's tokens: OpenAI's newer models refuse the one that everybody else knows.</summary>
    internal string TokenLimit => Uri.Host == "api.openai.com" ? "max_completion_tokens" : "max_tokens";

    /// <exception cref="InputException">The text is no such address, or holds a password.</exception>
    internal static EndpointAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InputException($"--endpoint '{Shown(text)}' is no address of a server; write it as in http://localhost:8000/v1.");
        }
        if (uri.UserInfo.Length > 0)
        {
            throw new InputException(
                $"--endpoint {uri.Host}: the address holds a user or password, and addresses are shown and recorded; put the key into an environment variable and name it with --endpoint-key-variable."
            );
        }
        string path = uri.AbsolutePath.TrimEnd('/');
        string whole = path.EndsWith(Path, StringComparison.Ordinal) ? path : path.Length == 0 ? "/v1" + Path : path + Path;
        return new(new UriBuilder(uri) { Path = whole, Fragment = "" }.Uri, uri.GetLeftPart(UriPartial.Path).TrimEnd('/'));
    }

    /// <summary>What is no address may be a key in the wrong place, and is not repeated whole.</summary>
    static string Shown(string text) => text.Length <= 12 ? text : text[..12] + "…";
}
