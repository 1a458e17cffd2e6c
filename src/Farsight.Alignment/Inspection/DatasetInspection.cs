using Farsight.Alignment.Data;
using Farsight.Engine;

namespace Farsight.Alignment.Inspection;

/// <summary>Inspects a preference dataset, one sample in memory at a time.</summary>
static class DatasetInspection
{
    internal static Inspection Of(string path)
    {
        Findings findings = new();
        List<int> tokens = [], chunks = [];
        SortedSet<int> rejected = [];
        SortedSet<string> models = new(StringComparer.Ordinal), documents = new(StringComparer.Ordinal);
        int facts = 0, repeated = 0, questions = 0;
        foreach (PreferenceSample sample in PreferenceDataset.Stream(path))
        {
            tokens.Add(sample.Context.Sum(c => c.Tokens.Length));
            chunks.Add(sample.Context.Count);
            questions += sample.AllTurns.Count();
            rejected.UnionWith(sample.AllTurns.Select(t => t.Rejected.Count));
            models.Add(sample.Provenance.Generator?.Model ?? "none");
            documents.UnionWith(sample.Provenance.Documents);
            facts += sample.AllTurns.Count(t => t.Fact is not null);
            repeated += sample.AllTurns.Any(t => t.Rejected.Contains(t.Chosen)) ? 1 : 0;
        }
        if (tokens.Count == 0)
        {
            throw new InputException($"{path} is empty; a dataset has at least one sample.");
        }
        findings.Add("samples", tokens.Count);
        findings.Add("questions", questions);
        findings.Add("bytes", new FileInfo(path).Length);
        findings.Add("documents", documents.Count);
        findings.Add("context_tokens", tokens.Sum(t => (long)t));
        AddSpread(findings, "context_tokens", tokens);
        AddSpread(findings, "context_chunks", chunks);
        findings.Add("rejected", string.Join(", ", rejected));
        findings.Add("generated_by", models.ToArray());
        findings.Add("with_invented_fact", facts);
        if (rejected.Count > 1)
        {
            findings.Unusual($"Questions have different numbers of rejected responses: {string.Join(", ", rejected)}.");
        }
        else if (rejected.Max == 0)
        {
            findings.Unusual("No question has a rejected response; use the objective sft_partial, sft_full or lm.");
        }
        if (repeated > 0)
        {
            findings.Unusual($"{repeated} samples have a rejected response that equals the chosen one.");
        }
        return findings.ToInspection("preference dataset");
    }

    static void AddSpread(Findings findings, string name, List<int> values)
    {
        values.Sort();
        findings.Add($"{name}_min", values[0]);
        findings.Add($"{name}_median", values[values.Count / 2]);
        findings.Add($"{name}_max", values[^1]);
    }
}
