using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Synthesis;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Workflows.Study;

public sealed class StudyRecipeTests : IDisposable
{
    readonly StudyFiles _files = new();

    [Fact]
    public void Each_study_of_the_repository_has_variants_that_can_be_trained()
    {
        string[] studies = Directory.GetFiles(Path.Combine(Repository.Root, "recipes/studies"), "*.jsonc");

        Assert.NotEmpty(studies);
        Assert.All(studies, path => Assert.NotEmpty(StudyPlan.Of(RecipeFile.Read<StudyRecipe>(path, []), path).Variants));
    }

    [Fact]
    public void Overrides_are_those_of_all_variants_and_then_the_variants_own()
    {
        StudyPlan plan = _files.Plan(s =>
        {
            s["set"] = new JsonObject { ["objective.sft_weight"] = 5, ["steps"] = 8 };
            s["variants"]!
                .AsArray()
                .Add(
                    new JsonObject
                    {
                        ["name"] = "other",
                        ["set"] = new JsonObject { ["objective.sft_weight"] = 7 },
                    });
            s["variants"]!
                .AsArray()
                .Add(
                    new JsonObject
                    {
                        ["name"] = "whole",
                        ["set"] = new JsonObject { ["objective"] = new JsonObject { ["name"] = "sft_full" } },
                    });
        });

        Assert.Equal(["base", "logo", "sft", "other", "whole"], plan.Variants.Select(v => v.Name));
        Assert.Equal(new Farsight.Alignment.Objectives.Logo(2, 0.5, 5), plan.Variants[1].Recipe.Objective);
        Assert.Equal(new Farsight.Alignment.Objectives.Logo(2, 0.5, 7), plan.Variants[3].Recipe.Objective);
        Assert.IsType<Farsight.Alignment.Objectives.SftFull>(plan.Variants[4].Recipe.Objective);
        Assert.All(plan.Variants, v => Assert.Equal(8, v.Recipe.Steps));
    }

