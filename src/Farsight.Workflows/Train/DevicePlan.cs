using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Workflows.Train;

/// <summary>Represents the peak memory of a device in a training run in bytes, part by part, computed before the run starts.</summary>
/// <remarks>
/// Follows the allocations of Farsight.Torch: the inputs of all layers stay from forward to backward, and backward has the graph of one
/// layer: its attention for all rows, its MLP for 4,096 rows. What libtorch's kernels keep is estimated, and libraries have an allowance.
/// </remarks>
/// <param name="Weights">Frozen weights. The embeddings are on the host unless they are also the head.</param>
/// <param name="Trained">F32 copies of the trained parameters, and the gradients of the largest stage.</param>
/// <param name="Activations">Inputs of the layers.</param>
/// <param name="Layer">Graph of one layer, with the weights that it widens.</param>
/// <param name="Logits">One tile of logits with its gradients, and a converted head.</param>
/// <param name="Libraries">Allowance for the libraries and for gaps between allocations.</param>
public sealed record DevicePlan(long Weights, long Trained, long Activations, long Layer, long Logits, long Libraries)
{
    const string Embeddings = "model.embed_tokens.weight", Head = "lm_head.weight";

    // As in Farsight.Torch: rows of the MLP and logits at a time, queries of a block without a fused kernel, values widened in F32.
    const int MlpRows = 4096, LogitsPerTile = 1 << 25, MaskedRows = 1024, WidenedPart = 1 << 24;

    const long LibraryBytes = 1L << 30;

    /// <summary>Total bytes.</summary>
    public long Total => Weights + Trained + Activations + Layer + Logits + Libraries;

    /// <summary>Plans a run.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="plan">Its plan, which states the model and the largest tree.</param>
    /// <param name="format">Number format of activations.</param>
    /// <param name="model">Directory or file of the model; null where it is missing, and its matrices count as BF16.</param>
    /// <exception cref="InputException">The model cannot be read.</exception>
    public static DevicePlan Of(TrainRecipe recipe, TrainPlan plan, NumberFormat format, string? model)
    {
        using IModelFiles? files = model is null ? null : ModelFiles.Open(model);
        return new Sizes(recipe, plan, format.BytesPerValue, files).Plan();
    }

    /// <summary>Refuses a run that does not fit the memory of a device, if that is known.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="model">Directory or file of the model.</param>
    /// <param name="backend">The device.</param>
    /// <param name="memoryBytes">Bytes that the run may use there; null for the memory of the device.</param>
    /// <exception cref="InputException">It does not fit.</exception>
    internal static void Require(TrainRecipe recipe, TrainPlan plan, string model, IModelBackend backend, long? memoryBytes)
    {
        if ((memoryBytes ?? backend.MemoryBytes) is not { } bytes)
        {
            return;
        }
        DevicePlan needs = Of(recipe, plan, backend.Format, model);
        if (needs.Total > bytes)
        {
            throw new InputException(
                $"The run needs about {TrainPlan.Text(needs.Total)} on the device {backend.Device} and may use {TrainPlan.Text(bytes)}: "
                    + $"{needs.Parts}. Lower micro_batch_tokens, use shorter samples, or set weights to q8_0.");
        }
    }

    string Parts =>
        $"weights {TrainPlan.Text(Weights)}, trained parameters {TrainPlan.Text(Trained)}, inputs of the layers "
            + $"{TrainPlan.Text(Activations)}, one layer {TrainPlan.Text(Layer)}, logits {TrainPlan.Text(Logits)}, libraries "
            + TrainPlan.Text(Libraries);

    sealed class Sizes(TrainRecipe recipe, TrainPlan plan, int bytesPerValue, IModelFiles? files)
    {
        readonly ModelConfig _model = plan.Model;
        readonly long _b = bytesPerValue, _d = plan.Model.HiddenSize, _rows = plan.Largest.Rows, _lastRows = plan.Largest.LastRows;

        bool TrainsHead => recipe.Lora is not { } lora || (lora.TrainEmbeddings && _model.TieWordEmbeddings);

        string HeadName => _model.TieWordEmbeddings ? Embeddings : Head;

        long HeadValues => _model.VocabSize * _d;

