// Scores a text with a model: the log-probability of each token, and the perplexity.
using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine.Models;

using LoadedModel model = LoadedModel.Open(args.ElementAtOrDefault(0) ?? "models/tiny");
int[] tokens = model.Tokenizer.Encode("The keeper of the lighthouse was an old man.");
float[] logProbs = model.LogProbs(TokenTree.Sequence(tokens)); // one per token after the first

for (int i = 1; i < tokens.Length; i++)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{logProbs[i - 1],8:F3}  {model.Tokenizer.Decode([tokens[i]])}"));
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"perplexity {Math.Exp(-logProbs.Average()):F1}"));
