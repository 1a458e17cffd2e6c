using System.CommandLine;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight recipe</c>: information about recipe files.</summary>
static class RecipeCommand
{
    /// <summary>The kinds of recipes, as their schemas are named.</summary>
    internal static readonly string[] Kinds = ["continue", "evolve", "pretrain", "study", "train"];

    internal static Command Create()
    {
        Argument<string> kind = new("KIND") { Description = $"Kind of recipe: {string.Join(", ", Kinds)}." };
        kind.AcceptOnlyFromAmong(Kinds);
        Command schema = new("schema", "Print the JSON Schema of a kind of recipe, for editors and other programs.") { kind };
        schema.SetAction(parse =>
        {
            Console.Write(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "schemas", $"{parse.GetValue(kind)}.schema.json")));
            return ExitCode.Done;
        });
        return new("recipe", "Describe recipe files.") { schema };
    }
}
