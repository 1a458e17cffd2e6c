// Offers a model as a chat client of Microsoft.Extensions.AI, and uses a chat client as a model.
using Farsight.Alignment.Answering;
using Microsoft.Extensions.AI;

using LoadedModel loaded = LoadedModel.Open(args.ElementAtOrDefault(0) ?? "models/tiny");
using IChatClient chat = loaded.LanguageModel.AsChatClient();
ChatResponse response = await chat.GetResponseAsync("Where is the lamp?", new ChatOptions { MaxOutputTokens = 20 });
Console.WriteLine(response.Text);

ILanguageModel model = chat.AsLanguageModel("any chat client"); // synthesis, evaluation and judges accept it
IReadOnlyList<Completion> completions =
    await model.CompleteAsync([new(Prompt.User("Where is the lamp?"), new GenerationOptions(MaxNewTokens: 20))]);
Console.WriteLine(completions[0].Text);
