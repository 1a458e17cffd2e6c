using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Provides the weights of a GGUF file: matrices stay mapped in their stored format, vectors are widened.</summary>
/// <remarks>It has no fingerprint: weights that were rounded to blocks are not those of the original model.</remarks>
public sealed class GgufWeights : IModelFiles
{
    readonly RowsOwner _vectors = new();
    readonly GgufFile _file;
    readonly string _architecture;

    GgufWeights(GgufFile file)
    {
        _file = file;
        Config = GgufModelConfig.Read(file);
        _architecture = file.Metadata.Text("general.architecture");
        CheckTensors();
    }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <summary>Opens a file and checks its tensors against its keys.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or contains no model that this engine can run.</exception>
    public static GgufWeights Open(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, int rows, int columns)
    {
        StoredTensor tensor = Tensor(name, rows, columns);
        return GgufNames.IsInterleaved(_architecture, name) ? new InterleavedMatrix(tensor, Config.HeadDim) : new StoredMatrix(tensor);
    }

    /// <inheritdoc/>
    public Rows Vector(string name, int length)
    {
        float[] values = Tensor(name, length).ReadFloats();
        Rows vector = _vectors.Allocate(1, length);
        float sum = Config.NormsAddOne && name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0; // stored as 1 + w
        for (int i = 0; i < length; i++)
        {
            vector.Span[i] = values[GgufNames.IsInterleaved(_architecture, name) ? GgufNames.InterleavedRow(i, Config.HeadDim) : i] - sum;
        }
        return vector;
    }

    /// <inheritdoc/>
    public long StoredBytes(string name) => Tensor(name).ByteCount;

    /// <inheritdoc/>
    public void Release(string name) => Tensor(name).Forget();

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _file.Dispose();
    }

    StoredTensor Tensor(string name, params ReadOnlySpan<int> shape)
    {
        (string stack, int? expert) = GgufNames.Stacked(name);
        string stored = GgufNames.Of(stack, _architecture);
        if (!_file.Tensors.TryGetValue(stored, out StoredTensor? tensor))
        {
            throw new InputException($"{Path}: the tensor {stored} is missing; the file is incomplete or one part of several.");
        }
        int[] expected = expert is null ? [.. shape] : [Config.Experts!.Count, .. shape];
        if (!shape.IsEmpty && !expected.SequenceEqual(tensor.Shape))
        {
            throw new InputException(
                $"{Path}: {stored} is [{string.Join(", ", tensor.Shape)}], but the keys imply [{string.Join(", ", expected)}]; "
                + "the keys and the tensors belong to different models.");
        }
        return expert is { } index ? tensor.Part(index) : tensor;
    }

    void CheckTensors()
    {
        if (Config.NumHiddenLayers > _file.Tensors.Count) // before one name per layer is built
        {
            throw new InputException(
                $"{Path}: {_architecture}.block_count is {Config.NumHiddenLayers}, but the file has only {_file.Tensors.Count} tensors; "
                + "the file is incomplete or one part of several.");
        }
        CheckStacks();
        HashSet<string> known = [.. GgufArchitecture.RopeTensors(_architecture)];
        foreach (ParameterShape parameter in ParameterShapes.Of(Config))
        {
            _ = Tensor(parameter.Name, [.. parameter.Shape]).Format; // throws for types that are no weights
            known.Add(GgufNames.Of(GgufNames.Stacked(parameter.Name).Stack, _architecture));
        }
        if (_file.Tensors.Keys.Where(n => !known.Contains(n)).Order(StringComparer.Ordinal).FirstOrDefault() is { } extra)
        {
            throw new InputException(
                $"{Path}: the tensor {extra} is not part of a {_architecture} model of {Config.NumHiddenLayers} layers; "
                + "this variant of the model is not supported.");
        }
    }

    /// <summary>Checks the number of experts of every layer before one name per expert is built.</summary>
    void CheckStacks()
    {
        for (int layer = 0; layer < Config.NumHiddenLayers && Config.Experts is { } experts; layer++)
        {
            string down = LayerNames.Of(Config, layer).Mlps.First().Down + ".weight";
            _ = Tensor(down, Config.HiddenSize, experts.IntermediateSize);
        }
    }

    sealed class InterleavedMatrix(StoredTensor tensor, int headDim) : WeightMatrix
    {
        public override int RowCount => tensor.Shape[0];

        public override int ColumnCount => tensor.Shape[1];

        public override void Read(int row, int firstColumn, Span<float> destination) =>
            tensor.Read((long)GgufNames.InterleavedRow(row, headDim) * ColumnCount + firstColumn, destination);

        public override StoredRow Stored(int row) => tensor.Row(GgufNames.InterleavedRow(row, headDim));
    }
}
