using System.Diagnostics;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Inference;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Workflows.Timing;

/// <summary>Times scoring of choices and decoding of many prompts, against doing the same one by one.</summary>
/// <remarks>Tokens are random: what is timed follows from lengths alone.</remarks>
public static class InferenceBenchmark
{
    /// <summary>Times the scoring of multiple-choice questions that come in subjects with worked examples of their own.</summary>
    /// <param name="modelDirectory">The model.</param>
    /// <param name="shape">How many questions, and how long.</param>
    /// <param name="alone">Questions that are scored by one forward for each choice as well.</param>
    /// <param name="cancel">Checked between passes.</param>
    /// <exception cref="InputException">The directory holds no sound model.</exception>
    public static InferenceTimes Choices(string modelDirectory, ChoiceShape shape, int alone, CancellationToken cancel)
    {
        using DecoderModel model = ModelLoader.Load(modelDirectory);
        ForwardFlops flops = new(model.Config);
        List<ScoringRequest[]> calls = [];
        for (int first = 0; first < shape.Questions; first += shape.QuestionsPerCall)
        {
            calls.Add([
                .. Enumerable
                    .Range(first, Math.Min(shape.QuestionsPerCall, shape.Questions - first))
                    .SelectMany(q => Question(model.Config, shape, q)),
            ]);
        }
        for (int s = 0; s < shape.Subjects; s++)
        {
            flops.Add(shape.ShotTokens, 0, 0);
        }
        for (int q = 0; q < shape.Questions; q++)
        {
            int tokens = Length("question", q, shape.QuestionTokens);
            flops.Add(tokens, shape.ShotTokens, 1);
            for (int c = 0; c < shape.Choices && shape.ChoiceTokens > 1; c++)
            {
                flops.Add(shape.ChoiceTokens - 1, shape.ShotTokens + tokens, shape.ChoiceTokens - 1);
            }
        }
        ContinuationScorer scorer = new(model);
        return Time(
            shape.Questions, flops, Math.Min(alone, shape.Questions),
            () => scorer.Score(Question(model.Config, shape, 0), cancel),
            () => calls.ForEach(c => scorer.Score(c, cancel)),
            question =>
            {
                foreach (ScoringRequest request in Question(model.Config, shape, question))
                {
                    cancel.ThrowIfCancellationRequested();
                    model.LogProbs(Whole(request));
                }
            });
    }

    /// <summary>Times greedy decoding of prompts that begin with the same tokens.</summary>
    /// <param name="modelDirectory">The model.</param>
    /// <param name="shape">How many prompts, and how long.</param>
    /// <param name="alone">Prompts that are decoded one by one as well.</param>
    /// <param name="cancel">Checked between passes.</param>
    /// <exception cref="InputException">The directory holds no sound model.</exception>
    public static InferenceTimes Generation(string modelDirectory, GenerationShape shape, int alone, CancellationToken cancel)
    {
        using DecoderModel model = ModelLoader.Load(modelDirectory);
        ForwardFlops flops = new(model.Config);
        flops.Add(shape.SharedTokens, 0, 0);
        int[][] prompts =
        [
            .. Enumerable
                .Range(0, shape.Prompts)
                .Select(p =>
                {
                    flops.Add(shape.OwnTokens, shape.SharedTokens, 1);
                    flops.Add(shape.NewTokens - 1, shape.SharedTokens + shape.OwnTokens, shape.NewTokens - 1);
                    return (int[])
                    [
                        .. Tokens(model.Config, "shared", 0, shape.SharedTokens),
                        .. Tokens(model.Config, "own", p, shape.OwnTokens),
                    ];
                }),
        ];
        return Time(
            shape.Prompts, flops, Math.Min(alone, shape.Prompts),
            () => Decode(prompts[..1], 2),
            () => Decode(prompts, shape.NewTokens),
            prompt => Decode([prompts[prompt]], shape.NewTokens));

        void Decode(int[][] some, int newTokens) => new PromptDecoder(model).Run(
            some, [.. some.Select(_ => newTokens)], (_, logits) => Choose(logits), cancel: cancel);

        static int Choose(ReadOnlySpan<float> logits)
        {
            SeededRandom unused = default; // a greedy choice draws no number
            return Sampling.Greedy.Choose(logits, ref unused);
        }
    }

