namespace Farsight.Alignment.Training;

/// <summary>A watch stopped a run that could have gone on; a checkpoint of the step is saved.</summary>
/// <param name="message">Why.</param>
public sealed class TrainingStoppedException(string message) : Exception(message);
