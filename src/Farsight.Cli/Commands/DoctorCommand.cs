using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Machine;

namespace Farsight.Cli.Commands;

/// <summary>Reports the machine and what would harm a run (<c>farsight doctor</c>).</summary>
static class DoctorCommand
{
    const long Gibibyte = 1L << 30;

    static readonly Option<string[]> s_folders = new("--folder")
    {
        Description = "Output and cache folders to check. Default: the working folder.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("doctor", "Check the machine for problems that would harm a run. Exit code 1 if there is one.")
        {
            s_folders,
            s_threads,
            s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        s_threads.Apply(parse);
        MachineState state = MachineState.Read(parse.GetValue(s_folders) is { Length: > 0 } folders ? folders : ["."]);
        IReadOnlyList<string> problems = state.Problems();
        parse.InvocationConfiguration.Output.Write(parse.GetValue(s_json) ? Json(state, problems) : Text(state, problems));
        return problems.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    static string Text(MachineState s, IReadOnlyList<string> problems)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Line(text, "farsight", $"{s.Version}, .NET {s.Runtime}, {s.Platform}");
        Line(text, "processor", $"{s.ProcessorName}, {s.VectorBits}-bit vectors");
        string kernels = s.Refusal is { } refusal ? $"none, because {refusal}"
            : s.Instructions.Count == 0 ? "none; the processor has no VDPBF16PS and no VPDPBUSD on 512 bits"
            : string.Join(", ", s.Instructions);
        Line(text, "assembled", $"{kernels}");
        Line(text, "threads", $"{s.Threads} of {s.Cores} logical processors");
        Line(text, "memory", $"{Size(s.AvailableMemory)} available of {Size(s.TotalMemory)}");
        Line(text, "native", $"no library is required; optional programs:");
        foreach (OptionalComponent component in s.Components)
        {
            Line(text, "", $"{component.Name}: {(component.IsFound ? "found" : "not found")}, used for {component.Use}");
        }
        foreach (string library in s.MpiLibraries.DefaultIfEmpty("no library found; needed only to train on several machines"))
        {
            Line(text, "MPI", $"{library}");
        }
        Line(text, "torch", $"{s.Torch}");
        Line(text, "GPU", $"{(s.Cuda is { } cuda ? $"driver of NVIDIA for CUDA {cuda.Cuda}" : "no driver of NVIDIA found")}");
        foreach ((int number, Gpu gpu) in s.Cuda?.Gpus.Index() ?? [])
        {
            Line(text, "", $"cuda:{number}: {gpu.Name}, {Size(gpu.MemoryBytes)}");
        }
        foreach (FolderState folder in s.Folders)
        {
            string access = folder.IsFile ? "a file" : folder.IsWritable ? "writable" : "not writable";
            string space = folder.FreeBytes is { } free ? $"{Size(free)} free" : "free space unknown";
            Line(text, "folder", $"{folder.Name}: {access}, {space}");
        }
        foreach ((string name, string value) in s.Variables)
        {
            Line(text, "variable", $"{name}={value}");
        }
        foreach (string problem in problems)
        {
            text.WriteLine($"! {problem}");
        }
        text.WriteLine(problems.Count == 0 ? "No problems found." : $"{problems.Count} problem{(problems.Count == 1 ? "" : "s")} found.");
        return text.ToString();
    }

    static void Line(StringWriter text, string label, FormattableString value) =>
        text.WriteLine($"{label,-11}{value.ToString(CultureInfo.InvariantCulture)}");

    static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)Gibibyte:0.0} GiB");

    static string Json(MachineState s, IReadOnlyList<string> problems) => new JsonObject
    {
        ["version"] = s.Version,
        ["runtime"] = s.Runtime,
        ["system"] = s.Platform,
        ["processor"] = s.ProcessorName,
        ["vector_bits"] = s.VectorBits,
        ["assembled"] = new JsonArray([.. s.Instructions.Select(i => JsonValue.Create(i))]),
        ["assembled_refusal"] = s.Refusal,
        ["cores"] = s.Cores,
        ["threads"] = s.Threads,
        ["memory_total"] = s.TotalMemory,
        ["memory_available"] = s.AvailableMemory,
        ["optional"] = new JsonArray([.. s.Components.Select(c => new JsonObject
        {
            ["name"] = c.Name,
            ["found"] = c.IsFound,
            ["use"] = c.Use,
        })]),
        ["mpi"] = new JsonArray([.. s.MpiLibraries.Select(l => JsonValue.Create(l))]),
        ["torch"] = s.Torch,
        ["cuda"] = s.Cuda?.Cuda.ToString(),
        ["gpus"] = new JsonArray([.. (s.Cuda?.Gpus ?? []).Select(g => new JsonObject
        {
            ["name"] = g.Name,
            ["memory"] = g.MemoryBytes,
        })]),
        ["folders"] = new JsonArray([.. s.Folders.Select(f => new JsonObject
        {
            ["path"] = f.Name,
            ["writable"] = f.IsWritable,
            ["free"] = f.FreeBytes,
        })]),
        ["variables"] = new JsonObject(s.Variables.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value))),
        ["problems"] = new JsonArray([.. problems.Select(p => JsonValue.Create(p))]),
    }.ToJsonString(JsonSerializerOptions.Default) + "\n";
}
