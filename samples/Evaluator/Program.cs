// Uses a benchmark's metric as an evaluator of Microsoft.Extensions.AI.Evaluation, scores stored answers with it, and writes a report.
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Interop;
using Microsoft.Extensions.AI.Evaluation;

using LoadedModel model = LoadedModel.Open(args.ElementAtOrDefault(0) ?? "models/tiny");
EvalRequest request = new(["needle/single"], Lengths: [256], Depths: 2, Samples: 1, Seed: 1, Documents: null);
EvalResults results = request.Run(model, directory: null, progress: null, CancellationToken.None);

IEvaluator evaluator = new TaskEvaluator(EvalTaskCatalog.Get("hotpotqa")); // F1 of words
EvalResults again = await EvaluatorScoring.ScoreAsync(results, evaluator, "hotpotqa");
Console.WriteLine($"{again.Tasks[0].Task}: {again.Tasks[0].All.N} answers");

string report = args.ElementAtOrDefault(1) ?? "report.json";
ExtensionsReport.Write(report, again, TimeProvider.System.GetUtcNow());
Console.WriteLine($"{ExtensionsReport.Read(report).Examples.Count} results in {Path.GetFileName(report)}");
