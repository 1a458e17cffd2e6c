using System.Numerics.Tensors;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Decodes and scores texts one by one with a reading method.</summary>
/// <remarks>
/// A reader that can go back to the end of its context is kept for the next prompt of the call, so that several questions on one document
/// read it once. Equal calls give equal bits with any number of threads.
/// </remarks>
/// <param name="model">The model; not safe for concurrent use.</param>
/// <param name="method">The method, which <see cref="ReadingMethod.Check(DecoderModel)"/> accepts for the model.</param>
public sealed class ContextDecoder(DecoderModel model, ReadingMethod method)
{
    ContextReader? _reader; // null between calls

    /// <summary>Work and memory of all texts.</summary>
    public ReadingCost Cost { get; } = new();

    /// <summary>Decodes prompts.</summary>
    /// <param name="prompts">Token ids, at least one per prompt.</param>
    /// <param name="maxNewTokens">[prompts] maximum number of new tokens; 0 skips a prompt.</param>
    /// <param name="choose">Chooses each token.</param>
    /// <param name="cancel">Checked between two tokens, and between two passes over a prompt.</param>
    /// <exception cref="ArgumentException">A prompt is empty.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run(
        IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<int> maxNewTokens, TokenChoice choose, CancellationToken cancel = default)
    {
        try
        {
            for (int i = 0; i < prompts.Count; i++)
            {
                int prompt = i, left = maxNewTokens[i];
                if (left > 0)
                {
                    int? token = null;
                    Read(prompts[i], left, logits => token = choose(prompt, logits), () => --left > 0 ? token : null, cancel);
                }
            }
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Scores continuations. Each is read token by token after its prompt.</summary>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty, or has positions of its own.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<ContinuationScore> Score(IReadOnlyList<ScoringRequest> requests, CancellationToken cancel = default)
    {
        try
        {
            return [.. requests.Select(r => Score(r, cancel))];
        }
        finally
        {
            Close();
        }
    }

    ContinuationScore Score(ScoringRequest request, CancellationToken cancel)
    {
        if (request.Continuation.Count == 0 || request.Positions is not null)
        {
            throw new ArgumentException("A continuation is empty, or its prompt has positions of its own.", nameof(request));
        }
        float[] logProbs = new float[request.Continuation.Count];
        int at = 0;
        bool isGreedy = true;
        Read(
            request.Prompt, logProbs.Length,
            logits =>
            {
                int target = request.Continuation[at];
                logProbs[at] = (float)(logits[target] - LogSumExp(logits));
                isGreedy &= TensorPrimitives.IndexOfMax(logits) == target;
            },
            () => at + 1 < logProbs.Length ? request.Continuation[at++] : null,
            cancel);
        return new(logProbs, isGreedy);
    }

    void Read(IReadOnlyList<int> prompt, int newTokens, LogitsReader logits, Func<int?> next, CancellationToken cancel)
    {
        if (prompt.Count == 0)
        {
            throw new ArgumentException("A prompt is empty; each needs at least one token.", nameof(prompt));
        }
        ContextReader reader = Open(prompt, newTokens);
        long bytes = reader.Cost.KeyValueBytes, tokens = reader.Cost.LayerTokens;
        try
        {
            reader.Read(prompt, logits, cancel);
            while (next() is { } token)
            {
                cancel.ThrowIfCancellationRequested();
                reader.Next(token, logits);
            }
        }
        finally
        {
            Cost.Hold(reader.Cost.HeldBytes);
            Cost.KeyValueBytes += reader.Cost.KeyValueBytes - bytes;
            Cost.LayerTokens += reader.Cost.LayerTokens - tokens;
        }
    }

    /// <summary>Returns the kept reader if it knows the beginning of the prompt, else a new one.</summary>
    ContextReader Open(IReadOnlyList<int> prompt, int newTokens)
    {
        if (_reader is null || !_reader.Rewind(prompt, newTokens))
        {
            Close();
            _reader = method.Open(model, prompt.Count, newTokens);
        }
        return _reader;
    }

    void Close()
    {
        _reader?.Dispose();
        _reader = null;
    }

    internal static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double peak = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - peak);
        }
        return peak + Math.Log(sum);
    }
}
