namespace Farsight.Alignment.Fiction;

/// <summary>Somebody or something of the invented world: its attributes by name, and which of them can be told as facts.</summary>
/// <param name="Kind">"town", "person", "inst", "ship" or "book"; the prefix of its rules and names.</param>
/// <param name="Attributes">Name, pronouns and facts.</param>
/// <param name="Untold">Facts not told yet, in the order in which they will be.</param>
sealed record FictionEntity(string Kind, IReadOnlyDictionary<string, string> Attributes, Queue<string> Untold)
{
    public string Name => Attributes["name"];

    /// <summary>Makes the attributes available to the rules as <c>$role.attribute</c>, and <c>$role</c> as the short name.</summary>
    public void Bind(FictionVoice voice, string role)
    {
        foreach ((string attribute, string value) in Attributes)
        {
            voice.Names[$"{role}.{attribute}"] = value;
        }
        voice.Names[role] = Attributes.GetValueOrDefault("given", Name);
    }
}
