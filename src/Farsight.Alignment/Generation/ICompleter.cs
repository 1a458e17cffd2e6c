namespace Farsight.Alignment.Generation;

/// <summary>Continues a prompt of tokens: the local model, or a script in its place.</summary>
public interface ICompleter
{
    /// <summary>Generates until a stop token, or until the budget is spent. The same request gives the same completion.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    Completion Complete(CompletionRequest request, CancellationToken cancellationToken);
}
