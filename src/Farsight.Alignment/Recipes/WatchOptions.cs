namespace Farsight.Alignment.Recipes;

/// <summary>How a run is looked at while it trains, beyond the numbers that are computed anyway.</summary>
/// <param name="SamplesEvery">Steps between greedy answers to held-out prompts; there are also some before the first step and after the
/// last.</param>
/// <param name="Samples">How many of the held-out samples are asked, the first ones; 0 for none.</param>
/// <param name="MaxNewTokens">Most tokens of an answer.</param>
/// <param name="StopOnAlarm">An alarm ends the run, after a checkpoint.</param>
public sealed record WatchOptions(int SamplesEvery, int Samples, int MaxNewTokens, bool StopOnAlarm)
{
    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    /// <param name="path">Of these options in the recipe.</param>
    /// <param name="heldOut">Samples that are held out.</param>
    public IEnumerable<string> Problems(string path, int heldOut)
    {
        (string Key, int Value, bool Fits, string Range)[] checks =
        [
            ("samples_every", SamplesEvery, SamplesEvery >= 1, "1 or more"),
            ("samples", Samples, Samples >= 0 && Samples <= heldOut, $"0 to {heldOut}, as many as held_out"),
            ("max_new_tokens", MaxNewTokens, MaxNewTokens is >= 1 and <= 1 << 20, "1 or more, 48 is enough to see a loop"),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Value} is not usable; use {c.Range}.");
    }
}
