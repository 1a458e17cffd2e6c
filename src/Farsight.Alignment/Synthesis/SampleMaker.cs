namespace Farsight.Alignment.Synthesis;

/// <summary>Makes the sample of a number, and tries another context where one came to nothing.</summary>
sealed class SampleMaker(ISampleSource source)
{
    /// <summary>Contexts tried for one sample number, before it is given up.</summary>
    internal const int MostTries = 6;

    /// <summary>All tries; only the last can hold a sample.</summary>
    internal async Task<IReadOnlyList<SampleOutcome>> Make(int number, AskModel ask, CancellationToken cancel)
    {
        List<SampleOutcome> tries = [];
        do
        {
            tries.Add(await source.Try(new(number, tries.Count), ask, cancel).ConfigureAwait(false));
        }
        while (tries[^1].Sample is null && tries.Count < MostTries);
        return tries;
    }
}
