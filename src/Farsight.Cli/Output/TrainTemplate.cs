using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Hub;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Cli.Output;

/// <summary>Writes the text of a train recipe whose numbers fit a model and a dataset.</summary>
/// <param name="Window">Window of the model in tokens.</param>
/// <param name="Parameters">Number of parameters of the model.</param>
/// <param name="Targets">Attention matrices of the model, for an adapter.</param>
/// <param name="Theta">Base of the model's RoPE; null if it is scaled already, or not known.</param>
/// <param name="RotatedDim">Dimensions of a head that RoPE rotates.</param>
/// <param name="Samples">Number of samples; 0 if the dataset does not exist yet.</param>
/// <param name="LongestContext">Context tokens of the longest sample; 0 if the dataset does not exist yet.</param>
sealed record TrainTemplate(
    int Window, long Parameters, IReadOnlyList<string> Targets, double? Theta, int RotatedDim, int Samples, int LongestContext)
{
    /// <summary>The kinds, as they are typed.</summary>
    internal const string Logo = "logo", LongPo = "longpo", Sft = "sft";

    const int UsualWindow = 8192, MaxFactor = 8, LongestTarget = 131_072, Batch = 8, UsualSteps = 200, MostHeldOut = 64;

    // Models below this size need a higher learning rate and a stronger likelihood term (docs/log.md).
    const long Tiny = 50_000_000, Large = 1_000_000_000;

    static readonly string[] s_attention = ["q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj"];

    /// <summary>Tokens of the longest context with room for a question and a response.</summary>
    int LongestSample => LongestContext + Math.Min(2048, Window / 4);

    int HeldOut => Math.Min(MostHeldOut, Samples / 10);

    int Steps => Samples == 0 ? UsualSteps : Math.Max(1, (Samples - HeldOut + Batch - 1) / Batch);

    string LearningRate => Parameters < Tiny ? "1e-3" : Parameters < Large ? "1e-4" : "2e-5";

    /// <summary>Reads what the numbers depend on. Usual values stand for a model or dataset that does not exist yet, with a note.</summary>
    /// <exception cref="Engine.InputException">The model or the dataset is damaged.</exception>
    internal static TrainTemplate For(string model, string data, Action<string> note)
    {
        TrainTemplate template = new(UsualWindow, Large, ["q_proj", "k_proj", "v_proj", "o_proj"], null, 0, 0, 0);
        if (Path.Exists(model))
        {
            ModelConfig config = ModelFiles.ReadConfig(model);
            template = template with
            {
                Window = config.MaxPositionEmbeddings,
                Parameters = ParameterShapes.Of(config).Sum(p => p.Shape.Aggregate(1L, (product, extent) => product * extent)),
                Theta = config.RopeScaling is RopeScaling.Unscaled && (config.RotaryDim ?? config.HeadDim) > 2 ? config.RopeTheta : null,
                RotatedDim = config.RotaryDim ?? config.HeadDim,
                Targets = [.. LinearShape.TargetsOf(config).Where(s_attention.Contains)],
            };
        }
        else
        {
            string missing = HubCache.IsName(model) ? $"{model} is not in the Hugging Face cache yet ('farsight fetch {model}')"
                : $"{model} does not exist yet";
            note($"{missing}; the recipe assumes a window of {UsualWindow} tokens. Check rope, lora.targets and positions.");
        }
        if (File.Exists(data))
        {
            foreach (PreferenceSample sample in PreferenceDataset.Stream(data))
            {
                int tokens = sample.Context.Sum(c => c.Tokens.Length);
                template = template with
                {
                    Samples = template.Samples + 1,
                    LongestContext = Math.Max(template.LongestContext, tokens),
                };
            }
        }
        else
        {
            note($"{data} does not exist yet; the recipe assumes {UsualSteps} steps. Make the dataset with 'farsight synth'.");
        }
        return template;
    }

    /// <summary>Returns the text of a recipe.</summary>
    /// <param name="kind"><see cref="Logo"/>, <see cref="LongPo"/> or <see cref="Sft"/>.</param>
    /// <param name="path">Path of the recipe, for the commands in its comments.</param>
    /// <param name="model">The model as the recipe names it.</param>
    /// <param name="data">The dataset as the recipe names it.</param>
    internal string Text(string kind, string path, string model, string data)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {
              // {{Title(kind)}}
              //   farsight plan {{path}}
              //   farsight train {{path}} --out runs/{{name}}
              // The numbers are starting points for this model and dataset, not tuned. docs/training.md explains every key and
              // gives the defaults of those that are left out. A value can be changed for one run: --set optimizer.learning_rate=1e-5
              "$schema": "train.schema.json",
              "base_model": {{Quoted(model)}},
              "data": {{Quoted(data)}},
              "held_out": {{HeldOut}}, // samples that are measured and not trained on; up to a tenth of the dataset

              {{WindowKeys(kind)}}
              "weights": null, // null keeps the stored format; "q8_0" and "q4_0" need less memory
              "lora": {
                "rank": 32, "alpha": 16, // the update is scaled by alpha / rank
                "targets": [{{string.Join(", ", Targets.Select(Quoted))}}]
              },
              {{Objective(kind)}}

              "optimizer": { "learning_rate": {{LearningRate}} }, // 1e-3 below 50 million parameters, 1e-4 below 1 billion, else 2e-5
              "schedule": { "name": "cosine", "warmup_share": 0.1, "floor": 0.1 }, // {{Warmup(kind)}}
              "steps": {{Steps}}, // one pass over the samples takes samples / batch_size steps
              "batch_size": {{Batch}},
              "micro_batch_tokens": 8192, // tokens per pass: limits the memory, does not change the result
              "eval_every": {{Math.Max(1, Steps / 5)}},
              "checkpoint_every": {{Math.Clamp(Steps / 5, 1, 25)}},
              "seed": 1
            }

            """).ReplaceLineEndings("\n");
    }

    static string Title(string kind) => kind switch
    {
        Logo => "LOGO (arXiv 2410.18533): preference training on short contexts that are spread over a long window.",
        LongPo => "LongPO (arXiv 2502.13922): answers from a short context are preferred to answers from the whole document.",
        _ => "Supervised fine-tuning on the chosen responses, with the positions of LOGO: the baseline of a comparison.",
    };

    /// <summary>Returns the keys that decide the window.</summary>
    string WindowKeys(string kind)
    {
        // LongPO trains on documents of their real length; the others spread short contexts over a long window.
        int factor = kind == LongPo ? FactorFor(LongestSample) : Math.Max(FactorFor(LongestSample), Widest());
        string rope = factor == 1 ? "\"rope\": null, // the model's own window is used"
            : kind == LongPo && Theta is { } theta ? Raised(theta, factor)
            : FormattableString.Invariant($"\"rope\": \"yarn:{factor}\", // {Window} tokens × {factor} = {Window * factor}");
        string positions = kind == LongPo
            ? "\"positions\": { \"scheme\": \"plain\" }, // the documents have their real length"
            : string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                "positions": {
                    "scheme": "synthesized", "target_length": {{Window * factor}},
                    "sparse_share": 0.1, // as in the paper
                    "plain_share": 0.8 // samples that keep the positions 0, 1, 2, …: preserves what the model can do; 0 in the paper
                  },
                """);
        return $"{rope}\n  {positions}";
    }

    /// <summary>Returns LongPO's rope: a base that is raised tenfold, as in the paper, or more if the window needs it.</summary>
    /// <remarks>
    /// The paper raises θ from 1e6 to 1e7 for a window of four times 32K; the reference keeps its own. A base T gives the window
    /// w (T/θ)^((Dh−2)/Dh) (docs/method.md). T is rounded up to two digits.
    /// </remarks>
    string Raised(double theta, int factor)
    {
        double least = theta * Math.Max(10, Math.Pow(factor, RotatedDim / (RotatedDim - 2.0)));
        double unit = Math.Pow(10, Math.Floor(Math.Log10(least) + 1e-9) - 1);
        string raised = (Math.Ceiling(least / unit - 1e-9) * unit).ToString("0.#e0", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"\"rope\": \"theta:{raised}\", // the base of RoPE was {theta:0.##e0}; raised as in the paper");
    }

    static string Warmup(string kind) => kind switch
    {
        Logo => "warm-up as in the paper",
        LongPo => "warm-up as in the authors' script",
        _ => "warm-up as in LOGO's paper",
    };

    /// <summary>Returns the smallest power of two by which the window holds a number of tokens.</summary>
    int FactorFor(int tokens)
    {
        int factor = 1;
        while (LongestContext > 0 && (long)Window * factor < tokens && factor < 1 << 10)
        {
            factor *= 2;
        }
        return factor;
    }

    /// <summary>Returns the factor to the window of a new recipe: up to 8, and to at most 128K tokens.</summary>
    int Widest()
    {
        int factor = 1;
        while (factor < MaxFactor && (long)Window * factor * 2 <= LongestTarget)
        {
            factor *= 2;
        }
        return factor;
    }

    string Objective(string kind) => kind switch
    {
        Logo => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            "objective": {
                "name": "logo", "beta": 10, "gamma": 3, // as in the paper
                "sft_weight": {{(Parameters < Tiny ? 10 : 1)}} // 0.1 in the paper; more keeps the chosen responses likely
              },
            """),
        LongPo => """
            "objective": {
                "name": "longpo", "beta": 0.1, "preference_weight": 0.01, // as in the paper
                "nll_weight": 1 // likelihood of the whole sequence, document included
              },
            """,
        _ => "\"objective\": { \"name\": \"sft_partial\" },",
    };

    static string Quoted(string text) => JsonSerializer.Serialize(text, RecipeFile.Json);
}
