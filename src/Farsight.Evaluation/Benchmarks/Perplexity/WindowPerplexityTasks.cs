using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.Perplexity;

/// <summary>
/// Measures the perplexity of whole texts in sliding windows: over all tokens (Press et al.), and as YaRN's script averages it; of any
/// text and of PG-19.
/// </summary>
/// <remarks>
/// Version 1. Windows have the length asked for and move by 256 tokens, so that each token is scored once, behind at least length − 256
/// others except in the first window. "perplexity/press" and "pg19" are exp of the mean over tokens; "perplexity/yarn" and "pg19/yarn" exp
/// of the mean over windows of their means, in which the first window, of many more tokens, weighs as one. BOS is put before each window
/// where the tokenizer has one. A window that scores no token, which makes YaRN's script give NaN, is left out. The number of samples,
/// where it is given, is that of windows of each text, the first ones. PG-19's books are files of one folder; perplexity is by token, so
/// it can be compared between models of one tokenizer only. Source: arXiv:2108.12409v2, Appendix B; arXiv:2309.00071; jquesnelle/yarn,
/// eval/perplexity.py; arXiv:1911.05507 (PG-19).
/// </remarks>
sealed class WindowPerplexityTasks : IEvalTaskFamily
{
    internal const string TokenMean = "over_tokens", WindowMean = "over_windows", Nats = "nats", Tokens = "tokens";

    const int Stride = 256;

    static readonly EvalDataFile s_books = new(
        "pg19/", "google-deepmind/pg19: the books of its test set, one .txt file each; or any books in pg19_like_books/")
    {
        Substitute = "pg19_like_books/",
    };

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new Windows("perplexity/press", "Perplexity of the whole text", TokenMean, isPg19: false),
        new Windows("perplexity/yarn", "Perplexity of the whole text, mean of windows", WindowMean, isPg19: false),
        new Windows("pg19", "Perplexity of books", TokenMean, isPg19: true),
        new Windows("pg19/yarn", "Perplexity of books, mean of windows", WindowMean, isPg19: true),
    ];

    /// <summary>Computes the perplexities of windows: by the mean over tokens, and by the mean over windows.</summary>
    internal static EvalScore Perplexity(IEnumerable<EvalScore> windows, string value)
    {
        EvalScore[] all = [.. windows];
        Dictionary<string, double> both = new()
        {
            [TokenMean] = Math.Exp(all.Sum(w => w.Beside[Nats]) / all.Sum(w => w.Beside[Tokens])),
            [WindowMean] = Math.Exp(all.Average(w => w.Value)),
        };
        return new(both[value], both);
    }

    /// <summary>Computes the score of a window: the mean negative log-likelihood of its scored tokens.</summary>
    internal static EvalScore Score(double nats, int tokens) =>
        new(nats / tokens, new Dictionary<string, double> { [Nats] = nats, [Tokens] = tokens });

    sealed class Windows(string name, string title, string value, bool isPg19) : IChoiceTask, IAggregatedTask
    {
        public EvalTaskCard Card { get; } =
            new(
                name,
                Version: 1,
                title,
                value == TokenMean ? "arXiv:2108.12409v2, Appendix B" : "jquesnelle/yarn, eval/perplexity.py",
                value == TokenMean ? "perplexity per token" : "exp of the mean of window means",
                Chance: null)
            {
                Benchmark = isPg19 ? "pg19-windows" : "text-windows",
                Suites = name == "pg19" ? ["paper"] : [],
                IsPerLength = true,
                IsLowerBetter = true,
                IsShare = false,
                Data = isPg19
                    ?
                    [
                        s_books,
                    ]
                    : [],
            };

        public IEnumerable<EvalExample> Examples(EvalSetting setting)
        {
            if (setting.Length < Stride + 1)
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"A context of {setting.Length} tokens is too short for {name}; it needs at least {Stride + 1}."));
            }
            ITextTokens tokens = setting.TokensFor(name);
            foreach (
                (string text, IReadOnlyList<int> ids) in isPg19
                    ? OfBooks(setting.Data, tokens)
                    : [("text", setting.HaystackFor(name).Tokens)])
            {
                foreach (
                    SlidingWindow window in SlidingWindow
                        .Over(ids.Count, setting.Length, Stride, tokens.Bos is not null)
                        .Take(setting.SamplesOr(int.MaxValue))
                        .Where(w => w.Scored > 0))
                {
                    yield return Example(setting.Length, text, ids, window, tokens.Bos);
                }
            }
        }

        public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
            WindowPerplexityTasks.Score(-choices[0].LogProb, choices[0].Tokens);

        public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) => Perplexity(examples.Select(e => e.Score), value);

        static IEnumerable<(string, IReadOnlyList<int>)> OfBooks(EvalData data, ITextTokens tokens)
        {
            string folder = data.PathRead(s_books) ?? s_books.Path;
            string[] books = [.. data.Files(folder).Where(f => f.EndsWith(".txt", StringComparison.Ordinal))];
            return books.Length > 0
                ? books.Select(b => (b, (IReadOnlyList<int>)tokens.Encode(data.ReadText(folder + b))))
                : throw new InputException($"{folder} contains no .txt files; put the books there, one file per book.");
        }

        static EvalExample Example(int length, string text, IReadOnlyList<int> ids, SlidingWindow window, int? bos)
        {
            int[] held = [.. bos is { } first ? [first] : Array.Empty<int>(), .. ids.Skip(window.Begin).Take(window.End - window.Begin)];
            string size = length.ToString(CultureInfo.InvariantCulture);
            return new(
                string.Create(CultureInfo.InvariantCulture, $"{size}-{text}-{window.Begin}"),
                new EvalPrompt.Tokens(held[..^window.Scored]),
                [],
                MaxNewTokens: 0)
            {
                Groups = new Dictionary<string, string> { [EvalExample.Length] = size, ["text"] = text },
                Choices = [new("") { Tokens = held[^window.Scored..] }],
            };
        }
    }
}

/// <summary>Represents a window over a text, and the number of its last tokens that are scored.</summary>
/// <param name="Begin">First token.</param>
/// <param name="End">The token after the last.</param>
/// <param name="New">Tokens that no earlier window had; more than the window holds where the stride is longer.</param>
/// <param name="Scored">Those of them that are predicted inside the window.</param>
readonly record struct SlidingWindow(int Begin, int End, int New, int Scored)
{
    /// <summary>Yields all windows over a text, as Hugging Face's recipe and YaRN's script place them.</summary>
    /// <remarks>
    /// Window i begins at token i · stride and has at most <paramref name="length"/> tokens, the BOS that is put before each among them.
    /// The first token of a window without BOS is predicted by nothing. The last window may score none. Source: jquesnelle/yarn,
    /// eval/perplexity.py.
    /// </remarks>
    /// <param name="tokens">The number of tokens of the text.</param>
    /// <param name="length">The length of a window; at least 1 token in addition to BOS.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="addsBos">Whether each window has BOS before it.</param>
    internal static IEnumerable<SlidingWindow> Over(int tokens, int length, int stride, bool addsBos)
    {
        int bos = addsBos ? 1 : 0, before = 0;
        for (int begin = 0; begin < tokens && before < tokens; begin += stride)
        {
            int end = Math.Min(begin + length - bos, tokens), held = end - begin + bos, labeled = Math.Min(end - before, held);
            yield return new(begin, end, end - before, labeled == held ? labeled - 1 : labeled);
            before = end;
        }
    }
}
