using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints;

/// <summary>Loads models and adapters from disk.</summary>
public static class ModelLoader
{
    /// <summary>Loads a model. Weights stay mapped in their stored format unless they are converted.</summary>
    /// <param name="path">A Hugging Face directory with config.json and safetensors, or a GGUF file.</param>
    /// <param name="rope">Replaces the RoPE scaling of the config and sets the window that belongs to it; null keeps both.</param>
    /// <param name="weights">Format to which matrices are converted in memory; null keeps them in the file.</param>
    /// <param name="window">Minimum window in tokens, for adapters that were trained at more distant positions.</param>
    /// <exception cref="InputException">The files are not a model that this engine can run.</exception>
    public static DecoderModel Load(string path, RopeScaling? rope = null, NumberFormat? weights = null, int window = 0)
    {
        IModelFiles files = ModelFiles.Open(path);
        IWeightSource source = weights is { } format ? new ConvertedWeights(files, format) : files;
        try
        {
            ModelConfig config = rope is null ? files.Config : files.Config.With(rope);
            DecoderModel model = new(config with { MaxPositionEmbeddings = Math.Max(config.MaxPositionEmbeddings, window) }, source);
            SegmentMemoryFile.Attach(model, path);
            return model;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Attaches an adapter to a model; its tensors become trainable parameters.</summary>
    /// <remarks>
    /// The RoPE scaling of the adapter is not applied: load the model with it. If the adapter has a head that differs from its
    /// embedding, the head of a tied model becomes a matrix of its own.
    /// </remarks>
    /// <param name="model">A model without trainable parameters.</param>
    /// <param name="directory">Adapter in PEFT's layout.</param>
    /// <exception cref="InputException">The adapter is damaged or belongs to another model.</exception>
    /// <exception cref="ArgumentException">The model already has trainable parameters.</exception>
    public static void LoadAdapter(DecoderModel model, string directory)
    {
        using PeftAdapter adapter = PeftAdapter.Read(directory);
        adapter.CheckBase(model.LinearNames, model.Config.VocabSize, model.Fingerprint);
        AdapterDescription description = adapter.Description;
        HashSet<string> modules = [.. adapter.Modules];
        LoraOptions options = new(
            description.Rank,
            description.Alpha,
            description.Targets,
            modules.Contains(PeftAdapter.Embedding),
            modules.Any(m => m.EndsWith("norm.weight", StringComparison.Ordinal)));
        model.AttachAdapter(
            options,
            adapter.Updates.ToDictionary(u => u.Module, u => (u.A.Shape[0], u.Scale), StringComparer.Ordinal),
            modules,
            adapter.UntiesHead);
        Fill(model, adapter, directory);
        SegmentMemoryFile.Attach(model, directory);
    }

    static void Fill(DecoderModel model, PeftAdapter adapter, string directory)
    {
        HashSet<string> unused = [.. adapter.Tensors.Keys];
        if (model.Config.TieWordEmbeddings)
        {
            unused.Remove(PeftAdapter.Head);
        }
        foreach (Parameter parameter in model.Parameters)
        {
            StoredTensor tensor = adapter.Tensors[parameter.Name];
            if (tensor.Count != (long)parameter.Capacity * parameter.Value.Width || tensor.Shape[^1] != parameter.Value.Width)
            {
                throw new InputException(
                    $"{directory}: {parameter.Name} is [{string.Join(", ", tensor.Shape)}], but the model needs "
                    + $"[{parameter.Capacity}, {parameter.Value.Width}]; the adapter belongs to another model.");
            }
            Fill(parameter, tensor);
            unused.Remove(parameter.Name);
        }
        if (unused.Order(StringComparer.Ordinal).FirstOrDefault() is { } foreign)
        {
            throw new InputException(
                $"{directory}: {foreign} matches no trainable tensor of the model; "
                + "use the model the adapter was trained on, or merge the adapter.");
        }
    }

    /// <summary>Copies a tensor to a parameter; of touched rows, only those that differ from the model's own.</summary>
    static void Fill(Parameter parameter, StoredTensor tensor)
    {
        int width = parameter.Value.Width;
        float[] values = new float[width], own = new float[width];
        for (int row = 0; row < parameter.Capacity; row++)
        {
            tensor.Read((long)row * width, values);
            parameter.Whole.Read(row, 0, own);
            if (!values.AsSpan().SequenceEqual(own))
            {
                values.CopyTo(parameter.Value[parameter.Touched is null ? row : parameter.Touch(row)]);
            }
        }
    }
}