        internal DevicePlan Plan()
        {
            ParameterShape[] onDevice =
                [.. ParameterShapes.Of(_model).Where(p => p.Name != Embeddings || _model.TieWordEmbeddings)];
            long weights = onDevice.Where(p => !IsTrained(p)).Sum(FrozenBytes);
            TrainingShape shape = new(_model, 0, recipe.Lora, plan.EmbeddingRows, recipe.Optimizer.Muon is not null);
            long head = TrainsHead ? HeadValues : 0, inLayers = shape.AdapterValues;
            long trained = sizeof(float) * (inLayers + head + Math.Max(head, inLayers / _model.NumHiddenLayers));
            return new(
                weights, trained, _b * _d * (_model.NumHiddenLayers * _rows + _lastRows), LayerGraph(), LogitsOfTile(), LibraryBytes);
        }

        bool IsTrained(ParameterShape parameter) =>
            recipe.Lora is not { } lora
            || (parameter.Name == HeadName && TrainsHead)
            || (lora.TrainNorms && parameter.Name.EndsWith("norm.weight", StringComparison.Ordinal));

        /// <summary>Returns the bytes of a frozen weight on the device.</summary>
        long FrozenBytes(ParameterShape parameter)
        {
            long values = Values(parameter);
            return parameter.Shape.Count == 1 ? sizeof(float) * values : (long)(values * BytesPerValue(parameter));
        }

        /// <summary>Returns the bytes of a value of a frozen matrix; formats that the device lacks become BF16.</summary>
        double BytesPerValue(ParameterShape matrix)
        {
            if (recipe.Weights is { } format && !LayerNames.IsRouter(matrix.Name))
            {
                return Bytes(format.ToNumberFormat());
            }
            double stored = files is null ? 0 : (double)files.StoredBytes(matrix.Name) / Values(matrix);
            NumberFormat[] kept = [NumberFormat.F32, NumberFormat.Q8_0, NumberFormat.Q4_0];
            return kept.Any(f => Bytes(f) == stored) ? stored : Bytes(NumberFormat.BF16);

            static double Bytes(NumberFormat format) => (double)format.BytesPerBlock / format.ValuesPerBlock;
        }

        static long Values(ParameterShape parameter) => parameter.Shape.Aggregate(1L, (product, extent) => product * extent);

        long LayerGraph()
        {
            long q = _model.QueryWidth, k = _model.KeyWidth, f = _model.IntermediateSize, mlp = Math.Min(MlpRows, _rows), mlpRows = mlp;
            if (_model.Experts is { } experts)
            {
                (mlpRows, f) = (mlp * experts.PerToken, Math.Max(f, experts.IntermediateSize));
            }
            // F32 of the norm and of its gradient; inputs and results; queries, keys and values, rotated ones, and their gradients.
            long attention = _rows * ((16 + 7 * _b) * _d + _b * (7 * q + 6 * k));
            long feedForward = mlp * (16 + 6 * _b) * _d + mlpRows * _b * (8 * f + 2 * _d);
            // The masks of the last branches, as the kernel reads them.
            long masks = _lastRows * Math.Min(_rows, _model.SlidingWindow ?? _rows) * (1 + _b);
            long scores = _model.AttentionSoftcap is null
                ? 0
                : 4L * sizeof(float) * _model.NumAttentionHeads * Math.Min(MaskedRows, _rows) * _rows;
            return attention + feedForward + masks + scores + Widened();
        }

        /// <summary>Returns the bytes of the matrices of a layer in the format of activations, if they are stored in another.</summary>
        long Widened()
        {
            string prefix = $"model.layers.{_model.NumHiddenLayers - 1}.";
            long bytes = ParameterShapes.Of(_model)
                .Where(p => p.Shape.Count == 2 && p.Name.StartsWith(prefix, StringComparison.Ordinal))
                .Where(p => (recipe.Lora is null ? sizeof(float) : BytesPerValue(p)) != _b)
                .Sum(p => Values(p) * _b);
            return bytes == 0 ? 0 : bytes + 3L * sizeof(float) * WidenedPart;
        }

        long LogitsOfTile()
        {
            long rows = Math.Min(plan.Largest.Scored, Math.Max(1, LogitsPerTile / _model.VocabSize));
            ParameterShape head = ParameterShapes.Of(_model).Single(p => p.Name == HeadName);
            long converted = !TrainsHead ? (BytesPerValue(head) != _b ? HeadValues * _b : 0)
                : _b == sizeof(float) ? HeadValues * _b
                : 2 * HeadValues * _b; // and its gradient
            // The logits and their gradient; in F32 themselves, their logarithms of softmax, and the gradients of both.
            return rows * _model.VocabSize * (4 * sizeof(float) + 2 * _b) + converted;
        }
    }
}
