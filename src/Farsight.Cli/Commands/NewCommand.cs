using System.CommandLine;
using Farsight.Alignment.Hub;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Workflows.Study;

namespace Farsight.Cli.Commands;

/// <summary>Writes a commented recipe (<c>farsight new</c>).</summary>
static class NewCommand
{
    static readonly Option<string> s_model = SharedOptions.Model("Model to train: directory in Hugging Face format, or GGUF file.");
    static readonly Option<string> s_data = new("--data")
    {
        Description = "Preference dataset (.jsonl), as 'farsight synth' or 'farsight data import' writes it.",
        Required = true,
    };
    static readonly Option<string> s_base = new("--base")
    {
        Description = "Train recipe that all variants start from, as 'farsight new logo' writes it.",
        Required = true,
    };
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<string> s_out = SharedOptions.Out("Recipe to write (.jsonc). It must not exist. Its schema is put beside it.");

    internal static Command Create() =>
        new("new", "Write a commented recipe with defaults for a model and its data.")
        {
            Training(TrainTemplate.Logo, "Write a recipe for LOGO: a short context stands for a long one by its positions."),
            Training(TrainTemplate.LongPo, "Write a recipe for LongPO: the answer from a short context teaches the long one."),
            Training(TrainTemplate.Sft, "Write a recipe for supervised fine-tuning on the chosen responses, the baseline of LOGO."),
            Pretraining(),
            Study(),
        };

    static Command Training(string name, string description)
    {
        Command command = new(name, description) { s_model, s_data, s_out };
        command.SetAction(parse =>
        {
            string output = Output(parse);
            string given = parse.GetValue(s_model)!, path = BundledFiles.Locate(given), data = parse.GetValue(s_data)!;
            string? snapshot = Path.Exists(path) ? null : HubCache.Find(given);
            FileKind.RefuseOtherThanModel(path);
            FileKind.RequireDataset(data);
            TrainTemplate template = TrainTemplate.For(snapshot ?? path, data, parse.InvocationConfiguration.Error.WriteLine);
            string model = snapshot is null && !HubCache.IsName(path) ? Relative(output, path) : given; // a name of the hub is no path
            string text = template.Text(name, output, model, Relative(output, data));
            RecipeFile.Parse<TrainRecipe>(text, output, []);
            return Write(parse, output, text, "train", File.Exists(data)
                ? TypedCommand.Of("plan", output)
                : $"make {data} with 'farsight synth', then {TypedCommand.Of("plan", output)}");
        });
        return command;
    }

    static Command Pretraining()
    {
        Command command = new("pretrain", "Write a recipe for pre-training a small model on your documents.") { s_documents, s_out };
        command.SetAction(parse =>
        {
            string output = Output(parse), documents = parse.GetValue(s_documents)!;
            string start = $"farsight pretrain {output} --documents {documents} --out runs/{Path.GetFileNameWithoutExtension(output)}";
            string text = RecipeTemplates.Pretraining(start);
            RecipeFile.Parse<PretrainRecipe>(text, output, []);
            return Write(parse, output, text, "pretrain", start);
        });
        return command;
    }

    static Command Study()
    {
        Command command = new("study", "Write a recipe that compares variants of a train recipe with several seeds.") { s_base, s_out };
        command.SetAction(parse =>
        {
            string output = Output(parse), path = BundledFiles.Locate(parse.GetValue(s_base)!);
            TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, []);
            string start = $"farsight study {output} --out studies/{Path.GetFileNameWithoutExtension(output)}";
            string? model = RecipeFile.Exists(path, recipe.BaseModel)
                ? RecipeFile.LocateModel(path, "base_model", recipe.BaseModel)
                : null;
            string text = RecipeTemplates.Study(
                start,
                Relative(output, path),
                recipe,
                model is null || model == HubCache.Find(recipe.BaseModel) ? recipe.BaseModel : Relative(output, model),
                RecipeFile.Exists(path, recipe.Data) ? Relative(output, RecipeFile.Locate(path, "data", recipe.Data)) : recipe.Data,
                model);
            RecipeFile.Parse<StudyRecipe>(text, output, []);
            return Write(parse, output, text, "study", start);
        });
        return command;
    }

    static string Output(ParseResult parse)
    {
        string output = parse.GetValue(s_out)!;
        AtomicFile.RequireNew(output);
        return Path.EndsInDirectorySeparator(output)
            ? throw new InputException($"{output} is a folder; name the recipe to write, such as {Path.Combine(output, "recipe.jsonc")}.")
            : output;
    }

    /// <summary>Returns a path as a recipe names it: from the recipe's folder, unless the user wrote an absolute path.</summary>
    static string Relative(string recipe, string path) => Path.IsPathRooted(path)
        ? path
        : Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(recipe))!, Path.GetFullPath(path)).Replace('\\', '/');

    static int Write(ParseResult parse, string output, string text, string kind, string next)
    {
        string name = $"{kind}.schema.json", schema = Path.Combine(Path.GetDirectoryName(output) ?? "", name);
        AtomicFile.WriteText(schema, RegularFile.ReadAllText(Path.Combine(AppContext.BaseDirectory, "schemas", name)));
        AtomicFile.WriteText(output, text);
        TextWriter lines = parse.InvocationConfiguration.Output;
        lines.WriteLine(output);
        lines.WriteLine($"{schema} (for editors)");
        lines.WriteLine($"Next: {next}");
        return ExitCode.Done;
    }
}
