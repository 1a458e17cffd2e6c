namespace Farsight.Alignment.Answering;

/// <summary>Continues a prompt of tokens: the local model, or a script in its place.</summary>
public interface ICompleter
{
    /// <summary>Generates until a stop token, or until the budget is spent. The same request gives the same completion.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    Completion Complete(CompletionRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Generates for several prompts, which may be faster than one after the other; the same list gives the same completions.
    /// </summary>
    /// <remarks>Companions may change the last bits of a local model's numbers: who resumes forms the same lists again.</remarks>
    /// <returns>[requests] in their order.</returns>
    /// <exception cref="OperationCanceledException">Asked to stop; nothing is returned then.</exception>
    IReadOnlyList<Completion> Complete(IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken) =>
        [.. requests.Select(r => Complete(r, cancellationToken))];
}
