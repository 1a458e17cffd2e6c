// Continues a text with a model, without sampling.
using Farsight.Alignment.Answering;
using Farsight.Engine.Inference;

using LoadedModel model = LoadedModel.Open(args.ElementAtOrDefault(0) ?? "models/tiny");
int[] prompt = model.RawPrompt("The keeper of the lighthouse");
TextOptions options = new(MaxNewTokens: 20, Sampling.Greedy);

GeneratedText text = TextGenerator.Generate(model, [prompt], isRaw: true, options, onText: null, CancellationToken.None)[0];
Console.WriteLine(text.Text);
