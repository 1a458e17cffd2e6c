using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training;

/// <summary>Everything a loop needs to go on: parameters and optimizer state in F32, the step, the length of the metrics.</summary>
static class TrainingCheckpoint
{
    const string ParametersName = "parameters.safetensors";
    const string OptimizerName = "optimizer.safetensors";
    const string StateName = "state.json";

    sealed record State(int Step, long MetricsBytes);

    internal static void Write(
        CheckpointFolder checkpoints, int step, long metricsBytes, IReadOnlyList<Parameter> parameters, ParameterUpdates updates) =>
        checkpoints.Write(step, folder =>
        {
            WriteRows(Path.Combine(folder, ParametersName), parameters.Select(p => (p.Name, p.Value)));
            WriteRows(Path.Combine(folder, OptimizerName), updates.State);
            AtomicFile.WriteText(Path.Combine(folder, StateName), JsonSerializer.Serialize(new State(step, metricsBytes)));
        });

    /// <summary>Restores parameters and optimizer, and returns the length of metrics.jsonl in bytes.</summary>
    /// <exception cref="InputException">The checkpoint is damaged or of another model.</exception>
    internal static long Read(string folder, int step, IReadOnlyList<Parameter> parameters, ParameterUpdates updates)
    {
        ReadRows(Path.Combine(folder, ParametersName), [.. parameters.Select(p => (p.Name, p.Value))]);
        ReadRows(Path.Combine(folder, OptimizerName), [.. updates.State]);
        updates.Resume(step);
        string statePath = Path.Combine(folder, StateName);
        try
        {
            State? state = JsonSerializer.Deserialize<State>(File.ReadAllText(statePath));
            return state?.Step == step ? state.MetricsBytes : throw new JsonException($"it is not of step {step}");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw Damaged(statePath, e.Message);
        }
    }

    static void WriteRows(string path, IEnumerable<(string Name, Rows Rows)> tensors) =>
        SafetensorsWriter.Write(path, tensors.Select(t => TensorToWrite.From(t.Name, NumberFormat.F32, t.Rows)));

    static void ReadRows(string path, IReadOnlyList<(string Name, Rows Rows)> tensors)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Tensors.Count != tensors.Count)
        {
            throw Damaged(path, $"it has {file.Tensors.Count} tensors instead of {tensors.Count}");
        }
        foreach ((string name, Rows rows) in tensors)
        {
            if (!file.Tensors.TryGetValue(name, out StoredTensor? stored) || !stored.Shape.SequenceEqual([rows.Count, rows.Width]))
            {
                throw Damaged(path, $"{name} [{rows.Count}, {rows.Width}] is not in it");
            }
            for (int row = 0; row < rows.Count; row++)
            {
                stored.Read((long)row * rows.Width, rows[row]);
            }
        }
    }

    static InputException Damaged(string path, string reason) =>
        new($"{path} cannot be resumed from: {reason}. Remove the folder {Path.GetDirectoryName(path)} to resume from the checkpoint before it.");
}
