// Evaluates a model on a task: needles hidden in 256 and 512 tokens of generated text.
using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

using LoadedModel model = LoadedModel.Open(args.ElementAtOrDefault(0) ?? "models/tiny");
EvalRequest request = new(["needle/single"], Lengths: [256, 512], Depths: 2, Samples: 2, Seed: 1, Documents: null);
EvalResults results = request.Run(model, directory: null, progress: null, CancellationToken.None);

foreach (CellResult cell in results.Tasks[0].Lengths)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cell.Length} tokens: {100 * cell.Mean:F0} % of {cell.N} needles"));
}
