using Farsight.Engine;

namespace Farsight.Alignment.Hub;

/// <summary>Finds what a missing path such as "modles/tiny" probably means: it has the form of a hub name, too.</summary>
static class MistypedPath
{
    /// <summary>Returns the sentences that correct a path; null if nothing tells that a path is meant.</summary>
    /// <param name="name">The text, in the form of a hub name.</param>
    /// <param name="folders">Folders that a path may start at.</param>
    internal static string? Describe(HubName name, params string[] folders)
    {
        string[] parts = name.Id.Split('/');
        string? near = folders.Select(f => Near(f, parts)).FirstOrDefault(n => n is not null);
        bool isInFolder = folders.Any(f => Directory.Exists(Path.Combine(f, parts[0])));
        return near is not null ? $"{name} does not exist. Did you mean {near}?"
            : isInFolder ? $"{name} does not exist: the folder {parts[0]} has no {parts[1]}."
            : null;
    }

    static string? Near(string folder, string[] parts)
    {
        string? first = Nearest(parts[0], folder, models: false);
        string? second = first is null ? null : Nearest(parts[1], Path.Combine(folder, first), models: true);
        return second is null ? null : $"{first}/{second}";
    }

    static string? Nearest(string name, string folder, bool models)
    {
        try
        {
            string[] known =
            [
                .. Directory.EnumerateDirectories(folder).Concat(models ? Directory.EnumerateFiles(folder, "*.gguf") : [])
                    .Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal),
            ];
            return known.Contains(name, StringComparer.Ordinal) ? name : Suggestion.Nearest(name, known);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // a hint is not worth a failure
        }
    }
}
