using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Answering;

/// <summary>Keeps keys and values of one conversation between its answers, so that only what is new is computed.</summary>
sealed class ConversationCache(DecoderModel model) : IDisposable
{
    readonly List<int> _computed = [];
    DecodingBatch? _batch;
    int _capacity;
    bool _isAdapterOn = model.IsAdapterOn;

    /// <summary>Generates a completion after what its prompt shares with the text that is computed already.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; what is computed stays usable.</exception>
    internal void Continue(CompletionDraft draft, CancellationToken cancel)
    {
        int known = Prepare(draft.Prompt, draft.MaxNewTokens);
        int[] next = [.. draft.Prompt.Skip(known)];
        try
        {
            while (next.Length > 0)
            {
                int? token = null;
                _batch!.Extend([new(0, next)], (_, logits) => token = draft.Take(logits), cancel);
                _computed.AddRange(next);
                next = token is { } more ? [more] : [];
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Forget(_batch!.LengthOf(0) == _computed.Count ? _computed.Count : 0);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _batch?.Dispose();

    /// <summary>Makes room and keeps what the prompt shares with what is computed; returns the number of shared tokens.</summary>
    int Prepare(IReadOnlyList<int> prompt, int maxNewTokens)
    {
        if (_isAdapterOn != model.IsAdapterOn)
        {
            _isAdapterOn = model.IsAdapterOn;
            Forget(0);
        }
        if (_batch is null || prompt.Count + maxNewTokens > _capacity)
        {
            _batch?.Dispose();
            _batch = null; // stays so if the allocation fails, and the next call tries again
            _computed.Clear();
            int capacity = Math.Max(
                prompt.Count + maxNewTokens,
                Math.Min(2 * (prompt.Count + maxNewTokens), model.Config.MaxPositionEmbeddings));
            _batch = new(model, [capacity]);
            _capacity = capacity;
        }
        int known = 0;
        while (known < Math.Min(_computed.Count, prompt.Count - 1) && _computed[known] == prompt[known])
        {
            known++;
        }
        Forget(known);
        return _computed.Count;
    }

    void Forget(int from)
    {
        int kept = _batch?.Rewind(0, Math.Min(from, _batch.LengthOf(0))) ?? 0;
        _computed.RemoveRange(Math.Min(kept, _computed.Count), Math.Max(0, _computed.Count - kept));
    }
}
