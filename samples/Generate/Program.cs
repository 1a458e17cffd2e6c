// Continues a text with a model, without sampling.
using Farsight.Alignment.Answering;

using LoadedModel model = LoadedModel.Open(args.ElementAtOrDefault(0) ?? "models/tiny");
CompletionRequest request = new(
    new Prompt.RawText("The keeper of the lighthouse"),
    new GenerationOptions(MaxNewTokens: 20));

IReadOnlyList<Completion> completions = await model.LanguageModel.CompleteAsync([request]);
Console.WriteLine(completions[0].Text);
