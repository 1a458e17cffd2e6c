using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Hub;

/// <summary>Finds models in the Hugging Face cache, as huggingface_hub, transformers and 'farsight fetch' store them.</summary>
/// <remarks>
/// Layout: models--ORG--NAME/refs/REVISION holds a commit, models--ORG--NAME/snapshots/COMMIT the files of that commit.
/// </remarks>
public static class HubCache
{
    const int CommitLength = 40;

    /// <summary>
    /// Returns the path of a model: an existing path unchanged, or the snapshot of a name such as "org/model" or "org/model@revision".
    /// </summary>
    /// <param name="path">A path or a name.</param>
    /// <param name="notice">Receives a sentence if a local path hides a model of the cache; null to ignore it.</param>
    /// <returns>The path of a directory or a GGUF file; a text that cannot be a name is returned unchanged.</returns>
    /// <exception cref="InputException">
    /// Neither the path nor a snapshot exists; the message names the commands that download it.
    /// </exception>
    public static string Locate(string path, Action<string>? notice = null) => Locate(path, HubSettings.FromEnvironment(), notice);

    internal static string Locate(string path, HubSettings settings, Action<string>? notice)
    {
        if (HubName.TryParse(path) is not { } name)
        {
            return path;
        }
        if (!Path.Exists(path))
        {
            return Find(name, settings) ?? throw new InputException(
                MistypedPath.Describe(name, ".", AppContext.BaseDirectory) is { } meant
                    ? $"{meant} For a model of the Hugging Face hub, {Download(name, settings)}"
                    : $"{path} does not exist, and {Missing(name, settings)}");
        }
        if (HiddenBy(path, path, settings) is { } hidden)
        {
            notice?.Invoke(hidden);
        }
        return path;
    }

    /// <summary>Returns whether a text that is no existing path names a model of the hub, and no path that is mistyped.</summary>
    /// <param name="text">A path or a name.</param>
    public static bool IsName(string text) =>
        !Path.Exists(text) && HubName.TryParse(text) is { } name && MistypedPath.Describe(name, ".", AppContext.BaseDirectory) is null;

    /// <summary>Returns a sentence if a local path is used although the cache has a model of that name; else null.</summary>
    /// <param name="name">The name as the user wrote it.</param>
    /// <param name="path">The path that is used.</param>
    public static string? HiddenBy(string name, string path) => HiddenBy(name, path, HubSettings.FromEnvironment());

    /// <summary>Returns the path of a name's snapshot; null if the cache has none.</summary>
    /// <returns>A directory, or the only GGUF file of a snapshot without config.json.</returns>
    /// <exception cref="InputException">The snapshot has several GGUF files and no config.json.</exception>
    public static string? Find(string name) => HubName.TryParse(name) is { } hub ? Find(hub, HubSettings.FromEnvironment()) : null;

    /// <summary>
    /// Returns the rest of a sentence as <see cref="Missing(HubName, HubSettings)"/> does, or the path that is probably meant; "." for a
    /// text that cannot be a name.
    /// </summary>
    /// <param name="name">The name as the user wrote it.</param>
    /// <param name="folder">The folder that a path starts at, besides the working folder.</param>
    internal static string Missing(string name, string folder) =>
        HubName.TryParse(name) is not { } hub ? "."
        : MistypedPath.Describe(hub, folder, ".") is { } meant
            ? $". {meant} For a model of the Hugging Face hub, {Download(hub, HubSettings.FromEnvironment())}"
        : $", and {Missing(hub, HubSettings.FromEnvironment())}";

    internal static string? Find(HubName name, HubSettings settings)
    {
        if (Snapshot(name, settings) is not { } snapshot || File.Exists(Path.Combine(snapshot, "config.json")))
        {
            return Snapshot(name, settings);
        }
        string[] gguf = [.. Directory.GetFiles(snapshot, "*.gguf").Order(StringComparer.Ordinal)];
        return gguf.Length switch
        {
            0 => snapshot,
            1 => gguf[0],
            _ => throw new InputException(
                $"{name} has several GGUF files in the Hugging Face cache; use the path of one of them: {string.Join(", ", gguf)}."),
        };
    }

    /// <summary>Returns the half of a sentence that says that the cache lacks a model, and names the commands that download it.</summary>
    internal static string Missing(HubName name, HubSettings settings)
    {
        return $"the Hugging Face cache ({settings.Cache}) has no model of that name. Correct the path, or "
            + Download(name, settings);
    }

    static string Download(HubName name, HubSettings settings)
    {
        string revision = name.ToString() == name.Id ? "" : $" --revision {name.Revision}";
        return $"download the model with 'farsight fetch {name}' or 'hf download {name.Id}{revision}'"
            + (settings.IsOffline ? ", after you have unset HF_HUB_OFFLINE." : ".");
    }

    /// <summary>Returns the folder of a repository.</summary>
    internal static string FolderOf(HubName name, HubSettings settings) => Path.Combine(settings.Cache, name.Folder);

    /// <summary>Returns whether a text is a full commit.</summary>
    internal static bool IsCommit(string text) => text.Length == CommitLength && text.All(char.IsAsciiHexDigitLower);

    static string? HiddenBy(string name, string path, HubSettings settings) =>
        Directory.Exists(path) && HubName.TryParse(name) is { } hub && Snapshot(hub, settings) is { } snapshot && snapshot != path
            ? $"The local folder {path} is used, not the model {name} of the Hugging Face cache."
            : null;

    static string? Snapshot(HubName name, HubSettings settings)
    {
        string folder = FolderOf(name, settings);
        string reference = Path.Combine(folder, "refs", name.Revision);
        string commit = IsCommit(name.Revision) ? name.Revision
            : File.Exists(reference) ? RegularFile.ReadAllText(reference).Trim()
            : "";
        string snapshot = Path.Combine(folder, "snapshots", commit);
        return IsCommit(commit) && Directory.Exists(snapshot) && Directory.EnumerateFileSystemEntries(snapshot).Any() ? snapshot : null;
    }
}
