using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LoCoMo;
using Farsight.Evaluation.Benchmarks.LongBenchPro;
using Farsight.Evaluation.Benchmarks.LongIcl;
using Farsight.Evaluation.Benchmarks.LongProc;
using Farsight.Evaluation.Benchmarks.LongSafety;
using Farsight.Evaluation.Benchmarks.LongSafetyBench;
using Farsight.Evaluation.Benchmarks.M4le;
using Farsight.Evaluation.Benchmarks.NeedleBench;
using Farsight.Evaluation.Benchmarks.NitiBench;
using Farsight.Evaluation.Benchmarks.NoLiMa;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Tests.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.More;

sealed partial class WorkedCase
{
    object Labels()
    {
        switch (_metric)
        {
            case "goemotion_extract":
                return InContextLabels.Line(Text("response"), Text("text"), "emotion category:", "comment: ").ToLowerInvariant();
            case "banking77_extract":
                return InContextLabels.Line(Text("response"), Text("text"), "intent category:", "service query").ToLowerInvariant();
            case "fewnerd_extract":
                return InContextLabels.Entities(Text("response"), Text("sentence"));
            case "fewnerd_f1":
                LabelCounts[] counts =
                [
                    .. Maps("predictions").Zip(Maps("labels")).Select(p => InContextLabels.CountEntities(p.First, p.Second)),
                ];
                PrecisionRecall micro = InContextLabels.Micro(counts.Sum(c => c.Said), counts.Sum(c => c.Gold), counts.Sum(c => c.Right));
                return micro.F1 == 0 ? 0.0 : new { precision = micro.Precision, recall = micro.Recall, f1 = micro.F1 };
            case "dialogre_f1":
                LabelCounts[] relations = Dialogues();
                (int said, int gold, int right) =
                    (relations.Sum(c => c.Said), relations.Sum(c => c.Gold), relations.Sum(c => c.Right));
                return new
                {
                    total_label = gold,
                    total_pred = said,
                    total_correct = right,
                    f1 = 100 * InContextLabels.MicroOfRelations(said, gold, right).F1,
                };
            case "tacred_f1":
                string[][] rows = [.. _input.GetProperty("rows").EnumerateArray().Select(EvalGoldens.Strings)];
                string[] valid = Texts("valid");
                return InContextLabels
                    .MicroOfRelations(rows.Count(r => valid.Contains(r[1])), rows.Length, rows.Count(r => r[0] == r[1])).F1;
            default:
                throw Unknown();
        }
    }

