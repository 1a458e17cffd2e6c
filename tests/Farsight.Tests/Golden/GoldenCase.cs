using System.Runtime.InteropServices;
using System.Text.Json;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Golden;

/// <summary>A small model with logits, log-probabilities, losses and gradients computed elsewhere in float64.</summary>
sealed class GoldenCase : IDisposable
{
    readonly JsonElement _case;
    readonly SafetensorsFile _values;

    internal GoldenCase(string folder)
    {
        Folder = folder;
        _case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
        _values = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
    }

    internal string Folder { get; }

    internal int[] Prompt => Ints(_case.GetProperty("prompt"));

    internal int[] PromptPositions => Ints(_case.GetProperty("prompt_positions"));

    internal int[] ShortPrompt => Ints(_case.GetProperty("short_prompt"));

    internal int[] ShortPromptPositions => Ints(_case.GetProperty("short_prompt_positions"));

    internal int[][] Responses => [.. _case.GetProperty("responses").EnumerateArray().Select(Ints)];

    internal int[][] ResponsePositions => [.. _case.GetProperty("response_positions").EnumerateArray().Select(Ints)];

    internal LoraOptions Lora
    {
        get
        {
            JsonElement lora = _case.GetProperty("lora");
            return new(
                lora.GetProperty("r").GetInt32(), lora.GetProperty("alpha").GetDouble(),
                [.. lora.GetProperty("targets").EnumerateArray().Select(t => t.GetString()!)], TrainEmbeddings: true, TrainNorms: false);
        }
    }

    internal double Setting(string loss, string name) => _case.GetProperty("settings").GetProperty(loss).GetProperty(name).GetDouble();

    internal double Result(string name) => _case.GetProperty("results").GetProperty(name).GetDouble();

    internal double[] Results(string name) =>
        [.. _case.GetProperty("results").GetProperty(name).EnumerateArray().Select(e => e.GetDouble())];

    /// <summary>The losses that the case knows, by their names in the file.</summary>
    internal IEnumerable<string> Losses =>
        _case
            .GetProperty("results")
            .EnumerateObject()
            .Where(p => p.Name.StartsWith("loss.", StringComparison.Ordinal))
            .Select(p => p.Name["loss.".Length..]);

    internal double[] Values(string name) => _values.Tensors[name].ReadDoubles();

    internal long[] Integers(string name) => MemoryMarshal.Cast<byte, long>(_values.Tensors[name].Bytes).ToArray();

    internal bool Has(string name) => _values.Tensors.ContainsKey(name);

    /// <summary>The model with the case's adapter attached and filled, ready to train.</summary>
    internal DecoderModel Policy() => WithAdapter(ModelLoader.Load(Folder));

    /// <summary>The same with the model's weights in other formats.</summary>
    internal DecoderModel WithAdapter(DecoderModel model)
    {
        model.AttachLora(Lora, seed: 1);
        foreach (Parameter parameter in model.Parameters.Where(p => p.Role == ParameterRole.Lora))
        {
            _values.Tensors[$"lora.{parameter.Name}"].Read(0, parameter.Value.Span);
        }
        return model;
    }

    public void Dispose() => _values.Dispose();

    static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
