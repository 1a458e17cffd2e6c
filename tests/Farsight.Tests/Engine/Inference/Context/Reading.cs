using Farsight.Engine.Inference;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Models;
using Farsight.Tests.Engine.Models;

namespace Farsight.Tests.Engine.Inference.Context;

/// <summary>Reads texts of the small model with a method, ordinarily, and by formulas in double.</summary>
static class Reading
{
    internal static ReadingMethod Method(string text)
    {
        string[] parts = text.Split(':', 2);
        MethodKind<ReadingMethod> kind = ReadingMethod.All.Single(k => k.Card.Name == parts[0]);
        return kind.Create(kind.Card.Parse(parts.Length > 1 ? parts[1] : ""));
    }

    internal static int[] Tokens(int count, int seed = 3) => [.. Enumerable.Range(0, count).Select(i => (i * i + seed * i + i / 7) % 50)];

    /// <summary>Logits after the prompt and after each further token.</summary>
    internal static float[][] Logits(DecoderModel model, string method, int[] prompt, int[] more)
    {
        using ContextReader reader = Method(method).Open(model, prompt.Length, more.Length + 1);
        return Logits(reader, prompt, more);
    }

    internal static float[][] Logits(ContextReader reader, int[] prompt, int[] more)
    {
        List<float[]> logits = [];
        reader.Read(prompt, row => logits.Add(row.ToArray()), CancellationToken.None);
        foreach (int token in more)
        {
            reader.Next(token, row => logits.Add(row.ToArray()));
        }
        return [.. logits];
    }

    /// <summary>The same by ordinary decoding.</summary>
    internal static float[][] Ordinary(DecoderModel model, int[] prompt, int[] more)
    {
        using DecodingBatch batch = new(model, [prompt.Length + more.Length]);
        List<float[]> logits = [];
        batch.Extend([new(0, prompt)], (_, row) => logits.Add(row.ToArray()));
        foreach (int token in more)
        {
            batch.Extend([new(0, [token])], (_, row) => logits.Add(row.ToArray()));
        }
        return [.. logits];
    }

    /// <summary>Log-probabilities of a text by formulas, with another attention.</summary>
    internal static double[][] Naive(ModelConfig config, int[] tokens, Func<NaiveHead, double[]> attention) =>
        new NaiveDecoder(config, SmallModel.Source()) { Attention = attention }.LogProbs(
            tokens, [.. Enumerable.Range(0, tokens.Length)], tokens.Length);

    /// <summary>Asserts that logits after the last rows are those log-probabilities.</summary>
    internal static void Same(double[][] expected, float[][] logits)
    {
        for (int i = 0; i < logits.Length; i++)
        {
            Near.Each(expected[^(logits.Length - i)], LogProbs(logits[i]), relative: 2e-4, absolute: 2e-4);
        }
    }

    internal static void Same(float[][] expected, float[][] logits)
    {
        Assert.Equal(expected.Length, logits.Length);
        for (int i = 0; i < logits.Length; i++)
        {
            Near.Each([.. LogProbs(expected[i]).Select(p => (double)p)], LogProbs(logits[i]), relative: 2e-4, absolute: 2e-4);
        }
    }

    internal static float[] LogProbs(float[] logits)
    {
        double total = ContextDecoder.LogSumExp(logits);
        return [.. logits.Select(l => (float)(l - total))];
    }
}
