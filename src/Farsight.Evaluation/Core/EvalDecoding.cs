using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Alignment.Answering.Context;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Evaluation.Core;

/// <summary>Describes how answers are decoded: the sampling, and the positions of the prompts' tokens.</summary>
public sealed record EvalDecoding
{
    /// <summary>The valid spellings of <see cref="Positions"/>.</summary>
    public const string PositionSpellings = "plain, or randpos:LENGTH as in randpos:4096";

    const string Plain = "plain", RandPos = "randpos:";
    const int MaxDraws = 1000, MaxShots = 1000, MaxThinkTokens = 1 << 20;

    /// <summary>Sampling temperature of every generated answer; 0 decodes as the task does, which is greedy in most.</summary>
    public double Temperature { get; init; }

    /// <summary>Answers per example; an example's score is the mean of their scores. More than 1 needs a temperature above 0.</summary>
    public int Draws { get; init; } = 1;

    /// <summary>
    /// Examples of the task, with their right answers, that are put before every other example's prompt; 0 asks as the benchmark does.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FewShot { get; init; }

    /// <summary>
    /// The text that ends the reasoning of an answer, such as "&lt;/think&gt;": everything up to its last occurrence is removed before
    /// scoring. Null removes a block at the beginning, by the marks that models use.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ThinkEnd { get; init; }

    /// <summary>New tokens for reasoning, beside those of the answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ThinkTokens { get; init; }

    /// <summary>
    /// "randpos:LENGTH" for sorted random positions below LENGTH, drawn for each example from the seed; null for 0, 1, 2, …. For local
    /// models.
    /// </summary>
    /// <remarks>
    /// This is how models with randomized positions are evaluated (arXiv:2305.16843): at test time the positions are drawn as in training.
    /// Differences: the authors draw the positions of the output, too, and once per batch. Here they are drawn once per example, and a
    /// generated answer continues after the prompt's last position in steps of 1, as in training (the scheme <c>randpos</c>). A text that
    /// is scored and not generated has drawn positions throughout.
    /// </remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Positions
    {
        get;
        init => field = value == Plain ? null : value;
    }

    /// <summary>Method that reads long contexts, with all of its options: "gemfilter:keep=1024,…"; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContextMethod
    {
        get;
        init => field = CanonicalMethod(value);
    }

    /// <summary>Returns a context method with the values of all options, as records state it; other text as it is.</summary>
    public static string? CanonicalMethod(string? method)
    {
        try
        {
            return method is null ? null : Alignment.Answering.Context.ContextMethod.Parse(method).Text;
        }
        catch (InputException)
        {
            return method; // reported with the other problems
        }
    }

    /// <summary>Returns the problem of a context method; null for none.</summary>
    public static string? ProblemOf(string? method)
    {
        try
        {
            _ = method is null ? null : Alignment.Answering.Context.ContextMethod.Parse(method);
            return null;
        }
        catch (InputException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    /// <summary>Returns the problems of the values, each of the form "draws must be …".</summary>
    public IEnumerable<string> Problems() =>
    [
        .. Temperature is >= 0 and <= 100 ? [] : new[] { "the temperature must be 0 (as the task decodes) to 100" },
        .. Draws is >= 1 and <= MaxDraws ? [] : new[] { $"draws must be 1 to {MaxDraws}" },
        .. ThinkEnd is not "" ? [] : new[] { "the end of the reasoning must not be empty" },
        .. ThinkTokens is >= 0 and <= MaxThinkTokens ? [] : new[] { $"tokens for reasoning must be 0 to {MaxThinkTokens}" },
        .. FewShot is >= 0 and <= MaxShots ? [] : new[] { $"the number of demonstrations must be 0 to {MaxShots}" },
        .. Draws <= 1 || Temperature > 0 ? [] : new[] { "several draws need a temperature above 0, because greedy answers are equal" },
        .. ProblemOf(ContextMethod) is { } problem ? new[] { problem } : [],
        .. Positions is null || ContextMethod is null ? [] : new[] { "positions cannot be combined with a context method; use one" },
        .. HasKnownPositions(Positions) ? [] : new[] { $"positions '{Positions}' are unknown; use {PositionSpellings}" },
    ];

    /// <summary>Tells whether a text is one of <see cref="PositionSpellings"/>, or null.</summary>
    public static bool HasKnownPositions(string? positions) =>
        positions is null or Plain
        || (positions.StartsWith(RandPos, StringComparison.Ordinal) && PositionOption.Find(positions) is not null);

    /// <summary>Returns what applies to a task, as records state it; null where the task is decoded as by default.</summary>
    internal EvalDecoding? For(IEvalTask task)
    {
        EvalDecoding own = task is IChoiceTask ? new() { Positions = Positions, ContextMethod = ContextMethod } : this;
        return own.IsDefault ? null : own;
    }

    /// <summary>Cuts the reasoning off an answer at <see cref="ThinkEnd"/>.</summary>
    /// <returns>
    /// The rest of the answer; the whole answer without reasoning; an empty one, marked as truncated, where the reasoning begins and does
    /// not end.
    /// </returns>
    internal (string Text, bool IsTruncated) AfterReasoning(string answer)
    {
        string end = ThinkEnd!, start = end.Replace("/", "", StringComparison.Ordinal);
        int at = answer.LastIndexOf(end, StringComparison.Ordinal);
        return at >= 0 ? (answer[(at + end.Length)..].TrimStart(), false)
            : start != end && answer.Contains(start, StringComparison.Ordinal) ? ("", true)
            : (answer, false);
    }

    /// <summary>Whether nothing is set.</summary>
    internal bool IsDefault => this == new EvalDecoding();

    /// <summary>Formats the settings: "temperature 0.8, 4 draws, positions randpos:4096".</summary>
    public string Describe() => string.Join(
        ", ",
        new[]
        {
            Temperature > 0 ? string.Create(CultureInfo.InvariantCulture, $"temperature {Temperature}") : null,
            Draws > 1 ? string.Create(CultureInfo.InvariantCulture, $"{Draws} draws") : null,
            FewShot > 0 ? string.Create(CultureInfo.InvariantCulture, $"{FewShot} demonstration{(FewShot == 1 ? "" : "s")}") : null,
            ThinkEnd is null ? null : $"reasoning up to {ThinkEnd}",
            ThinkTokens > 0 ? string.Create(CultureInfo.InvariantCulture, $"{ThinkTokens} tokens for reasoning") : null,
            Positions is null ? null : $"positions {Positions}",
            ContextMethod is null ? null : $"context method {ContextMethod}",
        }.OfType<string>());

    /// <summary>Draws the positions of a prompt.</summary>
    /// <param name="prompt">Number of tokens that get a position.</param>
    /// <param name="room">Number of tokens after them, which continue in steps of 1.</param>
    /// <param name="random">The example's random numbers.</param>
    /// <returns>[prompt] positions; null for 0, 1, 2, ….</returns>
    /// <exception cref="InputException">There are more tokens than positions.</exception>
    internal int[]? Draw(int prompt, int room, SeededRandom random)
    {
        if (Positions is null)
        {
            return null;
        }
        IPositionScheme scheme = PositionOption.Find(Positions)!;
        return prompt + room <= scheme.Window
            ? scheme.Assign(new(0, [], prompt, room), ref random).Prompt
            : throw new InputException(
                $"The prompt and its completion need {prompt + room} positions, and {Positions} has {scheme.Window}; "
                    + "use more positions, or evaluate shorter lengths.");
    }
}