    [Fact]
    public void Questions_of_documents_have_the_names_that_the_command_takes()
    {
        StudyRecipe recipe = _files.Read(s => s["prepare"]![0]!["questions"] = new JsonArray("single", "multi", "summary"));
        RecipeException e = Assert.Throws<RecipeException>(() =>
            _files.Read(s => s["prepare"]![0]!["questions"] = new JsonArray("detail")));

        Assert.Equal(Enum.GetValues<FictionQueryKind>(), Assert.IsType<DocumentsStep>(recipe.Prepare[0]).Questions);
        Assert.Contains("prepare[0].questions[0]: \"detail\" is not one of single, multi, summary", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_grid_is_every_combination_named_by_its_values()
    {
        StudyPlan plan = _files.Plan(s =>
            s["grid"] = new JsonObject { ["objective.sft_weight"] = new JsonArray(0.5, 2), ["rope"] = new JsonArray(null, "yarn:2") });

        Assert.Equal(
            ["sft_weight 0.5, rope none", "sft_weight 0.5, rope yarn:2", "sft_weight 2, rope none", "sft_weight 2, rope yarn:2"],
            plan.Variants.Skip(3).Select(v => v.Name));
        Assert.Equal(["yarn:2", "yarn:2"], plan.Variants.Where(v => v.Recipe.Rope is not null).Select(v => v.Recipe.Rope));
        Assert.Equal("sft_weight-0.5-rope-yarn-2", plan.Variants[4].Slug);
    }

    [Fact]
    public void A_measurement_without_decoding_keeps_the_folder_name_of_earlier_versions()
    {
        StudyMeasure plain = _files.Read().Measure[0], sampled = plain with { Temperature = 0.7, Draws = 3, Positions = "randpos:400" };

        Assert.Equal("perplexity-5608c385", plain.Slug);
        Assert.NotEqual(plain.Slug, sampled.Slug);
        Assert.Equal("temperature 0.7, 3 draws, positions randpos:400", sampled.Request(null, null, null, null).Decoding.Describe());
        Assert.Equal("randpos:500", sampled.Request(null, null, null, "randpos:500").Decoding.Positions);
        Assert.Null(sampled.Request(null, null, null, "plain").Decoding.Positions);
    }

    [Fact]
    public void Negatives_and_positions_of_synthesis_are_keys_of_a_step()
    {
        const string Step = """{ "make": "logo", "model": "m", "documents": "d", "samples": 1, "seed": 1, "out": "a" """;
        const string Scheme = """{ "scheme": "synthesized", "target_length": 900, "sparse_share": 0 }""";
        LogoStep plain = StepOf(Step + "}"), step = StepOf($"{Step}, \"negatives\": \"on_policy\", \"positions\": {Scheme} }}");

        Assert.Equal((Negatives.OnPolicy, 900), (step.Negatives, step.Positions!.Window));
        Assert.DoesNotContain("negatives", JsonSerializer.Serialize<IStudyStep>(plain, RecipeFile.Json), StringComparison.Ordinal);

        LogoStep StepOf(string json) =>
            Assert.IsType<LogoStep>(_files.Read(s => s["prepare"] = new JsonArray(JsonNode.Parse(json))).Prepare[0]);
    }

    [Fact]
    public void Every_fault_of_every_variant_is_told_before_anything_is_made()
    {
        RecipeException e = Assert.Throws<RecipeException>(() => _files.Plan(s =>
        {
            s["variants"]![1]!["set"] = new JsonObject { ["objective.beat"] = 1, ["steps"] = 0 };
            s["variants"]!.AsArray().Add(new JsonObject { ["name"] = "late", ["set"] = new JsonObject { ["lora.rank.more"] = 1 } });
            s["variants"]!.AsArray().Add(new JsonObject { ["name"] = "seeded", ["set"] = new JsonObject { ["seed"] = 3 } });
            s["variants"]!.AsArray().Add(new JsonObject { ["name"] = "SFT!" });
        }));

        Assert.Contains(e.Problems, p => p.StartsWith("variants[1] (logo): objective.beat: unknown key", StringComparison.Ordinal));
        Assert.Contains(
            e.Problems,
            p => p.StartsWith("variants[3] (late).set.lora.rank.more: lora.rank is not an object", StringComparison.Ordinal));
        Assert.Contains(
            e.Problems,
            p => p.StartsWith("variants[4] (seeded).set.seed: it is set by the study's seeds", StringComparison.Ordinal));
        Assert.Contains(e.Problems, p => p.Contains("'sft' and 'SFT!' would share the folder sft", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("title", "\"\"", "title: it is empty")]
    [InlineData("seeds", "[]", "seeds: the list is empty")]
    [InlineData("seeds", "[1, 1]", "seeds: a seed is duplicated")]
    [InlineData("variants", """[{ "name": "x", "train": false, "set": {} }]""", "variants[0].set: it has no effect")]
    [InlineData("variants", """[{ "name": "x", "rope": "yarn:8" }]""", "variants[0].rope: it applies to untrained variants only")]
    [InlineData("variants", """[{ "name": "x", "train": false, "rope": "yarm:8" }]""", "variants[0].rope: 'yarm:8' is unknown")]
    [InlineData("variants", """[{ "nmae": "x" }]""", "variants[0].nmae: unknown key")]
    [InlineData("prepare", """[{ "make": "documents", "count": 0, "words": 9, "seed": 1, "out": "a" }]""", "prepare[0].count: 0")]
    [InlineData("prepare", """[{ "make": "documents", "count": 1, "words": 9, "seed": 1, "out": "../a" }]""", "prepare[0].out: '../a'")]
    [InlineData(
        "prepare",
        """[{ "make": "magic", "out": "a" }]""",
        "prepare[0].make: 'magic' is unknown; use one of birdie, contrast, documents, facts"
    )]
    [InlineData(
        "prepare",
        """[{ "make": "facts", "model": "m", "documents": "d", "samples": 1, "seed": 1, "out": "a", "facts": "24-16" }]""",
        "prepare[0].facts is 24-16; write a number or a range"
    )]
    [InlineData(
        "prepare",
        """[{ "make": "facts", "model": "m", "documents": "d", "samples": 1, "seed": 1, "out": "a", "question_types": ["guess"] }]""",
        "prepare[0].question_types[0]: \"guess\" is not one of value, several, two_hop, absent"
    )]
    [InlineData(
        "prepare",
        """[{ "make": "logo", "model": "m", "documents": "d", "samples": 0, "seed": 1, "out": "a" }]""",
        "prepare[0].samples is 0"
    )]
    [InlineData("measure", "[]", "measure: the list is empty")]
    [InlineData("measure", """[{ "tasks": ["needel"], "lengths": [64], "samples": 1, "seed": 1 }]""", "measure[0]: ")]
    [InlineData(
        "measure",
        """[{ "tasks": ["perplexity"], "lengths": [64], "samples": 1, "seed": 1, "steps": [0] }]""",
        "measure[0].steps: 0"
    )]
    [InlineData(
        "measure",
        """[{ "tasks": ["perplexity"], "lengths": [64], "samples": 1, "seed": 1, "mask_heads": "top:2" }]""",
        "measure[0].mask_heads: 'top:2' requires an earlier measurement"
    )]
    [InlineData("variants", """[{ "name": "x", "positions": "randpos" }]""", "variants[0].positions: 'randpos' is unknown")]
    [InlineData(
        "measure",
        """[{ "tasks": ["perplexity"], "lengths": [64], "samples": 1, "seed": 1, "draws": 2 }]""",
        "measure[0]: several draws need a temperature above 0"
    )]
    [InlineData("grid", """{ "steps": 3 }""", "grid.steps: it is not a list")]
    [InlineData("baseline", "\"nobody\"", "baseline: there is no variant 'nobody'")]
    [InlineData(
        "measure",
        """[{ "tasks": ["perplexity"], "lengths": [64], "samples": 1, "seed": 1, "steps": [2] }]""",
        "variants[1] (logo): step 2 is measured, but no adapter is kept at that step"
    )]
    [InlineData(
        "measure",
        """[{ "tasks": ["perplexity"], "lengths": [64], "samples": 1, "seed": 1, "steps": [99] }]""",
        "variants[1] (logo): step 99 is measured, but it trains 4 steps"
    )]
    public void Names_what_makes_no_sense(string key, string value, string named)
    {
        RecipeException e = Assert.Throws<RecipeException>(() => _files.Plan(s => s[key] = JsonNode.Parse(value)));

        Assert.Contains(e.Problems, p => p.StartsWith(named, StringComparison.Ordinal));
    }

    [Fact]
    public void A_base_that_is_missing_is_named() =>
        Assert.Contains(
            "base: nowhere.jsonc exists neither",
            Assert.Throws<RecipeException>(() => _files.Plan(s => s["base"] = "nowhere.jsonc")).Message,
            StringComparison.Ordinal);

    public void Dispose() => _files.Dispose();
}
