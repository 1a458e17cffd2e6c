using Farsight.Engine.Checkpoints;

namespace Farsight.Alignment.Inspection;

/// <summary>Inspects an adapter directory in PEFT layout.</summary>
static class AdapterInspection
{
    internal static Inspection Of(string path, bool scan)
    {
        Findings findings = new();
        using PeftAdapter adapter = PeftAdapter.Read(path);
        AdapterDescription description = adapter.Description;
        findings.Add("base_model", description.BaseModelName);
        findings.Add("rank", description.Rank);
        findings.Add("alpha", description.Alpha);
        findings.Add("targets", description.TargetPattern is { } pattern ? new[] { pattern } : [.. description.Targets]);
        findings.Add("updated_layers", adapter.Updates.Count);
        findings.Add("trained_whole", description.ModulesToSave.ToArray());
        findings.AddTensors([.. adapter.Tensors.Values], scan);
        if (adapter.Effective is { } effective)
        {
            findings.AddShape(effective);
        }
        else
        {
            findings.Unusual(
                "There is no config.json, so the RoPE scaling of the training is unknown; the model's own is used.");
        }
        if (description.ModulesToSave.Count > 0)
        {
            findings.Unusual(
                $"{string.Join(", ", description.ModulesToSave)} are fully trained, which vLLM and GGUF adapters cannot represent; "
                    + "merge the adapter with `farsight merge`."
            );
        }
        if (description.RankPattern.Count > 0 || description.AlphaPattern.Count > 0 || description.RankStabilized)
        {
            findings.Unusual("Ranks or scales differ from rank and alpha: patterns or rsLoRA.");
        }
        foreach (string notice in adapter.Notices)
        {
            findings.Unusual(notice);
        }
        return findings.ToInspection("adapter");
    }
}
