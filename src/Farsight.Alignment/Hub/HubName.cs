using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Alignment.Hub;

/// <summary>Represents the name of a repository on the Hugging Face hub with a revision: "org/model" or "org/model@revision".</summary>
public sealed partial record HubName
{
    const string Main = "main";

    HubName(string id, string revision) => (Id, Revision) = (id, revision);

    /// <summary>Organization or user, slash, name.</summary>
    public string Id { get; }

    /// <summary>Branch, tag or commit.</summary>
    internal string Revision { get; }

    /// <summary>Whether the repository holds a dataset and no model.</summary>
    internal bool IsDataset { get; init; }

    /// <summary>Parses a name.</summary>
    /// <exception cref="InputException">The text is not the name of a repository.</exception>
    public static HubName Parse(string text) =>
        TryParse(text)
        ?? throw new InputException(
            $"'{text}' is not the name of a model on the hub; write it as ORGANIZATION/NAME or ORGANIZATION/NAME@REVISION.");

    /// <summary>Parses a name; null for a text that cannot be one.</summary>
    public static HubName? TryParse(string text)
    {
        Match match = Form().Match(text);
        string id = match.Groups["id"].Value, revision = match.Groups["revision"].Value;
        bool isName = match.Success && !id.Contains("--", StringComparison.Ordinal) && !id.EndsWith(".git", StringComparison.Ordinal)
            && !text.Contains("..", StringComparison.Ordinal);
        return isName ? new(id, revision.Length > 0 ? revision : Main) : null;
    }

    /// <summary>Parses the name of a dataset.</summary>
    /// <exception cref="InputException">The text is not the name of a repository.</exception>
    public static HubName Dataset(string id) => Parse(id) with { IsDataset = true };

    /// <summary>Name of the repository's folder in the cache.</summary>
    internal string Folder => $"{(IsDataset ? "datasets" : "models")}--{Id.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>Returns the name as it is typed, without the main branch.</summary>
    public override string ToString() => Revision == Main ? Id : $"{Id}@{Revision}";

    // The hub's rules for names; a revision may have slashes, as in refs/pr/1.
    [GeneratedRegex(
        @"^(?<id>\w(?:[\w.-]*\w)?/\w(?:[\w.-]{0,94}\w)?)(?:@(?<revision>\w[\w.+-]*(?:/\w[\w.+-]*)*))?\z", RegexOptions.ECMAScript)]
    private static partial Regex Form();
}