    IEnumerable<Dictionary<string, string>> Maps(string name) => _input.GetProperty(name).EnumerateArray()
        .Select(m => m.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!));

    // The official program stops once it has seen 500 labels.
    LabelCounts[] Dialogues()
    {
        List<LabelCounts> counts = [];
        foreach (JsonElement row in _input.GetProperty("data").EnumerateArray())
        {
            counts.Add(InContextLabels.CountRelations(Parts(row, "pred"), Parts(row, "label"), s_dialogueRelations));
            if (counts.Sum(c => c.Gold) >= 500)
            {
                break;
            }
        }
        return [.. counts];

        static string[] Parts(JsonElement row, string name) => [.. row.GetProperty(name).GetString()!.Split(',').Select(p => p.Trim())];
    }

    object LoCoMo() => _metric switch
    {
        "normalize_answer" => LoCoMoScore.Normalize(Text("text")),
        "f1_score" => LoCoMoScore.F1(Text("prediction"), Text("answer")),
        "f1_category_1" => LoCoMoScore.PartsF1(Text("prediction"), Text("answer")),
        "score_by_category" => LoCoMoScore.Score(Number("category"), Text("prediction"), Text("answer")),
        "category_5_option" => LoCoMoScore.Option(
            Text("prediction"), _input.GetProperty("options").GetProperty("a").GetString()!,
            _input.GetProperty("options").GetProperty("b").GetString()!),
        _ => throw Unknown(),
    };

    object LongBenchPro() => _metric switch
    {
        "normalize_prediction" => LongBenchProScore.Lines(Text("prediction")),
        "summary_rouge_part" => LongBenchProScore.SummaryRouge(
            Texts("answers"), Text("prediction"), _input.GetProperty("chinese").GetBoolean() ? EvalGoldens.Chinese.Value : null),
        _ => LongBenchProScore.Score(_metric, Texts("answers"), Text("prediction")),
    };

    object Travel() => _metric switch
    {
        "solution" => new
        {
            parsed = TravelPlan.Parse(Text("plan")).Select(p => new object[] { p.City, (double)p.Days }),
            score = TravelPlan.IsRight(Text("plan"), Text("cities"), Text("durations")),
        },
        "partial" => TravelPlan.Progress(Text("output"), Reference()),
        _ => throw Unknown(),
    };

    // The case "full" holds the reference procedure itself.
    string Reference() => document.GetProperty("cases").EnumerateArray()
        .Select(c => c.GetProperty("input"))
        .First(i => i.TryGetProperty("variant", out JsonElement variant) && variant.GetString() == "full")
        .GetProperty("output").GetString()!;

    object Safety()
    {
        if (_metric == "thu_coai_rates")
        {
            bool[][] isUnsafe =
            [
                .. _input.GetProperty("judgments_front_end").EnumerateArray()
                    .Select(j => EvalGoldens.Strings(j).Select(LongSafetyScore.IsUnsafe).ToArray()),
            ];
            return new
            {
                safety_rate = Safe(isUnsafe.Select(u => u[0] || u[1])),
                safety_rate_front = Safe(isUnsafe.Select(u => u[0])),
                safety_rate_end = Safe(isUnsafe.Select(u => u[1])),
            };

            static double Safe(IEnumerable<bool> isUnsafe) => PythonNumbers.Round(1 - isUnsafe.Average(u => u ? 1.0 : 0), 4);
        }
        string[] letters = Texts("letters_in_data_order");
        return LongSafetyChoice.IndexOf(Text("response"), letters) is { } index
            ? new
            {
                index,
                ha = LongSafetyChoice.AvoidsHarm(index, letters.Length),
                sr = LongSafetyChoice.IsSafe(index, letters.Length),
            }
            : (object)new { index = "similarity", ha = (bool?)null, sr = (bool?)null };
    }

    object M4le()
    {
        if (_metric == "single_acc")
        {
            return 0; // the official function fails, and no task uses it
        }
        bool isChinese = Text("lang") == "zh";
        M4leRule rule = new(
            _metric switch
            {
                "rouge" => M4leMetric.Rouge,
                "acc" => M4leMetric.Containment,
                "exact_match" => M4leMetric.Exact,
                "cls_f1" => M4leMetric.SetF1,
                "bleu" => M4leMetric.Bleu,
                _ => M4leMetric.Containment,
            },
            isChinese,
            Texts("end_tokens"),
            _input.GetProperty("preprocess").GetString() switch
            {
                "marc_preprocess" => M4lePreparation.ListAndReference,
                "online_shopping_preprocess" or "thucnews_explicit_preprocess" or "mnds_news_explicit_preprocess" => M4lePreparation.List,
                "mnds_news_semantic_preprocess" or "thucnews_semantic_preprocess" => M4lePreparation.Reference,
                "news2016_preprocess" => M4lePreparation.Quoted,
                _ => M4lePreparation.None,
            });
        return _input.GetProperty("rows").EnumerateArray()
            .GroupBy(r => r.GetProperty("length_bucket").GetRawText())
            .ToDictionary(g => g.Key, g => Bucket(rule, [.. g]));
    }

    double Bucket(M4leRule rule, JsonElement[] rows)
    {
        static string Said(JsonElement row) => row.GetProperty("gen_resp").GetString()!;
        static string[] Gold(JsonElement row) => EvalGoldens.Strings(row.GetProperty("answers"));
        return _metric switch
        {
            "bleu" => CorpusBleu.Of([.. rows.Select(r => rule.Counts(Said(r), Gold(r)))]),
            "qa_f1" =>
                rows.Average(r => M4leRule.QuestionF1(rule.Answer(Said(r)), Gold(r), rule.IsChinese ? EvalGoldens.Chinese.Value : null)),
            _ => rows.Average(r => rule.Score(Said(r), Gold(r), rule.IsChinese ? EvalGoldens.Chinese.Value : null)),
        };
    }

    object Needles()
    {
        switch (_metric)
        {
            case "v1_score":
                return NeedleBenchScore.Words(Text("prediction"), Text("answer"));
            case "insertion":
                int[] lengths = [.. _input.GetProperty("needle_lengths").EnumerateArray().Select(l => l.GetInt32())];
                int[][] needles = [.. lengths.Select((l, i) => Enumerable.Repeat(-1 - i, l).ToArray())];
                List<int> text = NeedlePlaces.Insert(
                    [.. Enumerable.Range(0, Number("context_tokens"))], needles, _input.GetProperty("depth_percent").GetDouble(),
                    _input.GetProperty("diff_percent").GetDouble());
                return new
                {
                    first_token_index_of_each_needle = needles.Select(n => text.IndexOf(n[0])),
                    total_tokens = text.Count,
                };
            case "v2_chain":
                KinshipChain chain = KinshipChain.Draw(
                    Number("counter"), Number("num_needles"), [.. Enumerable.Range(0, 40).Select(i => $"Person{i:00}")],
                    [.. Enumerable.Range(0, 7).Select(i => $"{i}|{{relationship}}|{{A}}|{{B}}")], Texts("terms"));
                return new
                {
                    shuffled_fragments = chain.Sentences.Select(s => s.Split('|'))
                        .Select(p => new object[] { int.Parse(p[0], System.Globalization.CultureInfo.InvariantCulture), p[1], p[2], p[3] }),
                    answer = chain.Eldest,
                    last_person = chain.Youngest,
                };
            default:
                throw Unknown();
        }
    }

    object Laws()
    {
        LawSection[][] reference = Sections("reference", "sections"), generated = Sections("generated", "section");
        int[] common = [.. reference.Zip(generated).Select(p => p.First.Distinct().Intersect(p.Second).Count())],
            said = [.. generated.Select(g => g.Distinct().Count())],
            asked = [.. reference.Select(g => g.Distinct().Count())];
        PrecisionRecall[] each = [.. common.Select((c, i) => LawCitations.Of(c, said[i], asked[i]))];
        PrecisionRecall micro = LawCitations.Of(common.Sum(), said.Sum(), asked.Sum());
        return new
        {
            micro_precision = micro.Precision,
            micro_recall = micro.Recall,
            micro_f1 = micro.F1,
            macro_precision = each.Average(e => e.Precision),
            macro_recall = each.Average(e => e.Recall),
            macro_f1 = each.Average(e => e.F1),
            local_precision = each.Select(e => e.Precision),
            local_recall = each.Select(e => e.Recall),
            local_f1 = each.Select(e => e.F1),
        };
    }

    LawSection[][] Sections(string side, string key) =>
    [
        .. _input.GetProperty(side).EnumerateArray().Select(r => r.EnumerateArray()
            .Select(x => new LawSection(x.GetProperty("law").GetString()!, x.GetProperty(key).GetString()!)).ToArray()),
    ];

    object NoLiMa()
    {
        if (_metric != "placement")
        {
            return NoLiMaScore.IsRight(_metric, Text("response"), Texts("gold_answers"));
        }
        string book = string.Concat(Enumerable.Range(0, 60).Select(i => $"Line {i} of a plain book with some words in it.\n"));
        double depth = _input.GetProperty("depth").GetDouble();
        int length = Number("context_length");
        return new
        {
            text = new NoLiMaHaystack(book, new FourCharacterTokens()).With(Text("needle"), length, depth),
            token_depth = NoLiMaHaystack.DepthInTokens(length, depth),
        };
    }

    object Retrieval()
    {
        TrecRanking ranking = new(
            _input.GetProperty("qrels").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32()),
            _input.GetProperty("scores").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble()));
        Dictionary<string, double> metrics = new() { ["mrr"] = ranking.ReciprocalRank() };
        foreach (int cut in (int[])[1, 3, 5, 10, 100, 1000])
        {
            metrics[$"ndcg@{cut}"] = ranking.Ndcg(cut);
        }
        return metrics;
    }

    /// <summary>A tokenizer whose tokens are line feeds and runs of up to four other characters.</summary>
    sealed class FourCharacterTokens : ITextTokens
    {
        readonly List<string> _texts = [];

        public int[] Encode(string text)
        {
            List<int> ids = [];
            for (int at = 0; at < text.Length;)
            {
                int end = at + 1;
                while (text[at] != '\n' && end < text.Length && end < at + 4 && text[end] != '\n')
                {
                    end++;
                }
                ids.Add(_texts.Count);
                _texts.Add(text[at..end]);
                at = end;
            }
            return [.. ids];
        }

        public int FirstToken => throw new NotSupportedException();

        public int? Bos => null;

        public int[] EncodeInside(string text) => Encode(text);

        public int[] EncodeStart(string text) => Encode(text);

        public int[] EncodeWhole(string text) => Encode(text);

        public string Decode(ReadOnlySpan<int> ids)
        {
            System.Text.StringBuilder text = new();
            foreach (int id in ids)
            {
                text.Append(_texts[id]);
            }
            return text.ToString();
        }
    }
}
