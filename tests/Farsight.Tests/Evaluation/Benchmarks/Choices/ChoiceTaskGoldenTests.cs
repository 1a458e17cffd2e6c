using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Benchmarks.Choices;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.Choices;

/// <summary>Prompts and scores that the benchmarks' own programs made.</summary>
[Trait("Category", "Golden")]
public sealed class ChoiceTaskGoldenTests(ITestOutputHelper output)
{
    const string File = EvalGoldens.Folder + "/shorttask_public.jsonl";

    static readonly EvalSetting s_setting = new(Length: 4096, Seed: 1) { Data = new(SharedMaterial.PathOf("evaldata")) };

    [SharedFact(File)]
    public void Every_line_is_as_the_official_program_has_it()
    {
        EvalGoldens goldens = new(output);
        Dictionary<string, EvalExample> arc = EvalTaskCatalog.Get("arc_challenge").Examples(s_setting).ToDictionary(e => e.Id);
        Dictionary<string, EvalExample> mmlu = EvalTaskCatalog.Get("mmlu").Examples(s_setting).ToDictionary(e => e.Id);
        EvalExample[] winogrande = [.. EvalTaskCatalog.Get("winogrande").Examples(s_setting)];
        foreach (JsonElement line in EvalGoldens.Lines(File))
        {
            string id = line.GetProperty("id").GetString()!;
            switch (Text(line, "kind"))
            {
                case "arc":
                    EvalExample question = arc[Text(line, "id_")];
                    goldens.Check(id, Text(line, "context"), Prompt(question.Prompt));
                    goldens.Check(id, Joined(line, "continuations"), string.Join('|', question.Choices.Select(c => c.Text)));
                    goldens.Check(id, line.GetProperty("gold").GetRawText(), question.References[0]);
                    break;
                case "mmlu_5shot_prompt":
                    EvalExample row = mmlu[
                        string.Create(CultureInfo.InvariantCulture, $"{Text(line, "subject")}-{line.GetProperty("test_row").GetInt32()}")
                    ];
                    goldens.Check(id, Text(line, "hendrycks_prompt"), Prompt(row.Prompt));
                    goldens.Check(id, Joined(line, "continuations"), string.Join('|', row.Choices.Select(c => c.Text)));
                    goldens.Check(id, Text(line, "answer"), "ABCD"[int.Parse(row.References[0], CultureInfo.InvariantCulture)].ToString());
                    break;
                case "hellaswag_preprocess":
                    goldens.Check(id, Text(line, "processed"), HellaSwag.Clean(Text(line, "raw")));
                    break;
                case "hellaswag_query":
                    goldens.Check(
                        id,
                        Text(line, "query"),
                        HellaSwag.Query(Text(line, "activity_label"), Text(line, "ctx_a"), Text(line, "ctx_b")));
                    break;
                case "winogrande":
                    Winograd(goldens, id, line, winogrande);
                    break;
                case "truthfulqa_mc":
                    Truthful(goldens, id, line);
                    break;
                case "mc_acc":
                    Accuracy(goldens, id, line);
                    break;
                default:
                    Assert.Fail($"{id}: {line.GetRawText()[..80]} is of a kind that nobody checks.");
                    break;
            }
        }
        goldens.Finish(File, EvalGoldens.Lines(File).Sum(l => Text(l, "kind") switch
        {
            "arc" or "mmlu_5shot_prompt" or "mc_acc" => 3,
            "winogrande" => 6,
            "truthfulqa_mc" => 2,
            _ => 1,
        }));
    }

    static void Winograd(EvalGoldens goldens, string id, JsonElement line, EvalExample[] all)
    {
        JsonElement doc = line.GetProperty("doc");
        EvalExample made = Winogrande.Example(0, Text(doc, "sentence"), [Text(doc, "option1"), Text(doc, "option2")], Text(doc, "answer"));
        EvalExample read = all.Single(e => e.Question == Text(doc, "sentence"));
        foreach (EvalExample example in new[] { made, read })
        {
            goldens.Check(id, Joined(line, "contexts"), string.Join('|', example.Choices.Select(c => Prompt(c.Prompt!))));
            goldens.Check(id, Text(line, "continuation"), example.Choices[1].Text);
            goldens.Check(id, line.GetProperty("gold").GetRawText(), example.References[0]);
        }
    }

    static void Truthful(EvalGoldens goldens, string id, JsonElement line)
    {
        double[] right = Numbers(line, "scores_true"), wrong = Numbers(line, "scores_false");
        int best = line.GetProperty("best_index").GetInt32();
        JsonElement official = line.GetProperty("official");
        goldens.Check(
            id,
            official.GetProperty("MC2").GetDouble(),
            TruthfulQaTasks.TrueMass([.. right, .. wrong], [.. right.Select(_ => true), .. wrong.Select(_ => false)]));
        goldens.Check(id, official.GetProperty("MC1").GetDouble(), Score("truthfulqa_mc1", ["0"], [right[best], .. wrong]));
    }

    static void Accuracy(EvalGoldens goldens, string id, JsonElement line)
    {
        string[] texts = EvalGoldens.Strings(line.GetProperty("choices"));
        double[] logProbs = Numbers(line, "loglikelihoods");
        foreach ((string name, string key) in new[] { ("acc", "pred"), ("acc_norm", "pred_norm_chars"), ("acc_bytes", "pred_bytes") })
        {
            string predicted = line.GetProperty(key).GetRawText();
            EvalExample example = new("", EvalPrompt.Of(""), [predicted], 0) { Choices = [.. texts.Select(t => new EvalChoice(" " + t))] };
            goldens.Check(id, 1.0, ChoiceAccuracy.Score(example, [.. logProbs.Select(p => new ChoiceLogProb(p, 1, false))], name).Value);
        }
    }

    static double Score(string task, string[] references, double[] logProbs) =>
        ((IChoiceTask)EvalTaskCatalog.Get(task))
            .Score(
                new("", EvalPrompt.Of(""), references, 0) { Choices = [.. logProbs.Select(_ => new EvalChoice(" x"))] },
                [.. logProbs.Select(p => new ChoiceLogProb(p, 1, false))])
            .Value;

    static double[] Numbers(JsonElement line, string key) => [.. line.GetProperty(key).EnumerateArray().Select(e => e.GetDouble())];

    static string Text(JsonElement line, string key) => line.GetProperty(key).GetString()!;

    static string Joined(JsonElement line, string key) => string.Join('|', EvalGoldens.Strings(line.GetProperty(key)));

    static string Prompt(EvalPrompt prompt) => ((EvalPrompt.Messages)prompt).Turns.Single().Content;
}
