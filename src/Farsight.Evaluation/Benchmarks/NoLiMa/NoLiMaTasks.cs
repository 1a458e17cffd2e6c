using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.NoLiMa;

/// <summary>Represents NoLiMa: needles that share no word with their question, in shuffled books.</summary>
/// <remarks>
/// Version 1. The data are for non-commercial use and come from the user. Needles, characters and depths are the original's: 26 depths per
/// book, the character drawn as NumPy draws it. The five books are sorted by name; the original takes them in the order of the file system,
/// which decides its seeds. The system prompt is the needle set's; the original replaces it by the service's default. Official fault: of
/// two arguments of a question or distractor only the last is filled in. The base score is that of the paper: the best mean of each pair of
/// needle and question at lengths up to 1,000 tokens, averaged over the pairs. The effective length is the longest with 85 % of it.
/// </remarks>
sealed class NoLiMaTasks : IEvalTaskFamily
{
    const int LongestBase = 1024;
    const double KeptShare = 0.85;

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
    [
        new NoLiMaTask("nolima_default", "needle_set", "contains"),
        new NoLiMaTask("nolima_hard", "needle_set_hard", "contains"),
        new NoLiMaTask("nolima_onlydirect", "needle_set_ONLYDirect", "contains"),
        new NoLiMaTask("nolima_w_cot", "needle_set_w_CoT", "lastline_contains"),
        new NoLiMaTask("nolima_w_distractor", "needle_set_w_Distractor", "contains"),
        new NoLiMaTask("nolima_mc", "needle_set_MC", "contains"),
    ];

    /// <inheritdoc/>
    public IEnumerable<BenchmarkMean> Means(IReadOnlyList<TaskResult> results, IReadOnlyList<EvalRecord> examples)
    {
        foreach (TaskResult result in results.Where(r => r.Benchmark == NoLiMaTask.Benchmark))
        {
            double[] pairs =
            [
                .. examples.Where(e => e.Task == result.Task && LengthOf(e) <= LongestBase)
                    .GroupBy(e => NoLiMaTask.PairOf(e.Id), StringComparer.Ordinal)
                    .Select(pair => pair.GroupBy(LengthOf).Max(length => length.Average(e => e.Score))),
            ];
            if (pairs.Length == 0)
            {
                continue;
            }
            double best = pairs.Average();
            yield return new($"{result.Task}, base score up to 1,000 tokens", [result.Task], best);
            if (result.Lengths.Where(c => c.Mean >= KeptShare * best).MaxBy(c => c.Length) is { } longest)
            {
                string length = longest.Length.ToString("N0", CultureInfo.InvariantCulture);
                yield return new(
                    $"{result.Task}, at the effective length of {length} tokens (longest with 85 % of the base score)", [result.Task],
                    longest.Mean!.Value);
            }
        }
    }

    static int LengthOf(EvalRecord example) => int.Parse(example.Groups[EvalExample.Length], CultureInfo.InvariantCulture);
}

/// <summary>Represents one needle set.</summary>
sealed class NoLiMaTask(string name, string set, string metric) : IGeneratedTask
{
    /// <summary>The name of the benchmark.</summary>
    internal const string Benchmark = "nolima";

    const string Books = "nolima/haystack/rand_shuffle/", Repository = "adobe-research/NoLiMa @7532e4e";
    const string Character = "{CHAR}";
    const int NewTokens = 192, BaseSeed = 42, Depths = 26;

    const string Template =
        "You will answer a question based on the following book snippet:\n\n{haystack}\n\nUse the information provided in the book snippet "
        + "to answer the question. Your answer should be short and based on either explicitly stated facts or strong, logical inferences."
        + "\n\nQuestion: {question}\n\n Return only the final answer with no additional explanation or reasoning.";

