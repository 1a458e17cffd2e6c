using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Inspection;

/// <summary>Inspects a model directory in Hugging Face layout, or one safetensors file.</summary>
static class ModelInspection
{
    internal static Inspection Of(string path, bool scan)
    {
        Findings findings = new();
        ModelConfig? config = findings.Try(() => HuggingFaceConfig.Read(Path.Combine(path, "config.json")));
        if (config is not null)
        {
            findings.AddShape(config);
        }
        AddWeights(path, scan, findings);
        if (config is not null)
        {
            AddTokenizer(path, config, findings);
        }
        return findings.ToInspection("model directory");
    }

    internal static Inspection OfFile(string path, bool scan)
    {
        Findings findings = new();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        findings.AddTensors([.. file.Tensors.Values], scan);
        findings.Add("metadata", file.Metadata.Select(m => $"{m.Key}: {m.Value}").Order(StringComparer.Ordinal).ToArray());
        return findings.ToInspection("safetensors");
    }

    static void AddWeights(string path, bool scan, Findings findings)
    {
        List<SafetensorsFile> files = [];
        try
        {
            foreach (string file in Directory.GetFiles(path, "*.safetensors").Order(StringComparer.Ordinal))
            {
                if (findings.Try(() => SafetensorsFile.Open(file)) is { } open)
                {
                    files.Add(open);
                }
            }
            findings.Add("files", files.Count);
            findings.AddTensors([.. files.SelectMany(f => f.Tensors.Values)], scan);
        }
        finally
        {
            files.ForEach(f => f.Dispose());
        }
    }

    static void AddTokenizer(string path, ModelConfig config, Findings findings)
    {
        if (findings.Try(() => Tokenizer.LoadFor(path, config.VocabSize)) is not { } tokenizer)
        {
            AddNotices(() => ModelNotices.Of(path), findings);
            return;
        }
        AddNotices(() => ModelFileNotices.Of(path, config, tokenizer), findings);
        findings.Add("tokenizer", tokenizer.Kind switch
        {
            TokenizerKind.ByteLevel => "byte-level BPE",
            TokenizerKind.SentencePiece => "SentencePiece-style BPE",
            _ => "unigram",
        });
        findings.Add("tokens", tokenizer.VocabSize);
        findings.Add("bos", tokenizer.Bos is { } bos ? tokenizer.TokenText(bos) : null);
        findings.Add("eos", tokenizer.Eos is { } eos ? tokenizer.TokenText(eos) : null);
        bool hasTemplate =
            File.Exists(Path.Combine(path, "chat_template.jinja")) || HasTemplate(Path.Combine(path, "tokenizer_config.json"));
        findings.Add("chat_template", hasTemplate);
        findings.Try(() => ChatFormat.Load(path, tokenizer, findings.Unusual));
    }

    static void AddNotices(Func<IReadOnlyList<string>> read, Findings findings)
    {
        foreach (string notice in findings.Try(read) ?? [])
        {
            findings.Unusual(notice);
        }
    }

    static bool HasTemplate(string file)
    {
        if (!File.Exists(file))
        {
            return false;
        }
        using JsonDocument json = JsonDocument.Parse(RegularFile.ReadAllBytes(file)); // the tokenizer has read it already
        return json.RootElement.TryGetProperty("chat_template", out JsonElement template) && template.ValueKind != JsonValueKind.Null;
    }
}
