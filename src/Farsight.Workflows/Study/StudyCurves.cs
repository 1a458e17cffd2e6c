using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Builds the training curves of a study, one line per variant: the mean over seeds with minimum and maximum.</summary>
sealed class StudyCurves(StudyPlan plan, StudyPaths paths)
{
    // More would be noise: a point is the mean of a stretch of steps.
    const int MostPoints = 40;

    const int Bins = 32;

    internal IReadOnlyList<LineChart> All() =>
    [
        .. new[]
        {
            Chart("Loss", "nats", PreferenceMetrics.Loss, heldOut: false),
            Chart("Reward margin", "reward", PreferenceMetrics.RewardMargin, heldOut: false),
            Chart("Chosen log-probability, held out", "nats per token", PreferenceMetrics.ChosenLogProb, heldOut: true),
            Chart("Chosen exact match, held out", "share", PreferenceMetrics.ChosenExactMatch, heldOut: true),
            Chart("Reward margin, held out", "reward", PreferenceMetrics.RewardMargin, heldOut: true),
            Margins(),
        }.Where(c => c.Series.Count > 0),
    ];

    LineChart Chart(string title, string unit, string metric, bool heldOut) => new(title, "optimizer step", unit,
    [
        .. from variant in plan.Variants
           where variant.IsTrained
           let seeds = plan.Jobs.Where(j => j.Variant == variant)
               .Select(j => RunCurves.Values(StudyRunState.MetricsOf(j, paths), metric, heldOut))
               .Where(v => v.Count > 0).ToArray()
           where seeds.Length > 0
           select new ChartSeries(variant.Name, Points(seeds, variant.Recipe.Steps)),
    ])
    {
        Band = true,
        MustShow = unit == "share" ? [0, 1] : [],
    };

    /// <summary>
    /// How the margins that were learned spread over the held-out samples, as they were measured last; all seeds together.
    /// </summary>
    LineChart Margins()
    {
        (string Name, double[] Margins)[] all =
        [
            .. plan.Variants.Where(v => v.IsTrained).Select(v => (v.Name, LastMargins(v))).Where(v => v.Item2.Length > 0),
        ];
        double low = all.SelectMany(v => v.Margins).DefaultIfEmpty().Min(),
            width = (all.SelectMany(v => v.Margins).DefaultIfEmpty().Max() - low) / Bins;
        return new(
            "Reward margins of the held-out samples",
            "reward margin",
            "percent of the samples",
            [
                .. all.Where(_ => width > 0)
                    .Select(v => new ChartSeries(v.Name, [.. Enumerable.Range(0, Bins).Select(bin => Share(v.Margins, bin))])),
            ])
        {
            Band = true,
        };

        ChartPoint Share(double[] margins, int bin) =>
            new(
                low + (bin + 0.5) * width,
                100.0 * margins.Count(m => Math.Min(Bins - 1, (int)((m - low) / width)) == bin) / margins.Length);
    }

    double[] LastMargins(PlannedVariant variant) =>
        [
            .. from job in plan.Jobs
            where job.Variant == variant && File.Exists(StudyRunState.MetricsOf(job, paths))
            from margin in MetricsLog
                .Read(StudyRunState.MetricsOf(job, paths))
                .LastOrDefault(l => l.HeldOutMargins is { Count: > 0 })
                ?.HeldOutMargins!.Values
                ?? []
            where double.IsFinite(margin)
            select margin,
        ];

    /// <summary>Stretches that every seed has reached.</summary>
    static ChartPoint[] Points(IReadOnlyList<(int Step, double Value)>[] seeds, int steps)
    {
        int stretch = Math.Max(1, (steps + MostPoints - 1) / MostPoints);
        Dictionary<int, double>[] means =
        [
            .. seeds.Select(s => s.GroupBy(v => (v.Step + stretch - 1) / stretch).ToDictionary(g => g.Key, g => g.Average(v => v.Value))),
        ];
        return
        [
            .. from at in means[0].Keys.Where(k => means.All(m => m.ContainsKey(k))).Order()
               let values = means.Select(m => m[at]).ToArray()
               let step = seeds[0].Where(v => (v.Step + stretch - 1) / stretch == at).Average(v => v.Step)
               select new ChartPoint(step, values.Average(), values.Min(), values.Max()),
        ];
    }
}