    static InferenceTimes Time(int samples, ForwardFlops flops, int alone, Action warmUp, Action together, Action<int> one)
    {
        warmUp();
        MachinePeak before = MachinePeak.Measure();
        long start = Stopwatch.GetTimestamp();
        together();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < alone; i++)
        {
            one(i);
        }
        double secondsAlone = Stopwatch.GetElapsedTime(start).TotalSeconds;
        MachinePeak after = MachinePeak.Measure();
        return new(samples, seconds, flops.Total, alone, secondsAlone, before.AllCores > after.AllCores ? before : after);
    }

    static ScoringRequest[] Question(ModelConfig config, ChoiceShape shape, int question)
    {
        int subject = (int)((long)question * shape.Subjects / shape.Questions);
        int[] prompt =
        [
            .. Tokens(config, "shots", subject, shape.ShotTokens),
            .. Tokens(config, "question", question, Length("question", question, shape.QuestionTokens)),
        ];
        return
        [
            .. Enumerable
                .Range(0, shape.Choices)
                .Select(c => new ScoringRequest(prompt, Tokens(config, "choice", question * shape.Choices + c, shape.ChoiceTokens))),
        ];
    }

    /// <summary>From half to one and a half of the mean.</summary>
    static int Length(string purpose, int index, int mean)
    {
        SeededRandom random = SeededRandom.For(0, $"benchmark {purpose} length", index);
        return Math.Max(1, mean / 2 + random.Next(mean + 1));
    }

    static int[] Tokens(ModelConfig config, string purpose, int index, int count)
    {
        SeededRandom random = SeededRandom.For(0, $"benchmark {purpose}", index);
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan())
        {
            token = random.Next(config.VocabSize);
        }
        return tokens;
    }

    static TokenTree Whole(ScoringRequest request)
    {
        int[] tokens = [.. request.Prompt, .. request.Continuation];
        TokenTreeBuilder builder = new();
        builder.Add(
            TokenTreeBuilder.Root,
            tokens,
            [.. Enumerable.Range(0, tokens.Length)],
            [.. tokens.Select((_, i) => i >= request.Prompt.Count)]);
        return builder.Build();
    }
}

/// <summary>Represents multiple-choice questions as lengths.</summary>
/// <param name="Subjects">With worked examples of their own, before all their questions.</param>
/// <param name="Questions">Number of questions of all subjects together.</param>
/// <param name="ShotTokens">Tokens of a subject's worked examples.</param>
/// <param name="QuestionTokens">Tokens of a question in the mean.</param>
/// <param name="Choices">Number of choices per question.</param>
/// <param name="ChoiceTokens">Tokens per choice.</param>
/// <param name="QuestionsPerCall">How many are scored in one call.</param>
public sealed record ChoiceShape(
    int Subjects,
    int Questions,
    int ShotTokens,
    int QuestionTokens,
    int Choices,
    int ChoiceTokens,
    int QuestionsPerCall);

/// <summary>Prompts to continue, as lengths.</summary>
/// <param name="Prompts">How many.</param>
/// <param name="SharedTokens">With which all begin.</param>
/// <param name="OwnTokens">That follow in each.</param>
/// <param name="NewTokens">That are generated.</param>
public sealed record GenerationShape(int Prompts, int SharedTokens, int OwnTokens, int NewTokens);

/// <summary>Represents the results of an inference benchmark.</summary>
/// <param name="Samples">Questions or prompts.</param>
/// <param name="Seconds">For all of them together.</param>
/// <param name="Flops">That they need.</param>
/// <param name="Alone">How many were done one by one as well.</param>
/// <param name="SecondsAlone">For those.</param>
/// <param name="Peak">The better of a measurement before and one after.</param>
public sealed record InferenceTimes(int Samples, double Seconds, double Flops, int Alone, double SecondsAlone, MachinePeak Peak)
{
    /// <summary>Samples per second.</summary>
    public double Rate => Samples / Seconds;

    /// <summary>How many times as many as one by one; NaN where none were done so.</summary>
    public double TimesAlone => Rate / (Alone / SecondsAlone);

    /// <summary>Operations per second, as a share of the peak of the threads in use.</summary>
    public double ShareOfPeak => Flops / Seconds / Peak.AllCores;
}

/// <summary>Computes the floating-point operations that scoring or decoding needs, counted as <see cref="StepFlops"/> counts a step's
/// forward.</summary>
/// <remarks>Every shared row once; of attention the visible pairs; in the last layer and the head only rows whose result is read. A
/// multiply-add counts as two.</remarks>
sealed class ForwardFlops(ModelConfig config)
{
    /// <summary>So far.</summary>
    internal double Total { get; private set; }

    /// <summary>Counts consecutive rows.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="before">Rows that each of them sees besides those of its own kind before it.</param>
    /// <param name="read">How many of them, the last ones, are read.</param>
    internal void Add(double rows, double before, double read)
    {
        double d = config.HiddenSize,
            queries = (double)config.NumAttentionHeads * config.HeadDim,
            keys = (double)config.NumKeyValueHeads * config.HeadDim;
        double routed = config.Experts is { } experts
            ? (double)experts.Count * Enumerable.Range(0, config.NumHiddenLayers).Count(config.HasExperts) / config.NumHiddenLayers
            : 0;
        double always = 2 * d * keys,
            sometimes = (2 * queries + routed + 3 * config.UsedMlpWidth) * d;
        double inner = config.NumHiddenLayers - 1;
        double products = inner * rows * (always + sometimes) + rows * always + read * sometimes + read * config.VocabSize * d;
        double pairs = inner * Pairs(rows, before) + Pairs(read, before + rows - read);
        Total += 2 * products + 4 * queries * pairs;
    }

    static double Pairs(double rows, double before) => rows * before + rows * (rows + 1) / 2;
}