    string Set => $"nolima/needlesets/{set}.json";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        name, 1, $"NoLiMa: needles without common words ({set})", $"arXiv:2502.05167; {Repository}",
            $"a right answer occurs ({metric})", 0)
    {
        Benchmark = Benchmark,
        IsPerLength = true,
        Data =
        [
            new(Set, "Hugging Face amodaresi/NoLiMa: needlesets"),
            new(Books, "Hugging Face amodaresi/NoLiMa: haystack/rand_shuffle, rand_book_1.txt to rand_book_5.txt"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord[] needles = [.. DataRecord.Of(setting.Data, Set)];
        string[] books = [.. setting.Data.Files(Books).Where(f => f.EndsWith(".txt", StringComparison.Ordinal))];
        if (books.Length == 0)
        {
            throw new InputException($"{Books} has no books; {EvalData.Advice}.");
        }
        for (int book = 0; book < books.Length; book++)
        {
            NoLiMaHaystack haystack = new(setting.Data.ReadText(Books + books[book]), setting.TokensFor(name));
            foreach (EvalExample example in needles.SelectMany(n => Of(n, haystack, book, setting.Length)))
            {
                yield return example;
            }
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(NoLiMaScore.IsRight(metric, completion, example.References));

    static IEnumerable<EvalExample> Of(DataRecord needle, NoLiMaHaystack haystack, int book, int length)
    {
        string id = needle.Text("id");
        int number = id.Length >= 4 && int.TryParse(id.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int digits)
            ? digits
            : throw needle.Lacks("four digits at the beginning of 'id'");
        return from question in needle.Inner("questions").TextFields()
               from test in needle.Inner("tests").Fields()
               from example in Test(needle, question, test, haystack, book, length, BaseSeed + number + book)
               select example;
    }

    static IEnumerable<EvalExample> Test(
        DataRecord needle, (string Name, string Value) asked, (string Name, DataRecord Value) test, NoLiMaHaystack haystack, int book,
        int length, int seed)
    {
        string text = needle.Text("needle"), question = asked.Value;
        string? distractors = needle.Has("distractors") ? needle.Inner("distractors").Text(asked.Name) : null, distractor = null;
        foreach ((int i, string argument) in test.Value.Texts("input_args").Index())
        {
            string mark = string.Create(CultureInfo.InvariantCulture, $"{{{i + 1}}}");
            // As there: each argument is put into the question as it was before the others.
            question = asked.Value.Contains(mark, StringComparison.Ordinal)
                ? asked.Value.Replace(mark, argument, StringComparison.Ordinal)
                : question;
            distractor = distractors?.Contains(mark, StringComparison.Ordinal) == true
                ? distractors.Replace(mark, argument, StringComparison.Ordinal)
                : distractor;
            text = text.Replace(mark, argument, StringComparison.Ordinal);
        }
        bool isDrawn = text.Contains(Character, StringComparison.Ordinal);
        IReadOnlyList<string> characters = isDrawn ? needle.SomeTexts("character_set") : [];
        NumpyRandom random = new((uint)seed);
        string template = needle.Has("task_template") ? needle.Text("task_template") : Template;
        foreach (double depth in EvalSetting.EvenDepths(Depths))
        {
            string drawn = isDrawn ? characters[random.RandInt(0, characters.Count)] : "";
            string said = question.Replace(Character, drawn, StringComparison.Ordinal);
            string hidden = text.Replace(Character, drawn, StringComparison.Ordinal);
            string window = distractor is null
                ? haystack.With(hidden, length, depth)
                : haystack.With(hidden, length, depth, distractor, random);
            string prompt = PythonFormat.Fill(
                template, new Dictionary<string, string> { ["haystack"] = window, ["question"] = said }, "the task template of NoLiMa");
            string at = depth.ToString("0.####", CultureInfo.InvariantCulture);
            yield return new(
                string.Create(CultureInfo.InvariantCulture, $"{length}-{needle.Text("id")}-{test.Name}-{asked.Name}-{book}-{at}"), // PairOf
                new EvalPrompt.Messages([.. System(needle), new("user", prompt)]),
                isDrawn ? [drawn] : test.Value.SomeTexts("gold_answers"),
                NewTokens)
            {
                Question = said,
                Groups = new Dictionary<string, string>
                {
                    [EvalExample.Length] = length.ToString(CultureInfo.InvariantCulture),
                    [EvalExample.Depth] = at,
                    ["question"] = asked.Name,
                },
            };
        }
    }

    /// <summary>Returns the pair of needle and question of an example's id, which is the same at all lengths, depths and books.</summary>
    internal static string PairOf(string id)
    {
        string[] parts = id.Split('-');
        return string.Join('-', parts[1..Math.Max(1, parts.Length - 2)]);
    }

    static ChatTurn[] System(DataRecord needle) =>
        needle.Has("system_prompt") && needle.Text("system_prompt") is { Length: > 0 } system ? [new("system", system)] : [];
}
