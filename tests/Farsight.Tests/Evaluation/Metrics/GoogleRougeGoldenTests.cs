using System.Text.Json;
using Farsight.Evaluation.Benchmarks.Niah;
using Farsight.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Google's rouge_score, NLTK's stemmer and the needle rule that uses both.</summary>
[Trait("Category", "Golden")]
public sealed class GoogleRougeGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/google_rouge_public.jsonl";
    const string Stems = EvalGoldens.Folder + "/nltk_porter_stems.json";
    const string Needles = EvalGoldens.Folder + "/niah_public.jsonl";

    [SharedFact(Lines)]
    public void Every_line_scores_as_the_package()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            (string target, string prediction) = (line.GetProperty("target").GetString()!, line.GetProperty("prediction").GetString()!);
            bool stem = line.GetProperty("use_stemmer").GetBoolean();
            foreach (JsonProperty score in line.GetProperty("scores").EnumerateObject())
            {
                PrecisionRecall actual = score.Name switch
                {
                    "rouge1" => GoogleRouge.N(target, prediction, 1, stem),
                    "rouge2" => GoogleRouge.N(target, prediction, 2, stem),
                    "rougeL" => GoogleRouge.L(target, prediction, stem),
                    _ => GoogleRouge.LSum(target, prediction, stem),
                };
                string id = $"{line.GetProperty("id")} {score.Name}";
                goldens.Check(id + " P", score.Value[0].GetDouble(), actual.Precision);
                goldens.Check(id + " R", score.Value[1].GetDouble(), actual.Recall);
                goldens.Check(id + " F", score.Value[2].GetDouble(), actual.F1);
            }
        }
        goldens.Finish(
            "google_rouge_public.jsonl",
            EvalGoldens.Lines(Lines).Sum(l => 3 * l.GetProperty("scores").EnumerateObject().Count()));
    }

    [SharedFact(Stems)]
    public void Every_stem_is_nltks()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonProperty word in EvalGoldens.Json(Stems).EnumerateObject())
        {
            goldens.Check(word.Name, word.Value.GetString()!, PorterStemmer.Stem(word.Name));
        }
        goldens.Finish("nltk_porter_stems.json", EvalGoldens.Json(Stems).EnumerateObject().Count());
    }

    [SharedFact(Needles)]
    public void Every_response_is_judged_by_recall_as_the_original()
    {
        EvalGoldens goldens = new(output);
        JsonElement[] lines = [.. EvalGoldens.Lines(Needles).Where(l => l.TryGetProperty("response", out _))];
        foreach (JsonElement line in lines)
        {
            string id = line.GetProperty("id").GetString()!;
            (string needle, string response) = (line.GetProperty("needle").GetString()!, line.GetProperty("response").GetString()!);
            bool original = line.TryGetProperty("rouge1_recall_x100_vs_stripped_needle", out JsonElement recall);
            recall = original ? recall : line.GetProperty("rouge1_recall_x100");
            goldens.Check(id, recall.GetDouble(), OriginalNeedle.Recall(needle, response));
            goldens.Check(
                id + " found",
                line.GetProperty(original ? "success_rouge1" : "success").GetBoolean(),
                OriginalNeedle.IsFound(needle, response));
        }
        goldens.Finish("niah_public.jsonl, responses", 2 * lines.Length);
    }
}
