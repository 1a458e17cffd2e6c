namespace Farsight.Engine.Inference;

/// <summary>A token whose log-probability is wanted.</summary>
/// <param name="After">Index in the piece of the token that predicts it.</param>
/// <param name="Target">Its id.</param>
readonly record struct WantedToken(int After, int Target) : IComparable<WantedToken>
{
    /// <inheritdoc/>
    public int CompareTo(WantedToken other) => (After, Target).CompareTo((other.After, other.Target));
}
