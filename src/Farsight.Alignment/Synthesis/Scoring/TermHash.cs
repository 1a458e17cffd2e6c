namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Words as 64-bit numbers, the same on every machine: FNV-1a over characters.</summary>
static class TermHash
{
    const ulong Offset = 14_695_981_039_346_656_037, Prime = 1_099_511_628_211;

    internal static ulong Of(ReadOnlySpan<char> text)
    {
        ulong hash = Offset;
        foreach (char c in text)
        {
            hash = (hash ^ c) * Prime;
        }
        return hash ^ (hash >> 32);
    }
}
