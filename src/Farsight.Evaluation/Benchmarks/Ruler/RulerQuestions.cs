using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Represents a question and the documents that belong to it.</summary>
/// <param name="Query">The question.</param>
/// <param name="Outputs">Answers, any of which is right.</param>
/// <param name="Documents">Those that hold the answer.</param>
/// <param name="Others">Those of the same article, which are taken first to fill the context.</param>
sealed record RulerQuestion(string Query, IReadOnlyList<string> Outputs, IReadOnlyList<int> Documents, IReadOnlyList<int> Others);

/// <summary>Draws questions of SQuAD or HotpotQA among many documents.</summary>
/// <remarks>
/// Documents are shuffled by a generator that is seeded again for each sample: the right one stands at the same place for a given number of
/// them.
/// </remarks>
sealed class RulerQuestions : IRulerGenerator
{
    readonly PythonRandom _random;
    readonly RulerSetting _setting;
    readonly RulerTemplate _template;
    readonly string[] _documents;
    readonly IReadOnlyList<RulerQuestion> _questions;

    RulerQuestions(string[] documents, IReadOnlyList<RulerQuestion> questions, RulerTemplate template, RulerSetting setting) =>
        (_random, _setting, _template, _documents, _questions) = (
            new(setting.Seed),
            setting,
            template.Around(setting.ModelTemplate),
            documents,
            questions);

    /// <inheritdoc/>
    public int Available => _questions.Count;

    /// <inheritdoc/>
    public int Increment => 10;

    /// <inheritdoc/>
    public int LargestSize => _documents.Length;

    /// <summary>Creates the generator from SQuAD 2.0's file; questions without an answer are left out.</summary>
    internal static RulerQuestions OfSquad(DataRecord file, RulerTemplate template, RulerSetting setting)
    {
        IReadOnlyList<DataRecord>[] articles = [.. file.Records("data").Select(a => a.Records("paragraphs"))];
        string[] documents = Sorted(articles.SelectMany(a => a).Select(Context));
        Dictionary<string, int> places = Places(documents);
        RulerQuestion[] questions = [.. articles.SelectMany(a => a.SelectMany(p => Of(a, p)))];
        return questions.Length > 0 ? new(documents, questions, template, setting) : throw file.Lacks("questions with answers");

        IEnumerable<RulerQuestion> Of(IReadOnlyList<DataRecord> article, DataRecord paragraph)
        {
            int own = places[Context(paragraph)];
            int[] others = [.. article.Select(p => places[Context(p)]).Where(i => i != own)];
            return from q in paragraph.Records("qas")
                   where !q.Flag("is_impossible")
                   select new RulerQuestion(q.Text("question"), [.. q.Records("answers").Select(a => a.Text("text"))], [own], others);
        }

        static string Context(DataRecord paragraph) => paragraph.Text("context");
    }

    /// <summary>Creates the generator from HotpotQA's distractor file: ten documents belong to each question.</summary>
    internal static RulerQuestions OfHotpot(DataRecord file, RulerTemplate template, RulerSetting setting)
    {
        IReadOnlyList<DataRecord> records = file.Items();
        string[] documents = Sorted(records.SelectMany(Texts));
        Dictionary<string, int> places = Places(documents);
        RulerQuestion[] questions =
        [
            .. records.Select(q => new RulerQuestion(q.Text("question"), [q.Text("answer")], [.. Texts(q).Select(t => places[t])], [])),
        ];
        return documents.Length > 0 ? new(documents, questions, template, setting) : throw file.Lacks("questions with documents 'context'");

        static IEnumerable<string> Texts(DataRecord question) => question.Records("context").Select(c => c.Items() is [var title, var text]
            ? $"{title.Text()}\n{string.Concat(text.Texts())}"
            : throw question.Lacks("pairs of title and sentences 'context'"));
    }

    /// <inheritdoc/>
    public string CountedAnswers(IReadOnlyList<string> outputs) => " " + PythonList.Of(outputs);

    /// <inheritdoc/>
    public RulerDraft Draw(int sample, int size)
    {
        RulerQuestion question = _questions[sample];
        List<string> documents = size < _documents.Length ? DrawDocuments(question, size) : RepeatDocuments(size);
        new PythonRandom(_setting.Seed).Shuffle(documents);

        string context = string.Join(
            "\n\n",
            documents.Select((d, i) => string.Create(CultureInfo.InvariantCulture, $"Document {i + 1}:\n{d}")));
        (string, string)[] fields = [("context", context), ("query", question.Query)];
        return new(RulerTemplate.Fill(_template.Prompt, fields), RulerTemplate.Fill(_template.AnswerPrefix, fields), question.Outputs);
    }

    List<string> DrawDocuments(RulerQuestion question, int size)
    {
        int missing = size - question.Documents.Count;
        if (missing <= question.Others.Count)
        {
            return [.. question.Documents.Concat(_random.Sample(question.Others, missing)).Select(i => _documents[i])];
        }
        HashSet<int> taken = [.. question.Documents, .. question.Others];
        int[] rest = [.. Enumerable.Range(0, _documents.Length).Where(i => !taken.Contains(i))];
        int[] more = _random.Sample(rest, Math.Max(0, missing - question.Others.Count));
        return [.. question.Documents.Concat(question.Others).Concat(more).Select(i => _documents[i])];
    }

    List<string> RepeatDocuments(int size)
    {
        int count = _setting.Edition == RulerEdition.Paper ? _documents.Length : size;
        return [.. Enumerable.Range(0, count).Select(i => _documents[i % _documents.Length])];
    }

    static string[] Sorted(IEnumerable<string> documents) => [.. documents.Distinct(StringComparer.Ordinal).Order(CodePointOrder.Instance)];

    static Dictionary<string, int> Places(string[] documents) =>
        documents.Select((d, i) => (d, i)).ToDictionary(p => p.d, p => p.i, StringComparer.Ordinal);
}

/// <summary>
/// Orders texts by code points, as Python's sorted() does; ordinal order of UTF-16 puts U+E000 to U+FFFF after the planes above.
/// </summary>
sealed class CodePointOrder : IComparer<string>
{
    CodePointOrder()
    {
    }

    /// <summary>Gets the only instance.</summary>
    public static CodePointOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x, right = y;
        int same = left.CommonPrefixLength(right);
        return same == left.Length || same == right.Length
            ? left.Length.CompareTo(right.Length)
            : Rank(left[same]).CompareTo(Rank(right[same]));
    }

    // Surrogates stand for code points above all others.
    static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
