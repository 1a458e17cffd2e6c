using Farsight.Engine;

namespace Farsight.Alignment.Training;

/// <summary>A run that cannot go on because of what training made of it; the same run again ends the same way.</summary>
/// <param name="message">What happened at which step, and what to change.</param>
public sealed class DivergedException(string message) : InputException(message);
