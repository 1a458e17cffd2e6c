using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Synthesis.Selection;

/// <summary>Keeps the samples whose instruction states exactly one length and whose chosen response has about this length.</summary>
/// <remarks>
/// Source: Minimum Tuning, arXiv:2410.10210: of LongWriter's 6,000 samples, 1,748 state one length, and 666 of these have a length score of
/// 80 or more.
/// </remarks>
public static class LengthSelection
{
    /// <summary>The paper's minimum of <see cref="LengthScore.Of"/>.</summary>
    public const double UsualMinimum = 80;

    /// <summary>Writes the kept samples in their order, and a summary beside them.</summary>
    /// <param name="dataset">The .jsonl file.</param>
    /// <param name="output">The .jsonl file to write; it must not exist.</param>
    /// <param name="minimum">Minimum length score, 0 to 100.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="InputException">A file is missing, damaged or exists already, or no sample is kept.</exception>
    public static LengthSelectionCounts Write(string dataset, string output, double minimum = UsualMinimum)
    {
        AtomicFile.RequireNew(output);
        SampleLines lines = SampleLines.Of(dataset);
        List<int> kept = [];
        int stated = 0;
        for (int i = 0; i < lines.Count; i++)
        {
            PreferenceSample sample = lines.Read(i).Sample;
            if (LengthScore.Stated(sample.Question) is [int required])
            {
                stated++;
                if (LengthScore.Of(required, LengthScore.Words(sample.Chosen)) >= minimum)
                {
                    kept.Add(i);
                }
            }
        }
        if (kept.Count == 0)
        {
            throw new InputException(
                $"{dataset}: none of {lines.Count} samples is kept. {stated} state exactly one length in their question; lower the minimum "
                    + "score, or use another dataset.");
        }
        JsonObject settings = new() { ["method"] = "length", ["min_score"] = minimum, ["stating_one_length"] = stated };
        SelectedSamples.Write(output, lines, kept, settings);
        return new(lines.Count, stated, kept.Count);
    }
}

/// <summary>Counts the samples of a selection by length.</summary>
/// <param name="Read">Samples of the dataset.</param>
/// <param name="StatingOneLength">Samples whose question states exactly one length.</param>
/// <param name="Kept">Samples of these with a sufficient length score.</param>
public sealed record LengthSelectionCounts(int Read, int StatingOneLength, int Kept);

/// <summary>Writes selected samples of a dataset.</summary>
static class SelectedSamples
{
    /// <summary>Copies lines to a new file, after FILE.summary.json with the settings and the source.</summary>
    internal static void Write(string output, SampleLines lines, IReadOnlyList<int> kept, JsonObject settings)
    {
        JsonObject source = new() { ["samples"] = kept.Count, ["available"] = lines.Count, ["sha256"] = lines.Sha256 };
        JsonObject summary = new() { ["settings"] = settings, ["datasets"] = new JsonObject { [Path.GetFileName(lines.Path)] = source } };
        AtomicFile.Write(output, stream =>
        {
            foreach (int i in kept)
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(lines.Read(i).Line + "\n"));
            }
            // Before the dataset has its name: a dataset without its summary would not say what it is made of.
            AtomicFile.WriteText(output + Shard.SummaryEnding, summary.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n");
        });
    }
}
