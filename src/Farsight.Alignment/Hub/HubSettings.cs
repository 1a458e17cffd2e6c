using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Hub;

/// <summary>Represents the settings that all programs share which use the Hugging Face hub: cache, server and token.</summary>
/// <remarks>
/// The variables and their precedence are those of huggingface_hub: HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME, HF_HUB_OFFLINE, HF_ENDPOINT,
/// HF_TOKEN and HF_TOKEN_PATH, and the older names that it still reads.
/// </remarks>
public sealed class HubSettings
{
    static readonly string[] s_true = ["1", "ON", "YES", "TRUE"];

    readonly string? _token;
    readonly string _tokenFile;

    HubSettings(Func<string, string?> variable)
    {
        string? First(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (variable(name) is { Length: > 0 } value)
                {
                    return value;
                }
            }
            return null;
        }
        string home = UserPath(First("HF_HOME") ?? Path.Combine(First("XDG_CACHE_HOME") ?? "~/.cache", "huggingface"));
        Cache = UserPath(First("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"));
        IsOffline = First("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") is { } word && s_true.Contains(word.ToUpperInvariant());
        Server = (First("HF_ENDPOINT") ?? "https://huggingface.co").TrimEnd('/');
        _token = First("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
        _tokenFile = UserPath(First("HF_TOKEN_PATH") ?? Path.Combine(home, "token"));
    }

    /// <summary>Folder of the cached repositories.</summary>
    public string Cache { get; }

    /// <summary>Whether requests to the hub are forbidden.</summary>
    internal bool IsOffline { get; }

    /// <summary>Address of the hub, without a slash at the end.</summary>
    internal string Server { get; }

    /// <summary>Reads the environment variables.</summary>
    public static HubSettings FromEnvironment() => new(Environment.GetEnvironmentVariable);

    /// <summary>Reads variables from another source.</summary>
    internal static HubSettings From(Func<string, string?> variable) => new(variable);

    /// <summary>Reads the token, from the variable or the file of 'hf auth login'; null if there is none.</summary>
    /// <exception cref="InputException">The text cannot be a token.</exception>
    internal HubToken? ReadToken()
    {
        string? token = _token ?? (File.Exists(_tokenFile) ? RegularFile.ReadAllText(_tokenFile) : null);
        string source = _token is null ? _tokenFile : "HF_TOKEN";
        return string.IsNullOrWhiteSpace(token) ? null
            : token.Trim().All(c => c is > ' ' and < '\x7f') ? new(new Uri(Server), token.Trim(), source)
            : throw new InputException($"{source} has characters that no token has; store the token again.");
    }

    /// <summary>Returns the address of the server.</summary>
    /// <exception cref="InputException">HF_ENDPOINT is not an address.</exception>
    internal Uri Address(string path) =>
        Uri.TryCreate(Server + path, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new InputException($"HF_ENDPOINT is '{Server}', which is not an address; write it like https://huggingface.co.");

    static string UserPath(string path) =>
        path is "~" or ['~', '/' or '\\', ..]
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[1..].TrimStart('/', '\\'))
            : path;
}

/// <summary>Holds a token. It leaves this class only in the header of a request to its own server.</summary>
/// <param name="server">The server that it belongs to.</param>
/// <param name="value">The token.</param>
/// <param name="source">The variable or file that it comes from, for messages.</param>
sealed class HubToken(Uri server, string value, string source)
{
    internal string Source => source;

    internal void Authorize(HttpRequestMessage request)
    {
        if (request.RequestUri is { } address && (address.Scheme, address.Host, address.Port) == (server.Scheme, server.Host, server.Port))
        {
            request.Headers.Authorization = new("Bearer", value);
        }
    }

    public override string ToString() => "[token]";
}
