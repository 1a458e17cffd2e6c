using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Represents the address of an endpoint.</summary>
/// <param name="Uri">The full address of chat completions.</param>
/// <param name="Name">The name in messages: the given address without its query.</param>
sealed record EndpointAddress(Uri Uri, string Name)
{
    const string Path = "/chat/completions";

    /// <summary>Reads an address.</summary>
    /// <exception cref="InputException">The text is not the address of a server, or it holds a password.</exception>
    internal static EndpointAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InputException($"'{Shown(text)}' is not the address of a server; write it like http://localhost:8000/v1.");
        }
        if (uri.UserInfo.Length > 0)
        {
            throw new InputException(
                $"The address of {uri.Host} holds a user or password, and addresses are shown and recorded. "
                    + "Put the key into an environment variable, and set KeyVariable to its name."
            );
        }
        string path = uri.AbsolutePath.TrimEnd('/');
        string whole = path.EndsWith(Path, StringComparison.Ordinal) ? path : path.Length == 0 ? "/v1" + Path : path + Path;
        return new(new UriBuilder(uri) { Path = whole, Fragment = "" }.Uri, uri.GetLeftPart(UriPartial.Path).TrimEnd('/'));
    }

    /// <summary>The full address of the list of models.</summary>
    internal Uri Models => new UriBuilder(Uri) { Path = Uri.AbsolutePath[..^Path.Length] + "/models" }.Uri;

    /// <summary>Shortens a text that is not an address; it may be a key in the wrong place.</summary>
    static string Shown(string text) => text.Length <= 12 ? text : text[..12] + "…";
}
