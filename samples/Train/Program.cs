// Trains a LoRA adapter with LOGO on a dataset in memory.
using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

string model = Path.GetFullPath(args.ElementAtOrDefault(0) ?? "models/tiny"), output = args.ElementAtOrDefault(1) ?? "runs/sample";
ChatFormat format = ChatFormat.Load(model, Tokenizer.Load(model));
string[] names = ["Ada", "Ben", "Cleo", "Dora", "Emil"], towns = ["Riga", "Oslo", "Bern", "Lima", "Kobe"];
PreferenceSample[] samples =
[
    .. names.Zip(towns, (name, town) => PreferenceSample.Create(
        name, $"{name} lives in {town}.", $"Where does {name} live?", $"In {town}.", ["In Paris.", "I do not know."], format)),
];
TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
    "recipes/tiny-logo-yarn.jsonc", ["steps=4", "schedule.warmup_steps=1", "held_out=1"]) with
{ BaseModel = model };
Console.WriteLine($"Adapter: {TrainRun.Start(recipe, samples, output)}");
