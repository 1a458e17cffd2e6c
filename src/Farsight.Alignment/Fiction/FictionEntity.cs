namespace Farsight.Alignment.Fiction;

/// <summary>
/// Represents a person, town or thing of the generated world: its attributes, and the facts that the text has not stated yet.
/// </summary>
/// <param name="Kind">"town", "person", "inst", "ship" or "book"; the prefix of its rules and names.</param>
/// <param name="Attributes">Name, pronouns and facts.</param>
/// <param name="Untold">Facts not stated yet, in the order in which they will be.</param>
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
