using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Engine;

namespace Farsight.Workflows.Study;

/// <summary>Represents a study with the recipe of every variant.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="BasePath">File of the base recipe.</param>
/// <param name="Variants">Variants in the order of the recipe, those of the grid last.</param>
sealed record StudyPlan(StudyRecipe Recipe, string BasePath, IReadOnlyList<PlannedVariant> Variants)
{
    const string Seed = "seed";

    /// <summary>The variant that all others are compared with.</summary>
    public PlannedVariant Baseline => Recipe.Baseline is { } name ? Variants.First(v => v.Name == name) : Variants[0];

    /// <summary>One job per variant and seed; one per untrained variant.</summary>
    internal IReadOnlyList<StudyJob> Jobs =>
    [
        .. from variant in Variants
           from seed in variant.IsTrained ? Recipe.Seeds.Select(s => (int?)s) : [null]
           select new StudyJob(variant, seed),
    ];

    /// <summary>Resolves the variants.</summary>
    /// <param name="recipe">The study.</param>
    /// <param name="path">Its file.</param>
    /// <exception cref="RecipeException">Something of any variant cannot be trained; every reason found is in the message.</exception>
    /// <exception cref="InputException">The base recipe cannot be read.</exception>
    public static StudyPlan Of(StudyRecipe recipe, string path)
    {
        string basePath = RecipeFile.Locate(path, "base", recipe.Base);
        JsonNode tree = RecipeFile.ReadTree(basePath);
        List<string> problems = [];
        Apply(tree, recipe.Set, "set", problems);
        problems.AddRange(recipe.Prepare.SelectMany((step, i) => step.Problems($"prepare[{i}]", path)));
        Refuse(path, problems);

        StudyVariant[] all = [.. recipe.Variants, .. StudyGrid.Variants(recipe.Grid)];
        List<PlannedVariant> planned = [];
        for (int i = 0; i < all.Length; i++)
        {
            if (Plan(all[i], tree.DeepClone(), recipe.Device, Where(recipe, all[i], i), recipe.Measure, planned, problems) is { } one)
            {
                planned.Add(one);
            }
        }
        problems.AddRange(Names(recipe, all));
        Refuse(path, [.. problems.Distinct()]);
        return new(recipe, basePath, planned);
    }

    static PlannedVariant? Plan(
        StudyVariant variant,
        JsonNode tree,
        string? ofStudy,
        string where,
        IReadOnlyList<StudyMeasure> measures,
        List<PlannedVariant> earlier,
        List<string> problems)
    {
        Apply(tree, variant.Set, $"{where}.set", problems);
        try
        {
            TrainRecipe recipe = RecipeFile.FromTree<TrainRecipe>(tree, where);
            if (recipe.Device is { } device && device != ofStudy)
            {
                problems.Add(
                    $"{where}: device is '{device}', but a study trains all variants on one device; give the study the key device "
                        + "with this value, or set device of the variants to null.");
            }
            // The device does not decide what a variant is, so a study may be resumed on another.
            PlannedVariant planned = new(
                variant.Name, StudyPaths.Slug(variant.Name), variant.Train, variant.Rope, recipe with { Device = null })
            {
                Positions = variant.Positions,
                After = earlier.FirstOrDefault(v => v.IsTrained && v.Name == variant.After),
                ContextMethod = variant.ContextMethod,
            };
            problems.AddRange(StartProblems(where, variant, planned));
            problems.AddRange(planned.IsTrained ? StepProblems(where, recipe, measures) : []);
            return planned;
        }
        catch (RecipeException e)
        {
            problems.AddRange(e.Problems.Select(p => $"{where}: {p}"));
            return null;
        }
    }

    static IEnumerable<string> StartProblems(string where, StudyVariant variant, PlannedVariant planned)
    {
        if (variant.After is { } name && planned.After is null)
        {
            yield return $"{where}.after: no trained variant before this one has the name '{name}'; list that variant first.";
        }
        if (planned is { After: not null, Recipe.Rope: { } rope })
        {
            yield return $"{where}: it starts from the model of '{variant.After}', which has its RoPE scaling, and rope is {rope}; "
                + "set rope to null.";
        }
    }

    static IEnumerable<string> StepProblems(string where, TrainRecipe recipe, IReadOnlyList<StudyMeasure> measures) =>
        from step in measures.SelectMany(m => m.StepsOf(recipe.Steps)).Distinct()
        where step != recipe.Steps
        let problem = step > recipe.Steps
            ? FormattableString.Invariant($"it trains {recipe.Steps} steps; train longer, or measure earlier.")
        : recipe.AdapterEvery is not { } every ? "no adapter is kept at that step; set adapter_every."
        : step % every != 0 ? FormattableString.Invariant($"adapter_every is {every}; measure at multiples of it.")
        : null
        where problem is not null
        select FormattableString.Invariant($"{where}: step {step} is measured, but {problem}");

