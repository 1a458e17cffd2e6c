using Farsight.Alignment.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>A generated task that also asks where the model's heads looked while it answered. Only a local model can be asked.</summary>
public interface IObservedTask : IGeneratedTask
{
    /// <summary>Judges one completion.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completion">As <see cref="IGeneratedTask.Score(EvalExample, string)"/> takes it.</param>
    /// <param name="heads">Of the tokens up to the one that completed a stop text.</param>
    EvalScore Score(EvalExample example, string completion, HeadTrace heads);
}
