namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>A score of LongProc: whether all is right, how much of it, and whether an answer was found at all (0 or 1).</summary>
public readonly record struct LongProcScore(double Accuracy, double Partial, double Extraction);
