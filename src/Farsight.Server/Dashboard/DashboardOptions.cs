namespace Farsight.Server.Dashboard;

/// <summary>Holds what a dashboard shows and allows.</summary>
/// <param name="Folders">Folders to show, with all folders below them. Nothing outside of them is shown.</param>
public sealed record DashboardOptions(IReadOnlyList<string> Folders)
{
    /// <summary>Model whose tokenizer decodes datasets; null for that of the run that was trained on the dataset.</summary>
    public string? Model { get; init; }

    /// <summary>Whether runs may be stopped. Default: false.</summary>
    public bool AllowsStop { get; init; }
}
