using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Workflows.Study;

public sealed class StudyStepTests : IDisposable
{
    const string Taught =
        """{ "make": "model", "base": "recipe.jsonc", "set": { "steps": 2, "objective": { "name": "sft_partial" } },"""
        + """ "out": "models/taught" }""";

    const string Mixed = """{ "make": "mix", "files": ["data.jsonl", "other.jsonl"], "out": "data/mixed.jsonl" }""";

    readonly StudyFiles _files = new();

    [Fact]
    public void Variants_begin_from_a_model_that_the_study_taught()
    {
        StudyVerdict verdict = _files.Run("out", s =>
        {
            s["prepare"]!.AsArray().Add(JsonNode.Parse(Taught));
            s["set"]!["base_model"] = "models/taught";
        });

        Assert.True(verdict.IsComplete, string.Join('\n', verdict.Missing));
        string taught = InputHash.OfModel(_files.In("out/models/taught"));
        Assert.NotEqual(InputHash.OfModel(_files.In("model")), taught);
        Assert.Contains(taught, File.ReadAllText(_files.In("out/runs/sft/seed-1/manifest.json")), StringComparison.Ordinal);
        Assert.Contains(
            "\"steps\": 2",
            File.ReadAllText(_files.In("out/models/taught.run/recipe.resolved.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_facts_step_makes_documents_with_questions_for_supervised_training()
    {
        IStudyStep step = new FactsStep("model", "documents", Samples: 3, Seed: 1, "data/facts.jsonl")
        {
            Length = 4000, // the toy vocabulary has few words
            Negatives = Farsight.Alignment.Synthesis.Negatives.None,
        };
        StudyPaths paths = new(_files.Path, _files.In("out"));
        new DocumentsStep(4, 2000, 9, "documents").Make(paths, memoryBytes: null, _ => { }, progress: null, cancel: default);

        step.Make(paths, memoryBytes: null, _ => { }, progress: null, cancel: default);

        PreferenceSample[] samples = [.. PreferenceDataset.Stream(_files.In("out/data/facts.jsonl"))];
        Assert.Equal(3, samples.Length);
        Assert.All(samples, s => Assert.Empty(s.Rejected));
        Assert.All(samples, s => Assert.Equal(3, s.Questions!.Count));
    }

    [Fact]
    public void A_synthesis_step_finds_models_by_their_name_on_the_hub()
    {
        const string Step =
            """{ "make": "facts", "model": "org/absent", "documents": "documents", "samples": 1, "seed": 1, "out": "facts.jsonl" }""";

        RecipeException e = Assert.Throws<RecipeException>(() =>
            _files.Run("out", s => s["prepare"]!.AsArray().Add(JsonNode.Parse(Step))));

        Assert.Contains("farsight fetch org/absent", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_step_that_cannot_be_trained_is_told_before_anything_is_made()
    {
        RecipeException e = Assert.Throws<RecipeException>(() =>
            _files.Run(
                "out",
                s => s["prepare"]!.AsArray().Add(JsonNode.Parse(Taught.Replace("\"steps\": 2", "\"stepps\": 2", StringComparison.Ordinal))))
        );

        Assert.Contains("prepare[1]: stepps: unknown key", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("out/documents")));
    }

    [Fact]
    public void What_the_training_of_a_model_step_has_to_tell_is_told()
    {
        JsonObject set = JsonNode
            .Parse(
                """{ "steps": 5, "objective.sft_weight": 0, "optimizer.learning_rate": 0.3,"""
                + """ "optimizer.embedding_learning_rate": 0.3, "schedule.warmup_steps": 0 }"""
            )!
            .AsObject();
        List<string> notes = [];

        new ModelStep("recipe.jsonc", "models/taught") { Set = set }.Make(
            new(_files.Path, _files.In("out")),
            memoryBytes: null,
            notes.Add,
            progress: null,
            cancel: default);

        Assert.Contains(notes, n => n.StartsWith("models/taught: Alarm at step 5: ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_memory_of_the_study_limits_the_training_of_a_model_step_too()
    {
        StudyRecipe recipe = _files.Read(s => s["prepare"]!.AsArray().Add(JsonNode.Parse(Taught)));

        InputException e = Assert.Throws<InputException>(() =>
            StudyRun.Start(new(recipe, _files.Path, _files.In("out"), MemoryBytes: 1 << 10), _ => { }, progress: null, cancel: default));

        Assert.StartsWith("Training needs at least ", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("out/models/taught")));
    }

    [Fact]
    public void Mixed_datasets_hold_the_samples_of_both()
    {
        Other();

        _files.Run(
            "out",
            s =>
            {
                s["prepare"]!.AsArray().Add(JsonNode.Parse(Mixed));
                s["set"]!["data"] = "data/mixed.jsonl";
            });

        Assert.Equal(
            2 * File.ReadAllLines(_files.In("data.jsonl")).Length,
            PreferenceDataset.Read(_files.In("out/data/mixed.jsonl")).Samples.Count);
    }

    [Fact]
    public void A_mix_with_shares_is_that_of_the_command()
    {
        Other();
        MixStep step = new(["data.jsonl", "other.jsonl"], "mixed.jsonl") { Shares = [2, 1], Samples = 3, Seed = 7 };

        step.Make(new(_files.Path, _files.In(".")), memoryBytes: null, _ => { }, progress: null, cancel: default);

        DatasetMix.Draw(_files.In("same.jsonl"), [new(_files.In("data.jsonl"), 2), new(_files.In("other.jsonl"), 1)], 3, seed: 7);
        Assert.Equal(File.ReadAllText(_files.In("same.jsonl")), File.ReadAllText(_files.In("mixed.jsonl")));
        Assert.Equal(3, File.ReadAllLines(_files.In("mixed.jsonl")).Length);
    }

    [Fact]
    public void A_mix_of_one_file_with_shares_draws_from_it()
    {
        MixStep step = new(["data.jsonl"], "drawn.jsonl") { Shares = [1], Samples = 3, Seed = 7 };

        step.Make(new(_files.Path, _files.In(".")), memoryBytes: null, _ => { }, progress: null, cancel: default);

        Assert.Empty(step.Problems("prepare[0]"));
        Assert.Single((step with { Shares = null, Samples = null, Seed = null }).Problems("prepare[0]"));
        Assert.Equal(3, PreferenceDataset.Read(_files.In("drawn.jsonl")).Samples.Count);
    }

    [Fact]
    public void A_gateau_step_keeps_the_hardest_samples()
    {
        GateauStep step = new("model", "model", "data.jsonl", Keep: 3, "hard.jsonl") { SegmentTokens = 8 };

        step.Make(new(_files.Path, _files.In(".")), memoryBytes: null, _ => { }, progress: null, cancel: default);

        Assert.Equal(3, PreferenceDataset.Read(_files.In("hard.jsonl")).Samples.Count);
        Assert.Equal(["prepare[0].keep is 0; use 1 or more."], (step with { Keep = 0 }).Problems("prepare[0]"));
    }

    [Fact]
    public void A_mix_whose_keys_contradict_each_other_is_refused()
    {
        MixStep step = new(["a.jsonl", "b.jsonl"], "mixed.jsonl");

        Assert.Empty(step.Problems("prepare[0]"));
        Assert.Equal(
            ["prepare[0].shares: there are 2 files; write one number above 0 for each."],
            (step with { Shares = [2], Seed = 1 }).Problems("prepare[0]"));
        Assert.Equal(
            ["prepare[0].seed: a mix with shares draws samples; write its seed."], (step with { Shares = [2, 1] }).Problems("prepare[0]"));
        Assert.Equal(
            ["prepare[0].shares: samples and seed apply to a mix with shares; write the shares or remove both keys."],
            (step with { Samples = 3 }).Problems("prepare[0]"));
    }

    [Fact]
    public void A_file_without_a_last_line_end_keeps_its_lines_apart()
    {
        string[] lines = File.ReadAllLines(_files.In("data.jsonl"));
        File.WriteAllText(_files.In("first.jsonl"), lines[0]);
        File.WriteAllText(_files.In("rest.jsonl"), string.Join("\r\n", lines[1..]));

        new MixStep(["first.jsonl", "rest.jsonl"], "mixed.jsonl").Make(
            new(_files.Path, _files.In(".")),
            memoryBytes: null,
            _ => { },
            progress: null,
            cancel: default);

        Assert.Equal(lines, File.ReadAllLines(_files.In("mixed.jsonl")));
    }

    [Theory]
    [InlineData("recipe.jsonc", "\"batch_size\": 3", "\"batch_size\": 2", "prepare[1].base.batch_size has changed")]
    [InlineData("data.jsonl", "toy-0", "toy-99", "prepare[1].base.data has changed")]
    [InlineData("model/config.json", "{", "{ ", "prepare[1].base.base_model has changed")]
    [InlineData("data.jsonl", "toy-0", "toy-99", "prepare[1].files[0] has changed")]
    public void A_step_that_is_done_is_refused_with_other_files(string file, string from, string to, string message)
    {
        bool isMix = message.Contains("files", StringComparison.Ordinal);
        Other();
        void Prepared(JsonObject study)
        {
            Untrained(study);
            study["prepare"]!.AsArray().Add(JsonNode.Parse(isMix ? Mixed : Taught));
        }

        _files.Run("out", Prepared);
        string text = File.ReadAllText(_files.In(file));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(_files.In(file), text.Replace(from, to, StringComparison.Ordinal));
        InputException e = Assert.Throws<InputException>(() => _files.Run("out", Prepared));

        Assert.StartsWith($"{message} since the study in this folder was started; restore it,", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(" to make the step again.", e.Message, StringComparison.Ordinal);
        File.WriteAllText(_files.In(file), text);
        Assert.True(_files.Run("out", Prepared).IsComplete);
    }

    [Theory]
    [InlineData("logo")]
    [InlineData("longpo")]
    [InlineData("contrast")]
    public void A_synthesis_that_is_done_is_refused_with_other_documents_or_another_model(string make)
    {
        File.WriteAllText(_files.In("text.txt"), "The lamp is red.");
        IStudyStep step = Assert.Single(
            _files.Read(s => s["prepare"] = JsonNode.Parse(
                $$"""[{ "make": "{{make}}", "model": "model", "documents": "text.txt", "samples": 1, "seed": 1, "out": "a.jsonl" }]"""
            )).Prepare);
        StudyPaths paths = new(_files.Path, _files.In("out"));
        StudyStamp.Of(paths, step).Write();
        StudyStamp.Of(paths, step).RefuseOtherInputs("prepare[0]", Assert.Fail);

        File.WriteAllText(_files.In("text.txt"), "The lamp is tin.");
        Assert.StartsWith("prepare[0].documents has changed since", Refusal(), StringComparison.Ordinal);

        File.WriteAllText(_files.In("text.txt"), "The lamp is red.");
        File.AppendAllText(_files.In("model/config.json"), " ");
        Assert.StartsWith("prepare[0].model has changed since", Refusal(), StringComparison.Ordinal);

        string Refusal() =>
            Assert.Throws<InputException>(() => StudyStamp.Of(paths, step).RefuseOtherInputs("prepare[0]", Assert.Fail)).Message;
    }

    [Fact]
    public void A_step_that_failed_is_started_again_with_the_files_that_were_mended()
    {
        File.Copy(_files.In("data.jsonl"), _files.In("other.jsonl"));
        void Prepared(JsonObject study)
        {
            Untrained(study);
            study["prepare"]!.AsArray().Add(JsonNode.Parse(Mixed));
        }

        Assert.Throws<InputException>(() => _files.Run("out", Prepared)); // both files have the same ids
        Other();

        Assert.True(_files.Run("out", Prepared).IsComplete);
    }

    [Fact]
    public void A_step_of_an_earlier_version_is_kept_and_its_inputs_are_recorded_with_a_message()
    {
        Other();
        void Prepared(JsonObject study)
        {
            Untrained(study);
            study["prepare"]!.AsArray().Add(JsonNode.Parse(Mixed));
        }

        _files.Run("out", Prepared);
        string stamp = _files.In("out/prepared/data-mixed.jsonl.json");
        string recorded = File.ReadAllText(stamp);
        JsonObject old = JsonNode.Parse(recorded)!.AsObject();
        Assert.True(old.Remove("inputs"));
        File.WriteAllText(stamp, old.ToJsonString());
        List<string> notes = [];
        _files.Run("out", Prepared, note: notes.Add);

        Assert.Contains(notes, n => n.StartsWith("prepare[1] was made by an earlier version of Farsight", StringComparison.Ordinal));
        Assert.Equal(recorded, File.ReadAllText(stamp));
    }

    [Fact]
    public void Datasets_that_share_an_id_are_not_mixed()
    {
        InputException e = Assert.Throws<InputException>(() =>
            _files.Run(
                "out",
                s =>
                    s["prepare"]!
                        .AsArray()
                        .Add(JsonNode.Parse("""{ "make": "mix", "files": ["data.jsonl", "data.jsonl"], "out": "data/mixed.jsonl" }"""))));

        Assert.Contains("occurs twice in the mix", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_files.In("out/data/mixed.jsonl")));
    }

    public void Dispose() => _files.Dispose();

    static void Untrained(JsonObject study) => study["variants"] = JsonNode.Parse("""[{ "name": "base", "train": false }]""");

    /// <summary>Writes the samples of the dataset with other ids.</summary>
    void Other() => File.WriteAllLines(
        _files.In("other.jsonl"),
        File.ReadAllLines(_files.In("data.jsonl"))
            .Select(l => PreferenceLine.Parse(l, "data"))
            .Select(s => PreferenceLine.Format(s with { Id = $"other-{s.Id}" })));
}
