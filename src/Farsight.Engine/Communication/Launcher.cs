using System.Globalization;

namespace Farsight.Engine.Communication;

/// <summary>Represents what an MPI launcher says about this process in environment variables.</summary>
/// <param name="Name">Kind of the launcher, for messages.</param>
/// <param name="Rank">Number of this process.</param>
/// <param name="Size">Number of processes.</param>
public sealed record Launcher(string Name, int Rank, int Size)
{
    /// <summary>
    /// Names of the variables. A batch script of Slurm has SLURM_PROCID too, so Slurm counts only inside a step, and after the variables
    /// that an MPI launcher or Slurm's own MPI plugins set.
    /// </summary>
    static readonly (string Name, string Rank, string Size)[] s_launchers =
    [
        (OpenMpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        (Pmi, "PMI_RANK", "PMI_SIZE"),
        ("MVAPICH", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
        ("Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
    ];

    internal const string OpenMpi = "Open MPI";
    internal const string Pmi = "PMI, as of MPICH";

    /// <summary>Launcher of this process; null without one, or if it started one process.</summary>
    public static Launcher? Current { get; } = Detect(Environment.GetEnvironmentVariable);

    /// <summary>
    /// Whether a launcher with PMIx started this process and no variable tells the number of processes, which MPI knows then.
    /// </summary>
    internal static bool IsPmix { get; } = DetectPmix(Environment.GetEnvironmentVariable);

    /// <summary>Finds the launcher.</summary>
    /// <param name="variable">Returns the value of an environment variable.</param>
    internal static Launcher? Detect(Func<string, string?> variable)
    {
        foreach ((string name, string rankName, string sizeName) in s_launchers)
        {
            if (Number(variable(rankName)) is { } rank && Number(variable(sizeName)) is { } size && rank < size)
            {
                return size > 1 ? new(name, rank, size) : null;
            }
        }
        return null;
    }

    /// <summary>Tells whether PMIX_RANK is set without the variables of a known launcher.</summary>
    internal static bool DetectPmix(Func<string, string?> variable) =>
        Number(variable("PMIX_RANK")) is not null && s_launchers.All(l => variable(l.Size) is null);

    static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
