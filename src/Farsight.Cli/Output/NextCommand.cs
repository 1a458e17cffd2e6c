using System.CommandLine;
using Farsight.Alignment.Data;

namespace Farsight.Cli.Output;

/// <summary>Chooses the words of the command that usually follows another one. It can be run as it is written.</summary>
static class NextCommand
{
    static readonly string[] s_results = ["adapter", "model"];

    /// <summary>Returns the evaluation of a new model or adapter, with a results folder that does not exist yet.</summary>
    /// <param name="made">The folder with the model or adapter: that of a run, or another.</param>
    /// <param name="model">The options that name the model.</param>
    internal static string[] Evaluation(string made, params string[] model)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(made));
        string name = Path.GetFileName(s_results.Contains(Path.GetFileName(folder)) ? Path.GetDirectoryName(folder)! : folder);
        return ["eval", .. model, "--out", Free($"evaluations/{name}")];
    }

    /// <summary>Returns the command that writes a recipe for a dataset, beside it; or the training if that recipe exists.</summary>
    /// <param name="model">The model as the user typed it.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="kind">The recipe for data with rejected responses; without any, the recipe is that of SFT.</param>
    internal static string[] Recipe(string model, string dataset, string kind)
    {
        string recipe = Path.ChangeExtension(dataset, ".jsonc");
        if (File.Exists(recipe))
        {
            return Training(recipe, []);
        }
        bool hasNone = File.Exists(dataset) && PreferenceDataset.Stream(dataset).FirstOrDefault() is { Rejected.Count: 0 };
        return ["new", hasNone ? TrainTemplate.Sft : kind, "--model", model, "--data", dataset, "--out", recipe];
    }

    /// <summary>Returns the training by a recipe, with a run directory that does not exist yet.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="overrides">Overrides of its keys.</param>
    internal static string[] Training(string recipe, IReadOnlyList<string> overrides) =>
    [
        "train", recipe, "--out", Free($"runs/{Path.GetFileNameWithoutExtension(recipe)}"),
        .. overrides.SelectMany(o => new[] { "--set", o }),
    ];

    static string Free(string path) =>
        Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? path : $"{path}-{i}").First(p => !Path.Exists(p));

    /// <summary>Returns the value of an option as the user typed it; null if it was not given.</summary>
    internal static string? Typed(ParseResult parse, string option) =>
        parse.CommandResult.Command.Options.FirstOrDefault(o => o.Name == option) is { } known
            && parse.GetResult(known) is { Implicit: false, Tokens: [var token, ..] }
            ? token.Value
            : null;
}
