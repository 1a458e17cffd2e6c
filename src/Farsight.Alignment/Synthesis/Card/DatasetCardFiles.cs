using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>Reads and writes the card of a dataset: FILE.card.md for people and FILE.card.json for programs, beside FILE.</summary>
public static class DatasetCardFiles
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Computes the card of a dataset.</summary>
    /// <param name="dataset">The .jsonl file; FILE.summary.json beside it is read if it exists.</param>
    /// <param name="tokenizer">Tokenizer of the chunks; null omits what needs their text.</param>
    /// <exception cref="InputException">The file is damaged or empty, or the tokenizer is another one.</exception>
    public static DatasetCard Read(string dataset, Tokenizer? tokenizer)
    {
        CardCounts counts = new(tokenizer);
        foreach (PreferenceSample sample in PreferenceDataset.Stream(dataset))
        {
            counts.Add(sample);
        }
        DatasetCard card = counts.ToCard(
            Path.GetFileName(dataset),
            InputHash.OfFile(dataset),
            new FileInfo(dataset).Length,
            Summary(dataset + ".summary.json"));
        return card.Samples > 0 ? card : throw new InputException($"{dataset} is empty; a dataset has at least one sample.");
    }

    /// <summary>Computes the card of a dataset and writes both files.</summary>
    /// <inheritdoc cref="Read"/>
    public static DatasetCard Write(string dataset, Tokenizer? tokenizer)
    {
        DatasetCard card = Read(dataset, tokenizer);
        AtomicFile.WriteText(dataset + ".card.json", Json(card));
        AtomicFile.WriteText(dataset + ".card.md", CardMarkdown.Of(card));
        return card;
    }

    /// <summary>Formats the card as JSON.</summary>
    public static string Json(DatasetCard card) => JsonSerializer.Serialize(card, s_json) + "\n";

    /// <summary>Reads the summary of a synthesis; null if there is none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    internal static JsonNode? Summary(string path)
    {
        try
        {
            return File.Exists(path) ? JsonNode.Parse(RegularFile.ReadAllText(path)) : null;
        }
        catch (JsonException e)
        {
            throw new InputException($"{path} is damaged; remove it to write the card without it.", e);
        }
    }
}
