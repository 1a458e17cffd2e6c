using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Inspection;

/// <summary>Inspects a GGUF file: a model or a LoRA adapter.</summary>
static class GgufInspection
{
    internal static Inspection Of(string path, bool scan)
    {
        Findings findings = new();
        using GgufFile file = GgufFile.Open(path);
        string? Text(string key) => file.Metadata.Has(key) ? file.Metadata.Text(key) : null;
        bool isAdapter = Text("general.type") == "adapter";
        findings.Add("name", Text("general.name"));
        findings.Add("architecture", Text("general.architecture"));
        findings.Add("keys", file.Metadata.Keys.Count);
        if (isAdapter)
        {
            findings.Add("alpha", file.Metadata.Number("adapter.lora.alpha", double.MinValue, double.MaxValue));
        }
        else if (findings.Try(() => GgufWeights.Open(path)) is { } weights)
        {
            findings.AddShape(weights.Config);
            weights.Dispose();
        }
        findings.AddTensors([.. file.Tensors.Values], scan);
        if (!isAdapter)
        {
            AddTokenizer(path, file, findings);
        }
        return findings.ToInspection(isAdapter ? "GGUF adapter" : "GGUF model");
    }

    static void AddTokenizer(string path, GgufFile file, Findings findings)
    {
        if (findings.Try(() => GgufTokenizer.Read(file)) is not { } tokenizer)
        {
            return;
        }
        findings.Add("tokenizer", tokenizer.Pre is null ? tokenizer.Model : $"{tokenizer.Model}, {tokenizer.Pre}");
        findings.Add("tokens", tokenizer.Tokens.Count);
        findings.Add("chat_template", tokenizer.ChatTemplate is not null);
        foreach (string notice in findings.Try(() => Tokenizer.Load(path))?.Notices ?? [])
        {
            findings.Unusual(notice);
        }
        if (tokenizer.ChatTemplate is null)
        {
            findings.Unusual("There is no chat template; conversations need one.");
        }
    }
}
