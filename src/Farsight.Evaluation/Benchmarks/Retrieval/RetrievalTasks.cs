using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Retrieval;

/// <summary>
/// Represents LongEmbed and LoCoV1: the model ranks documents by the probability of the query after each of them.
/// </summary>
/// <remarks>
/// Version 2 of passkey and needle: where the records name their context length, a query is compared with the documents of its own length,
/// as in the benchmark; version 1 took those of all lengths. The published tables are of encoders and their cosines; these scores are not
/// comparable with them. Only the sets are here whose documents fit a window and whose pairs can be computed: every query is scored after
/// every document of its set. Cost: the tokens of all documents for each query; limit the examples. Within one query, mean and sum of the
/// log-probabilities rank alike. Equal scores are ordered as trec_eval does. Queries of qasper without a text are left out, as there.
/// Sources: arXiv:2404.12096, dwzhu-pku/LongEmbed @033dc4a; arXiv:2402.07440, HazyResearch/m2 @7d359e8.
/// </remarks>
sealed class RetrievalTasks : IEvalTaskFamily
{
    static readonly string[] s_longEmbed = ["passkey", "needle", "2wikimqa", "summ_screen_fd"];
    static readonly string[] s_loco = ["qasper_title", "qasper_abstract", "multifieldqa", "2wikimqa", "passage_retrieval"];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [.. s_longEmbed.Select(s => new RetrievalTask("longembed", s)), .. s_loco.Select(s => new RetrievalTask("loco", s))];
}

/// <summary>Represents one set.</summary>
sealed class RetrievalTask(string benchmark, string set) : IChoiceTask
{
    const string Cue = "\n\nA question that this document answers:";
    const string Documents = "documents", Length = "context_length";

    // The two synthetic sets have one document per query, and their number is the accuracy of the first place.
    bool IsSynthetic => set is "passkey" or "needle";

    int Cut => IsSynthetic ? 1 : 10;

    string Folder => $"{benchmark}/{set}";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        $"{benchmark}_{set}", IsSynthetic ? 2 : 1, $"{(benchmark == "loco" ? "LoCoV1" : "LongEmbed")}: {set}, ranked by log-probability",
        benchmark == "loco" ? "arXiv:2402.07440; HazyResearch/m2 @7d359e8" : "arXiv:2404.12096; dwzhu-pku/LongEmbed @033dc4a",
        string.Create(CultureInfo.InvariantCulture, $"nDCG@{Cut}"), null)
    {
        Benchmark = benchmark,
        Metrics = [new("MRR")],
        Data =
        [
            new($"{Folder}/corpus.jsonl", $"{Source}: the documents as JSONL with doc_id and text{Further}"),
            new($"{Folder}/queries.jsonl", $"{Source}: the queries as JSONL with qid and text{Further}"),
            new($"{Folder}/qrels.jsonl", $"{Source}: the relevant pairs as JSONL with qid and doc_id{Further}"),
        ],
    };

    string Further => IsSynthetic ? $", and {Length}" : "";

    string Source => benchmark == "loco"
        ? $"Hugging Face hazyresearch/LoCoV1-Documents and -Queries, split test, dataset {set}"
        : $"Hugging Face dwzhu/LongEmbed, configuration {set}";

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord[] documents = [.. DataRecord.Of(setting.Data, $"{Folder}/corpus.jsonl")];
        if (documents.Length == 0)
        {
            throw new InputException($"{Folder}/corpus.jsonl has no documents; {EvalData.Advice}.");
        }
        Dictionary<string, (string[] Ids, EvalPrompt[] Prompts)> corpora = documents.GroupBy(LengthOf).ToDictionary(
            g => g.Key, g => (g.Select(d => d.Text("doc_id")).ToArray(), g.Select(d => Prompt(d.Text("text"))).ToArray()));
        HashSet<string> withoutText = [.. documents.Where(d => d.Text("text").Length == 0).Select(d => d.Text("doc_id"))];
        ILookup<(string, string), string> relevant = DataRecord.Of(setting.Data, $"{Folder}/qrels.jsonl")
            .ToLookup(r => (LengthOf(r), r.Text("qid")), r => r.Text("doc_id"));
        return DataRecord.Of(setting.Data, $"{Folder}/queries.jsonl").Select(r =>
        {
            string length = LengthOf(r), id = r.Text("qid");
            string[] right = [.. relevant[(length, id)]];
            if (!corpora.TryGetValue(length, out (string[] Ids, EvalPrompt[] Prompts) corpus))
            {
                throw r.Lacks($"a {Length} of {Folder}/corpus.jsonl");
            }
            return set.StartsWith("qasper", StringComparison.Ordinal) && right.Length > 0 && right.All(withoutText.Contains)
                ? null
                : new EvalExample(length.Length > 0 ? $"{length}-{id}" : id, corpus.Prompts[0], right, 0)
                {
                    Question = r.Text("text"),
                    Choices = [.. corpus.Prompts.Select(p => new EvalChoice(" " + r.Text("text")) { Prompt = p })],
                    Groups = length.Length > 0
                        ? new Dictionary<string, string> { ["context length"] = length }
                        : new Dictionary<string, string>(),
                    Details = new Dictionary<string, IReadOnlyList<string>> { [Documents] = corpus.Ids },
                };
        }).OfType<EvalExample>();
    }

    static EvalPrompt Prompt(string document) => EvalPrompt.Of(document + Cue) with { UseChatTemplate = false };

    static string LengthOf(DataRecord record) => record.Has(Length) ? record.Text(Length) : "";

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices)
    {
        Dictionary<string, double> scores = new(StringComparer.Ordinal);
        foreach ((string document, ChoiceLogProb choice) in example.Details[Documents].Zip(choices))
        {
            scores[document] = choice.LogProb;
        }
        TrecRanking ranking = new(example.References.Distinct().ToDictionary(r => r, _ => 1), scores);
        return new(ranking.Ndcg(Cut), new Dictionary<string, double> { ["MRR"] = ranking.ReciprocalRank() });
    }
}
