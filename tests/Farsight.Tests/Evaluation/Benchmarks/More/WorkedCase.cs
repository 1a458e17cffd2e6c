using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Benchmarks.CnnSum;
using Farsight.Evaluation.Benchmarks.Giraffe;
using Farsight.Evaluation.Benchmarks.GraphWalks;
using Farsight.Evaluation.Benchmarks.Helmet;
using Farsight.Evaluation.Benchmarks.HoloBench;
using Farsight.Evaluation.Benchmarks.InfiniteBench;
using Farsight.Evaluation.Benchmarks.LCiteEval;
using Farsight.Evaluation.Benchmarks.Mrcr;
using Farsight.Evaluation.Core.Ranking;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Tests.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.More;

/// <summary>Computes the value of one case of evaldata/more with the metric that the case names.</summary>
sealed partial class WorkedCase(string file, JsonElement item, JsonElement document)
{
    static readonly string[] s_dialogueRelations =
    [
        "per:alternate_names", "per:alumni", "per:place_of_residence", "per:employee_or_member_of", "per:girl/boyfriend", "per:title",
        "per:positive_impression", "gpe:residents_of_place", "org:employees_or_members", "per:children", "per:parents", "per:siblings",
        "per:spouse", "per:friends", "per:negative_impression", "per:client", "per:pet", "per:place_of_work", "per:boss", "per:subordinate",
        "per:acquaintance", "per:roommate", "per:dates", "per:other_family", "per:age", "per:visited_place", "gpe:visitors_of_place",
        "per:origin", "per:neighbor", "per:works", "per:schools_attended", "org:students", "per:major", "per:date_of_birth",
    ];

    readonly string _metric = item.GetProperty("metric").GetString()!;
    readonly JsonElement _input = item.GetProperty("input");

    /// <summary>Gets whether the case needs jieba's words.</summary>
    internal bool NeedsWords => file switch
    {
        "cnnsum" => true,
        "longbench_pro" => _metric == "summary_rouge_part" && _input.GetProperty("chinese").GetBoolean(),
        "m4le" => _metric is "rouge" or "qa_f1" && Text("lang") == "zh",
        _ => false,
    };

    /// <summary>Returns the value in the shape of the case's "expected".</summary>
    internal object? Value() => file switch
    {
        "bradley_terry" => Ranked(),
        "cnnsum" => Summaries(),
        "giraffe" => Giraffe(),
        "graphwalks" => Walk(),
        "helmet" => Helmet(),
        "holobench_merge" => HoloBenchMerge.Merge(Texts("main"), Texts("auxiliary"), _metric),
        "infinitebench_more" => InfiniteBench(),
        "lciteeval_citation" => Citation(),
        "liconbench" => Labels(),
        "locomo" => LoCoMo(),
        "longbench_pro" => LongBenchPro(),
        "longproc_travel_planning" => Travel(),
        "longsafety" => Safety(),
        "m4le" => M4le(),
        "mrcr" => MrcrScore.Grade(Text("response"), Text("answer"), Text("random_string_to_prepend")),
        "needlebench_multi" => Needles(),
        "nitibench" => Laws(),
        "nolima" => NoLiMa(),
        "retrieval_ndcg" => Retrieval(),
        _ => throw new InvalidOperationException($"No metric reads {file}.json."),
    };

    string Text(string name) => _input.GetProperty(name).GetString()!;

    string[] Texts(string name) => EvalGoldens.Strings(_input.GetProperty(name));

    int Number(string name) => _input.GetProperty(name).GetInt32();

    object? Ranked()
    {
        if (_metric == "two_orders")
        {
            return PairOutcome.Mean(Verdict(Text("ab")), Verdict(Text("ba")));
        }
        JsonElement[][] rows = [.. _input.GetProperty("wins").EnumerateArray().Select(r => r.EnumerateArray().ToArray())];
        double[,] wins = new double[rows.Length, rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < rows.Length; j++)
            {
                wins[i, j] = rows[i][j].GetDouble();
            }
        }
        return BradleyTerry.LogStrengths(wins);

