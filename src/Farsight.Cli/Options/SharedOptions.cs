using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Synthesis;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Cli.Options;

/// <summary>Creates the options and arguments that several commands share, so that each has one name, one check and one wording.</summary>
/// <remarks>A description is passed only where a command gives an option a narrower meaning. Every call creates a new option.</remarks>
static class SharedOptions
{
    internal static Option<string> Model(
        string description = "Model directory in Hugging Face format, or GGUF file.",
        bool required = true) => Text("--model", description, required);

    /// <summary>Creates <c>--model</c> of commands that take the base model of <c>--adapter</c> instead.</summary>
    internal static Option<string> ModelOrAdapters() => Model(
        "Model directory in Hugging Face format, or GGUF file. Default: the base model that the adapter names.", required: false);

    /// <summary>Returns the path of the model, or of the base model that the adapter names, which is noted.</summary>
    /// <exception cref="InputException">Neither option is given, or the adapter names no base model.</exception>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The model's option.</param>
    /// <param name="adapter">The adapter's option.</param>
    /// <param name="otherwise">What else the user may name, for the message: ", or a server with --endpoint".</param>
    internal static string LocateModel(ParseResult parse, Option<string> model, Option<string> adapter, string otherwise = "")
    {
        if (parse.GetValue(model) is { } given)
        {
            return BundledFiles.LocateModel(given);
        }
        if (parse.GetValue(adapter) is not { } directory)
        {
            throw new InputException($"{model.Name} is missing; name a model directory, or an adapter with {adapter.Name}{otherwise}.");
        }
        string named = BundledFiles.LocateModel(PeftAdapter.BaseModelOf(directory));
        parse.InvocationConfiguration.Error.WriteLine($"The base model is {named}, as {directory} names it.");
        return named;
    }

    /// <summary>Creates <c>--context-parallel</c>.</summary>
    internal static Option<int> ContextParallel() => new("--context-parallel")
    {
        HelpName = "ranks",
        Description = "Number of processes that divide the tokens of each sample, for long contexts. Must divide the number of processes.",
        DefaultValueFactory = _ => 1,
    };

    internal static Option<string> Adapter(
        string description = "Adapter directory in PEFT format. Default: none.",
        bool required = false) => Text("--adapter", description, required);

    internal static Option<string> Rope() =>
        Text("--rope", $"RoPE scaling: {RopeOption.Spellings}. Default: the setting of the adapter, or else of the model.");

    internal static Option<string> Out(
        string description = "Output directory. Rerun the same command to resume.",
        bool required = true,
        string? usual = null)
    {
        Option<string> option = Text("--out", description, required && usual is null);
        option.DefaultValueFactory = usual is null ? null : _ => usual;
        return option;
    }

    internal static Option<string> Documents(
        string description = "File or folder with documents: text, Markdown, JSON, PDF, HTML, DOCX or Parquet.",
        bool required = true) => Text("--documents", description, required);

    /// <summary>Creates <c>--questions</c>, the subject of the questions that synthesis asks.</summary>
    internal static Option<QuestionSubject?> Questions()
    {
        Option<QuestionSubject?> option = new("--questions")
        {
            Description =
                "Subject of the questions: planted (invented facts that are planted into the text, whose right answer is known) or "
                + "document (the questions that come with a document, else questions that the model writes about it). Default: the "
                + "questions that come with a document; without any, planted, or document with --endpoint, because small models write "
                + "poor questions.",
            CustomParser = result => Enum.Parse<QuestionSubject>(result.Tokens[0].Value, ignoreCase: true),
        };
        option.AcceptOnlyFromAmong("planted", "document");
        return option;
    }

    internal static Option<string> Tokenizer(
        string description = "tokenizer.json file, or model directory that contains one.",
        bool required = false) => Text("--tokenizer", description, required);

    internal static Option<string> Shape(
        string description = "JSON file with hidden, layers, heads, kv_heads, ffn, vocab, prompt, and responses (lengths, chosen first).",
        bool required = true) => Text("--shape", description, required);

    internal static Option<string> Shard() =>
        Text("--shard", "Part to write, as i/n, to FILE.shard-i-of-n.jsonl; 'data merge' joins all n parts. Default: the whole file.");

    /// <summary>Creates <c>--seed</c> with the default 1, or without a default where a user has to choose.</summary>
    internal static Option<int> Seed(string description = "Random seed.", bool required = false) => new("--seed")
    {
        Description = description,
        Required = required,
        DefaultValueFactory = required ? null : _ => 1,
    };

    /// <summary>Refuses numbers that no machine could hold, before any work starts.</summary>
    internal static void Limit(Command command, params (Option Option, int Most)[] limits) => command.Validators.Add(result =>
    {
        foreach ((Option option, int most) in limits)
        {
            if (result.GetResult(option)?.Tokens is [var token] && long.TryParse(token.Value, out long number) && number > most)
            {
                result.AddError($"{option.Name} is {number}; use at most {most}.");
            }
        }
    });

    internal static Option<bool> Json(string description = "Print the result as JSON.") => Switch("--json", description);

    internal static Option<bool> Resume() => Switch("--resume", "Resume the run in --out from its last checkpoint.");

    /// <summary>Creates <c>--set</c>.</summary>
    /// <param name="example">A key that the command's recipes have, with a value: "lora.rank=8".</param>
    internal static Option<string[]> Set(string example) => new("--set")
    {
        Description = $"Recipe key to override, as in --set {example}. Repeatable.",
    };

    /// <summary>Creates <c>--type</c>, the number format of written weights.</summary>
    internal static Option<string> WeightType(string name, params string[] formats) =>
        Choice(name, "Number format of the written weights.", formats, "bf16");

    /// <summary>Creates <c>--steps</c>, <c>--passes</c> and other counts.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">The description.</param>
    /// <param name="usual">The default.</param>
    /// <param name="minimum">The smallest accepted value.</param>
    internal static Option<int> Count(string name, string description, int usual, int minimum = 1)
    {
        Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int count) && count < minimum)
            {
                result.AddError($"{name}: use {minimum} or more.");
            }
        });
        return option;
    }

    /// <summary>Creates an option that accepts only the given words.</summary>
    internal static Option<string> Choice(string name, string description, IEnumerable<string> words, string? usual = null)
    {
        Option<string> option = new(name)
        {
            Description = description,
            DefaultValueFactory = usual is null ? null : _ => usual,
        };
        option.AcceptOnlyFromAmong([.. words]);
        return option;
    }

    internal static Argument<string> Recipe() => new("recipe")
    {
        Description = "Recipe file (.jsonc). Relative paths in it start at its folder, or else at the working folder.",
    };

    static Option<string> Text(string name, string description, bool required = false) => new(name)
    {
        Description = description,
        Required = required,
    };

    static Option<bool> Switch(string name, string description) => new(name) { Description = description };
}
