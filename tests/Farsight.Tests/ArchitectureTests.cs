using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;

namespace Farsight.Tests;

/// <summary>
/// Which room may use which other room of its project, checked over the compiled types. The compiler checks the projects.
/// </summary>
public sealed class ArchitectureTests
{
    /// <summary>The rooms of each project, lowest first. A room may use the rooms listed for it and nothing else of its project.</summary>
    internal static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Engine/Memory"] = [],
        ["Engine/Numerics"] = [],
        ["Engine/Files"] = [],
        ["Engine/Communication"] = ["Engine/Memory"],
        ["Engine/Kernels"] = ["Engine/Memory", "Engine/Numerics"],
        ["Engine/Machine"] = ["Engine/Memory", "Engine/Files", "Engine/Kernels", "Engine/Numerics"],
        ["Engine/Parameters"] = ["Engine/Memory", "Engine/Kernels"],
        ["Engine/Lora"] = ["Engine/Memory", "Engine/Numerics", "Engine/Parameters"],
        ["Engine/Rope"] = ["Engine/Memory", "Engine/Kernels"],
        ["Engine/Optimizers"] = ["Engine/Memory", "Engine/Kernels", "Engine/Parameters"],
        ["Engine/Models"] =
        [
            "Engine/Memory",
            "Engine/Numerics",
            "Engine/Communication",
            "Engine/Kernels",
            "Engine/Parameters",
            "Engine/Lora",
            "Engine/Rope",
            "Engine/Optimizers",
        ],
        ["Engine/Inference"] = ["Engine/Memory", "Engine/Numerics", "Engine/Kernels", "Engine/Rope", "Engine/Models"],
        ["Engine/Checkpoints"] =
        [
            "Engine/Memory",
            "Engine/Numerics",
            "Engine/Files",
            "Engine/Kernels",
            "Engine/Parameters",
            "Engine/Lora",
            "Engine/Rope",
            "Engine/Models",
        ],

        ["Text/Tokenizers"] = [],
        ["Text/Templates"] = [],
        ["Text/Conversations"] = ["Text/Tokenizers", "Text/Templates"],

        ["Alignment/Corpus"] = [],
        ["Alignment/Data"] = ["Alignment/Corpus"],
        ["Alignment/Fiction"] = ["Alignment/Data"],
        ["Alignment/Answering"] = [],
        ["Alignment/Endpoints"] = ["Alignment/Answering"],
        ["Alignment/Objectives"] = [],
        ["Alignment/Runs"] = [],
        ["Alignment/Hub"] = [],
        ["Alignment/Synthesis"] = ["Alignment/Answering", "Alignment/Corpus", "Alignment/Data", "Alignment/Fiction", "Alignment/Runs"],
        ["Alignment/Training"] =
            ["Alignment/Answering", "Alignment/Data", "Alignment/Fiction", "Alignment/Objectives", "Alignment/Runs"],
        ["Alignment/Recipes"] = ["Alignment/Data", "Alignment/Hub", "Alignment/Objectives", "Alignment/Training"],
        ["Alignment/Inspection"] = ["Alignment/Answering", "Alignment/Data", "Alignment/Runs", "Alignment/Synthesis"],
        ["Alignment/Export"] = [],

        ["Evaluation/PythonCompat"] = [],
        ["Evaluation/Metrics"] = ["Evaluation/PythonCompat"],
        ["Evaluation/Core"] = ["Evaluation/PythonCompat", "Evaluation/Metrics"],
        ["Evaluation/Benchmarks"] = ["Evaluation/PythonCompat", "Evaluation/Metrics", "Evaluation/Core"],
        ["Evaluation/Report"] = ["Evaluation/Metrics", "Evaluation/Core"],
        ["Evaluation/Interop"] = ["Evaluation/Core"],

        ["Workflows/Train"] = [],
        ["Workflows/Pretrain"] = ["Workflows/Train"],
        ["Workflows/Evolve"] = ["Workflows/Train"],
        ["Workflows/Study"] = ["Workflows/Train"],
        ["Workflows/Demo"] = ["Workflows/Train"],
        ["Workflows/Timing"] = [],
        ["Workflows/Reports"] = ["Workflows/Train"],

        ["Server/Constraints"] = [],
        ["Server/Protocol"] = ["Server/Constraints"],
        ["Server/Serving"] = ["Server/Protocol"],
        ["Server/Endpoints"] = ["Server/Constraints", "Server/Protocol", "Server/Serving"],
        ["Server/Dashboard"] = [],
        ["Server/Hosting"] = ["Server/Protocol", "Server/Serving", "Server/Endpoints", "Server/Dashboard"],

        ["Cli/Output"] = [],
        ["Cli/Options"] = ["Cli/Output"],
        ["Cli/Commands"] = ["Cli/Output", "Cli/Options"],
    };

    static readonly Lazy<SortedDictionary<string, SortedDictionary<string, string>>> s_uses = new(FindUses);

    [Fact]
    public void Rooms_use_only_the_rooms_that_they_may_use()
    {
        string[] wrong =
        [
            .. from room in s_uses.Value
               from use in room.Value
               where !MayUse.GetValueOrDefault(room.Key, []).Contains(use.Key)
               select $"{room.Key} uses {use.Key}: {use.Value}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_permission_is_used()
    {
        string[] unused =
        [
            .. from room in MayUse
               from used in room.Value
               where !s_uses.Value.GetValueOrDefault(room.Key, []).ContainsKey(used)
               select $"{room.Key} never uses {used}",
        ];

        Assert.Empty(unused);
    }

    [Fact]
    public void Every_room_uses_only_rooms_listed_before_it()
    {
        string[] order = [.. MayUse.Keys];

        Assert.All(
            MayUse,
            room => Assert.All(room.Value, used => Assert.InRange(Array.IndexOf(order, used), 0, Array.IndexOf(order, room.Key) - 1)));
    }

    [Fact]
    public void Every_room_is_listed() => Assert.Empty(s_uses.Value.Keys.Except(MayUse.Keys));

    /// <summary>For each room the rooms of the same project that it uses, each with one example.</summary>
    static SortedDictionary<string, SortedDictionary<string, string>> FindUses()
    {
        string[] projects =
        [
            "Farsight.Engine",
            "Farsight.Text",
            "Farsight.Alignment",
            "Farsight.Evaluation",
            "Farsight.Workflows",
            "Farsight.Server",
            "farsight",
        ];
        Architecture architecture = new ArchLoader().LoadAssemblies([.. projects.Select(System.Reflection.Assembly.Load)]).Build();
        SortedDictionary<string, SortedDictionary<string, string>> uses = new(StringComparer.Ordinal);
        foreach (IType type in architecture.Types)
        {
            if (RoomOf(type) is not { } room)
            {
                continue;
            }
            SortedDictionary<string, string> used = uses.TryGetValue(room, out var known)
                ? known
                : uses[room] = new(StringComparer.Ordinal);
            foreach (ITypeDependency dependency in type.Dependencies)
            {
                if (RoomOf(dependency.Target) is { } target && target != room && ProjectOf(target) == ProjectOf(room))
                {
                    used.TryAdd(target, $"{type.FullName} → {dependency.Target.FullName}");
                }
            }
        }
        return uses;
    }

    static string ProjectOf(string room) => room.Split('/')[0];

    /// <summary>"Engine/Kernels" for a type in Farsight.Engine.Kernels; null for types outside the rooms.</summary>
    static string? RoomOf(IType type) =>
        type.Namespace?.FullName.Split('.') is ["Farsight", var project, var room, ..] && project is not ("Tests" or "Benchmarks")
            ? $"{project}/{room}"
            : null;
}