        static double Verdict(string text) => text switch { "A" => 1, "B" => 0, _ => 0.5 };
    }

    object Summaries()
    {
        double Of(string prediction, string reference) => CnnSumScore.Score(prediction, reference, EvalGoldens.Chinese.Value!);
        return _metric == "rouge_l_f"
            ? Of(Text("prediction"), Text("reference"))
            : PythonNumbers.Round(
                100 * _input.GetProperty("pairs").EnumerateArray().Average(p => Of(p[0].GetString()!, p[1].GetString()!)), 5);
    }

    object Giraffe() => _metric switch
    {
        "presence" => GiraffeScore.IsPresent(Text("ref"), Text("output")),
        "bleu" => GiraffeScore.SentenceBleu(Text("ref"), Text("output")),
        "row_labels" => GiraffeScore.Places(Number("row")) is var places
            ? new { question_location = places.Question, answer_location = places.Answer }
            : null!,
        "lines" => GiraffeScore.FirstNumber(Text("output")) is { } said
            && PythonNumbers.TryParseInt(said, out System.Numerics.BigInteger number)
                ? new { parsed = (double)number, correct = number == Number("expected_number") }
                : new { parsed = -1.0, correct = false },
        _ => throw Unknown(),
    };

    object Walk()
    {
        string response = Text("response");
        string[] gold = Texts("answer_nodes");
        IReadOnlyList<string>? card = GraphWalksScore.ByCard(response), port = GraphWalksScore.Strict(response);
        return new
        {
            card_list = card ?? [],
            card_error = card is null,
            card_f1 = GraphWalksScore.F1(card, gold),
            port_list = port ?? [],
            port_error = port is null,
            port_f1 = GraphWalksScore.F1(port, gold),
            port_flexible_f1 = GraphWalksScore.F1(GraphWalksScore.Flexible(response), gold),
        };
    }

    object Helmet()
    {
        switch (_metric)
        {
            case "default_post_process":
                HelmetMetrics best = HelmetScore.Best(Text("output"), Answers());
                return new
                {
                    parsed = HelmetScore.Parsed(Text("output")),
                    exact_match = best.IsExact,
                    f1 = best.F1,
                    substring_exact_match = best.Contains,
                    rougeL_f1 = best.RougeL,
                    rougeL_recall = best.RougeLRecall,
                    rougeLsum_f1 = best.RougeLSum,
                    rougeLsum_recall = best.RougeLSumRecall,
                };
            case "parse_output":
                return HelmetScore.Parsed(Text("output"), Text("prefix"));
            case "parse_rankings":
                return HelmetScore.Ranking(Text("output"));
            case "rerank":
                Dictionary<string, int> judgments =
                    _input.GetProperty("qrels").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
                return HelmetScore.Rerank(Text("output"), judgments, [1, 5, 10]);
            case "remove_citations":
                return Citations.Remove(Text("text"));
            case "alce_str_em":
                double share = HelmetScore.StringMatch(Text("output"), Groups("qa_pairs"));
                return new[] { 100 * share, share == 1 ? 100 : 0 };
            case "alce_qampari":
                ListScore list = HelmetScore.ListMatch(Text("output"), Groups("answers"));
                return new
                {
                    num_preds = list.Count,
                    qampari_prec = 100 * list.Precision,
                    qampari_rec = 100 * list.Recall,
                    qampari_rec_top5 = 100 * list.RecallOfFive,
                    qampari_f1 = 100 * list.F1,
                    qampari_f1_top5 = 100 * list.F1OfFive,
                };
            case "infbench_choice_exact_match":
                return HelmetScore.IsChosen(Text("output"), Texts("answers"));
            case "summary_judge_f1":
                return HelmetScore.Summary(
                    _input.GetProperty("fluency").GetDouble(), Number("recall_found"), Number("key_points"), Number("precision_found"),
                    Number("sentence_count"));
            default:
                throw Unknown();
        }
    }

    string[] Answers()
    {
        JsonElement answers = _input.GetProperty("answers");
        return answers.ValueKind == JsonValueKind.String ? [answers.GetString()!]
            : answers[0].ValueKind == JsonValueKind.Array ? [.. Groups("answers").SelectMany(g => g)]
            : Texts("answers");
    }

    IReadOnlyList<string>[] Groups(string name) => [.. _input.GetProperty(name).EnumerateArray().Select(EvalGoldens.Strings)];

    object InfiniteBench()
    {
        JsonElement label = _input.GetProperty("label");
        string[] labels = label.ValueKind == JsonValueKind.Array ? EvalGoldens.Strings(label)
            : [label.ValueKind == JsonValueKind.String ? label.GetString()! : label.GetRawText()];
        bool isGpt4 = _input.TryGetProperty("model", out JsonElement model) && model.GetString() == "gpt4";
        return _metric == "math_calc"
            ? InfiniteBenchScore.MathCalc(Text("prediction"), EvalGoldens.Strings(label[0]), dropsFirst: isGpt4)
            : InfiniteBenchScore.Score(_metric, Text("prediction"), labels);
    }

    object Citation()
    {
        string said = Text("generation");
        int atMost = Number("at_most_citations");
        if (_metric == "niah")
        {
            (PrecisionRecall score, int citations) = LCiteEvalScore.NeedleCitation(said, Number("gold_passage"), atMost);
            return new { recall = score.Recall, precision = score.Precision, f1 = score.F1, citations };
        }
        string[] sentences = [.. SentenceEnd().Split(said).Where(s => s.Trim().Length > 0)];
        EntailedCitations entailed = new(sentences, [.. Texts("docs").Select(d => $"Passage: {d}")], atMost);
        (string Premise, string Claim) asked = ("", "");
        foreach ((string, string) question in entailed.Questions(
            () => Words(asked.Claim).All(w => Words(asked.Premise).Contains(w))))
        {
            asked = question;
        }
        return entailed.Score is { } all
            ? new
            {
                recall = new[] { all.Recall },
                precision = new[] { all.Precision },
                f1 = new[] { all.F1 },
                citations =
                new[] { entailed.Citations }
            }
            : (object)new
            {
                recall = Array.Empty<double>(),
                precision = Array.Empty<double>(),
                f1 = Array.Empty<double>(),
                citations =
                Array.Empty<int>()
            };

        static HashSet<string> Words(string text) => [.. Word().Matches(text.ToLowerInvariant()).Select(m => m.Value)];
    }

    InvalidOperationException Unknown() => new($"No metric {_metric} of {file}.json is known.");

    [GeneratedRegex(@"(?<=[.!?])\s+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
