using System.Net;
using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Alignment.Hub;

/// <summary>Represents a repository on the hub at one commit: its files, their sizes and checksums.</summary>
sealed class HubRepository
{
    const int MostListingBytes = 64 << 20;

    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    readonly HubName _name;
    readonly HubSettings _settings;
    readonly FileDownloads _downloads;
    readonly Dictionary<string, Listed> _files;

    HubRepository(HubName name, HubSettings settings, FileDownloads downloads, Listing listing)
    {
        (_name, _settings, _downloads, Commit) = (name, settings, downloads, listing.Sha!);
        _files = Files(listing)
            .Where(f => !f.Rfilename!.AsSpan().ContainsAny("\\:\0")) // Windows cannot store such names
            .DistinctBy(f => f.Rfilename)
            .ToDictionary(f => f.Rfilename!, StringComparer.Ordinal);
    }

    /// <summary>The commit of the revision.</summary>
    internal string Commit { get; }

    /// <summary>Paths of all files, with slashes.</summary>
    internal IEnumerable<string> Paths => _files.Keys;

    /// <summary>Asks the hub for the files of a repository.</summary>
    /// <exception cref="InputException">
    /// The repository or revision does not exist or is not accessible, or the hub cannot be reached.
    /// </exception>
    internal static async Task<HubRepository> Open(
        HubName name, HubSettings settings, HubToken? token, FileDownloads downloads, CancellationToken cancel)
    {
        string kind = name.IsDataset ? "datasets" : "models";
        Uri address = settings.Address($"/api/{kind}/{name.Id}/revision/{Uri.EscapeDataString(name.Revision)}?blobs=true");
        Listing? listing;
        try
        {
            listing = JsonSerializer.Deserialize<Listing>(
                await downloads.Text(address, MostListingBytes, cancel).ConfigureAwait(false), s_json);
        }
        catch (DownloadRefusedException e)
        {
            throw Explain(e, name, settings, token);
        }
        catch (JsonException e)
        {
            throw new InputException($"{WebRequests.Name(address)} sent no list of files; check HF_ENDPOINT.", e);
        }
        if (listing is null || !HubCache.IsCommit(listing.Sha ?? ""))
        {
            throw new InputException($"{WebRequests.Name(address)} sent no commit; check HF_ENDPOINT.");
        }
        return Files(listing).FirstOrDefault(f => !IsSafe(f.Rfilename!)) is { } unsafeFile
            ? throw new InputException(
                $"{name} lists the file '{unsafeFile.Rfilename}', which would be written outside of its folder; nothing was downloaded.")
            : new(name, settings, downloads, listing);
    }

    /// <summary>Returns the size of a file where the listing has it, else 0.</summary>
    internal long SizeOf(string path) => _files[path].Lfs?.Size ?? _files[path].Size ?? 0;

    /// <summary>Returns the address, size and checksum of a file.</summary>
    /// <exception cref="InputException">The hub names no checksum, or refuses the file.</exception>
    internal async Task<WebFile> FileAt(string path, HubToken? token, CancellationToken cancel)
    {
        Listed listed = _files[path];
        string place = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        WebFile file = new(
            _settings.Address($"/{(_name.IsDataset ? "datasets/" : "")}{_name.Id}/resolve/{Commit}/{place}"),
            listed.Lfs?.Size ?? listed.Size,
            FileChecksum.TryParse(listed.Lfs?.Sha256 ?? listed.BlobId));
        if (file.Checksum is not null)
        {
            return file;
        }
        try
        {
            file = await _downloads.Describe(file.Address, cancel).ConfigureAwait(false); // mirrors may list names only
        }
        catch (DownloadRefusedException e)
        {
            throw Explain(e, _name, _settings, token);
        }
        return file.Checksum is not null
            ? file
            : throw new InputException($"{file.Name} has no checksum on this server, so a download could not be checked; "
                + "use another HF_ENDPOINT.");
    }

    /// <summary>Returns the message for a refused request.</summary>
    internal static InputException Explain(DownloadRefusedException refusal, HubName name, HubSettings settings, HubToken? token)
    {
        string repository = $"{settings.Server}/{(name.IsDataset ? "datasets/" : "")}{name.Id}";
        string message = (refusal.Code, refusal.Status) switch
        {
            ("GatedRepo", _) => $"{name.Id} is gated. Accept its conditions at {repository}, then "
                + (token is null ? "set HF_TOKEN to a token of your account or run 'hf auth login'."
                    : $"check that the token in {token.Source} belongs to that account and may read gated repositories."),
            ("RevisionNotFound", _) => $"{name.Id} has no revision '{name.Revision}'; {repository} lists its branches and tags.",
            ("EntryNotFound", _) => $"{refusal.Message} The repository has changed; run the command again.",
            (_, HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) when token is not null =>
                $"{settings.Server} refuses access to {name.Id} with the token in {token.Source}. Check the name, and that the token is "
                    + "valid and may read the repository.",
            (_, HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) =>
                $"{name.Id} does not exist or is private. Check the name; for a private repository set HF_TOKEN or run 'hf auth login'.",
            (_, HttpStatusCode.NotFound) => $"{name.Id} does not exist on {settings.Server}; check the name.",
            _ => refusal.Message,
        };
        return new(message, refusal);
    }

    static IEnumerable<Listed> Files(Listing listing) => (listing.Siblings ?? []).Where(f => f.Rfilename is not null);

    /// <summary>Returns whether a path stays inside its folder.</summary>
    static bool IsSafe(string path) => path.Split('/').All(part => part is not ("" or "." or ".."));

    sealed record Listing(string? Sha, IReadOnlyList<Listed>? Siblings);

    sealed record Listed(string? Rfilename, long? Size, string? BlobId, LargeFile? Lfs);

    sealed record LargeFile(string? Sha256, long? Size);
}
