using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Represents the state of a loop: parameters and optimizer state in F32, the step, the length of the metrics.</summary>
static class TrainingCheckpoint
{
    const string ParametersName = "parameters.safetensors";
    const string OptimizerName = "optimizer.safetensors";
    const string StateName = "state.json";

    /// <param name="Step">Optimizer steps done.</param>
    /// <param name="MetricsBytes">Length of metrics.jsonl.</param>
    /// <param name="TouchedRows">By parameter, the rows of the matrix that its tensors hold, in their order;
    /// of the parameters that hold only some.</param>
    sealed record State(int Step, long MetricsBytes, Dictionary<string, int[]> TouchedRows);

    internal static void Write(
        CheckpointFolder checkpoints,
        int step,
        long metricsBytes,
        IReadOnlyList<Parameter> parameters,
        ParameterUpdates updates
    ) =>
        checkpoints.Write(
            step,
            folder =>
            {
                WriteRows(Path.Combine(folder, ParametersName), parameters.Select(p => (p.Name, p.Value)));
                WriteRows(Path.Combine(folder, OptimizerName), updates.State);
                Dictionary<string, int[]> touched = parameters
                    .Where(p => p.Touched is not null)
                    .ToDictionary(p => p.Name, p => p.Touched!.Rows.ToArray());
                AtomicFile.WriteText(Path.Combine(folder, StateName), JsonSerializer.Serialize(new State(step, metricsBytes, touched)));
            });

    /// <summary>Restores parameters and optimizer, and returns the length of metrics.jsonl in bytes.</summary>
    /// <exception cref="InputException">The checkpoint is damaged or of another model.</exception>
    internal static long Read(string folder, int step, IReadOnlyList<Parameter> parameters, ParameterUpdates updates)
    {
        State state = ReadState(Path.Combine(folder, StateName), step);
        foreach (Parameter parameter in parameters.Where(p => p.Touched is not null))
        {
            Touch(parameter, state, folder);
        }
        ReadRows(Path.Combine(folder, ParametersName), [.. parameters.Select(p => (p.Name, p.Value))]);
        ReadRows(Path.Combine(folder, OptimizerName), [.. updates.State]);
        updates.Resume(step);
        return state.MetricsBytes;
    }

    /// <summary>Copies the restored state of rank 0 to all ranks.</summary>
    internal static void Share(Communicator ranks, int step, IReadOnlyList<Parameter> parameters, ParameterUpdates updates)
    {
        foreach (Parameter parameter in parameters.Where(p => p.Touched is not null))
        {
            Span<int> count = [parameter.Touched!.Count];
            ranks.Broadcast(count, 0);
            int[] rows = ranks.IsFirst ? [.. parameter.Touched.Rows] : new int[count[0]];
            ranks.Broadcast<int>(rows, 0);
            foreach (int row in rows)
            {
                parameter.Touch(row);
            }
        }
        foreach (Rows rows in parameters.Select(p => p.Value).Concat(updates.State.Select(s => s.Rows)))
        {
            ranks.Broadcast(rows, 0);
        }
        updates.Resume(step);
    }

    static State ReadState(string path, int step)
    {
        try
        {
            State? state = JsonSerializer.Deserialize<State>(RegularFile.ReadAllText(path), StrictJson.Plain);
            return state?.Step == step ? state : throw new JsonException($"it is not of step {step}");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw Damaged(path, e.Message);
        }
    }

    /// <summary>Gives a parameter the rows that it had.</summary>
    static void Touch(Parameter parameter, State state, string folder)
    {
        int[] rows = state.TouchedRows?.GetValueOrDefault(parameter.Name)
            ?? throw Damaged(Path.Combine(folder, StateName), $"it does not name the rows of {parameter.Name}");
        if (rows.Any(r => r < 0 || r >= parameter.Capacity) || rows.Distinct().Count() != rows.Length)
        {
            throw Damaged(
                Path.Combine(folder, StateName),
                $"the rows of {parameter.Name} are not {rows.Length} different ones of {parameter.Capacity}");
        }
        foreach (int row in rows)
        {
            parameter.Touch(row);
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
        new(
            $"{path} cannot be resumed from: {reason}. Remove the folder {Path.GetDirectoryName(path)} to resume from the checkpoint "
                + "before it."
        );
}
