using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;
using Farsight.Evaluation.Report;
using static System.FormattableString;

namespace Farsight.Workflows.Reports;

/// <summary>Describes the dataset of a run.</summary>
static class RunData
{
    /// <summary>Builds the section, which is empty for pretraining.</summary>
    internal static ReportSection Section(TrainedRun run)
    {
        if (run.Recipe["data"]?.ToString() is not { } named)
        {
            return new("Data");
        }
        Setting[] known =
        [
            new("dataset", run.Plan?.Data ?? named),
            .. run.Plan is { } plan
                ? new Setting[]
                {
                    new("samples", Invariant($"{plan.TrainingSamples} for training, {plan.HeldOutSamples} held out")),
                    new("longest sample", Invariant($"{plan.LongestSample} tokens with its responses")),
                }
                : [],
        ];
        string? file = new[] { run.Plan?.Data, Path.Combine(run.Folder, named), named }.OfType<string>().FirstOrDefault(File.Exists);
        try
        {
            DatasetCard? card = file is null ? null : DatasetCardFiles.Read(file, tokenizer: null);
            return card is null ? new("Data") { Facts = [.. known, new("card", "not shown: the file does not exist any more")] }
                : card.Sha256 != run.Manifest.Inputs.GetValueOrDefault("data")
                    ? new("Data") { Facts = [.. known, new("card", "not shown: the file has changed since")] }
                    : new("Data")
                    {
                        Facts = [.. known, .. Facts(card)],
                        Tables = [DatasetSizes.Table(card, hasScores: false) with { Caption = "Sizes, over all samples" }],
                    };
        }
        catch (InputException e)
        {
            return new("Data") { Facts = [.. known, new("card", e.Message)] };
        }
    }

    static IEnumerable<Setting> Facts(DatasetCard card) =>
        [
            new("documents", Invariant($"{card.Documents}")),
            new("responses by", string.Join("; ", card.Generators)),
            new("questions about inserted facts", Invariant($"{card.InsertedFacts}")),
            new(
                "rejected responses per question",
                string.Join(", ", card.RejectedPerSample.Select(r => Invariant($"{r.Key} in {r.Value} samples")))),
        ];
}