    static string Where(StudyRecipe recipe, StudyVariant variant, int index) =>
        index < recipe.Variants.Count ? $"variants[{index}] ({variant.Name})" : $"grid ({variant.Name})";

    internal static void Apply(JsonNode tree, JsonObject? set, string where, List<string> problems)
    {
        foreach ((string key, JsonNode? value) in set?.AsEnumerable() ?? [])
        {
            string[] keys = key.Split('.');
            if (key == Seed || keys.Any(k => k.Length == 0))
            {
                problems.Add(
                    key == Seed
                        ? $"{where}.{Seed}: it is set by the study's seeds; remove it."
                        : $"{where}: '{key}' is not a key; write it as optimizer.learning_rate.");
                continue;
            }
            try
            {
                RecipeOverride.Set(tree, keys, value?.DeepClone(), $"{where}.{key}");
            }
            catch (InputException e)
            {
                problems.Add(e.Message);
            }
        }
    }

    static IEnumerable<string> Names(StudyRecipe recipe, StudyVariant[] all)
    {
        foreach (IGrouping<string, StudyVariant> same in all.GroupBy(v => StudyPaths.Slug(v.Name)))
        {
            if (same.Key.Length == 0)
            {
                yield return $"variants: '{same.First().Name}' has no letter or digit for a folder name; rename it.";
            }
            else if (same.Count() > 1)
            {
                yield return $"variants: {string.Join(" and ", same.Select(v => $"'{v.Name}'"))} would share the folder {same.Key}; "
                    + "rename one of them.";
            }
        }
        if (recipe.Baseline is { } baseline && all.All(v => v.Name != baseline))
        {
            yield return $"baseline: there is no variant '{baseline}'; the variants are {string.Join(", ", all.Select(v => v.Name))}.";
        }
    }

    static void Refuse(string path, List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new RecipeException(path, problems);
        }
    }
}

/// <summary>Represents a variant with its recipe.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Slug">As a folder's name.</param>
/// <param name="IsTrained">Whether the variant is trained; false for the base model itself.</param>
/// <param name="Rope">RoPE of an untrained variant; null for the model's own.</param>
/// <param name="Recipe">How it is trained; of an untrained one only the base model counts. The seed is a job's.</param>
sealed record PlannedVariant(string Name, string Slug, bool IsTrained, string? Rope, TrainRecipe Recipe)
{
    /// <summary>Positions at which it is measured; null for those of the measurements.</summary>
    internal string? Positions { get; init; }

    /// <summary>The variant whose model it starts from; null for the base model.</summary>
    internal PlannedVariant? After { get; init; }

    /// <summary>The recipe as if it started from the base model, with the RoPE scaling that its start has.</summary>
    internal TrainRecipe RecipeFromBase => After is null ? Recipe : Recipe with { Rope = After.RecipeFromBase.Rope };

    /// <summary>Context method with which it is measured; null for that of the measurements.</summary>
    internal string? ContextMethod { get; init; }

    /// <summary>Returns everything that decides the variant's model, apart from seeds.</summary>
    internal JsonObject Identity()
    {
        JsonObject identity = new() { ["name"] = Name };
        if (IsTrained)
        {
            JsonObject recipe = JsonNode.Parse(RecipeFile.Resolve(Recipe))!.AsObject();
            recipe.Remove("seed");
            identity["recipe"] = recipe;
            if (After is not null)
            {
                identity["after"] = After.Identity();
            }
        }
        else
        {
            identity["base_model"] = Recipe.BaseModel;
            identity["rope"] = Rope;
        }
        return identity;
    }
}

/// <summary>Represents one model of a study, which one process trains and measures.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Seed">Seed of the training; null for an untrained variant.</param>
sealed record StudyJob(PlannedVariant Variant, int? Seed)
{
    /// <summary>Name of the folder.</summary>
    internal string SeedName => Seed is { } seed ? FormattableString.Invariant($"seed-{seed}") : "base";

    /// <summary>Title for people.</summary>
    internal string Title => Seed is { } seed ? FormattableString.Invariant($"{Variant.Name}, seed {seed}") : Variant.Name;

    /// <summary>The job whose model this one starts from; null for the base model.</summary>
    internal StudyJob? Start => Variant.After is { } after ? new(after, Seed) : null;

    /// <summary>Recipe of the training.</summary>
    internal TrainRecipe Recipe => Variant.Recipe with
    {
        Seed = Seed ?? Variant.Recipe.Seed,
        BaseModel = Start is { } start ? StudyPaths.ModelOf(start) : Variant.Recipe.BaseModel,
    };
}
