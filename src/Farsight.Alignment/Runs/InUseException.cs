using Farsight.Engine;

namespace Farsight.Alignment.Runs;

/// <summary>A folder that another process works in; it is free when that process has ended.</summary>
public sealed class InUseException : InputException
{
    /// <summary>Creates the exception with a message that is shown as it is.</summary>
    public InUseException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
