using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;

namespace Farsight.Alignment.Export;

/// <summary>Writes a PEFT adapter as a GGUF file that llama.cpp applies to a model.</summary>
/// <param name="Model">The adapter's model: a directory or a GGUF file.</param>
/// <param name="Adapter">The adapter's directory.</param>
/// <param name="Output">The file; an older one is replaced.</param>
public sealed record GgufLoraExport(string Model, string Adapter, string Output)
{
    /// <summary>Writes the file.</summary>
    /// <exception cref="InputException">The adapter holds more than a GGUF adapter can, or a file is damaged.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public GgufExported Write()
    {
        using PeftAdapter adapter = PeftAdapter.Read(Adapter);
        GgufModelWriter.WriteLora(Output, GgufExport.Name(Adapter), ModelFiles.ReadConfig(Model), adapter);
        return new(new FileInfo(Output).Length, adapter.Tensors.Count, []);
    }
}
