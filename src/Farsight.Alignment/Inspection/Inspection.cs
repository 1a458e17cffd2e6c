namespace Farsight.Alignment.Inspection;

/// <summary>What a file or directory turned out to be.</summary>
/// <param name="Kind">model directory, GGUF model, GGUF adapter, adapter, safetensors, preference dataset, run.</param>
/// <param name="Facts">Names and values in the order in which they are told; a value is a number, a text, a truth value or a list of
/// texts.</param>
/// <param name="Unusual">What a user should know before working with it, one sentence each; empty for nothing.</param>
/// <param name="Tensors">The tensors in the order of their names; empty where there are none.</param>
public sealed record Inspection(
    string Kind, IReadOnlyList<KeyValuePair<string, object>> Facts, IReadOnlyList<string> Unusual, IReadOnlyList<InspectedTensor> Tensors);

/// <summary>A tensor of a file.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="Type">The file's word: BF16, Q4_K.</param>
/// <param name="Shape">Extents, the slowest first.</param>
/// <param name="ByteCount">Bytes that its values take.</param>
/// <param name="NotFinite">Values that are NaN or infinite; null when nobody looked.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<int> Shape, long ByteCount, long? NotFinite);
