namespace Farsight.Engine;

/// <summary>Something the user gave cannot be used, and the user can fix it: a file, a recipe key, an option.</summary>
/// <remarks>The message says what is wrong, where, and what to do. It is shown without a stack trace; every other exception is a
/// bug.</remarks>
public class InputException : Exception
{
    /// <summary>Creates the exception with a message that is shown as it is.</summary>
    public InputException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception and keeps the technical cause for a debugger.</summary>
    public InputException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
