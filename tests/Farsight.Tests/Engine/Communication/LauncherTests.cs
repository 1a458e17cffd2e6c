using Farsight.Engine.Communication;

namespace Farsight.Tests.Engine.Communication;

public sealed class LauncherTests
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4", "Open MPI", 2, 4)]
    [InlineData("PMI_RANK=0 PMI_SIZE=2", "PMI, as of MPICH", 0, 2)]
    [InlineData("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=3", "Slurm", 1, 3)]
    [InlineData("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=3 PMI_RANK=1 PMI_SIZE=3", "PMI, as of MPICH", 1, 3)]
    public void Rank_and_size_come_from_the_variables_of_the_launcher(string variables, string name, int rank, int size) =>
        Assert.Equal(new(name, rank, size), Detect(variables));

    [Theory]
    [InlineData("")]
    [InlineData("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=16")] // a batch script, which runs once
    [InlineData("PMI_RANK=x PMI_SIZE=2")]
    [InlineData("PMI_RANK=2 PMI_SIZE=2")]
    public void A_process_that_runs_alone_has_no_launcher(string variables) => Assert.Null(Detect(variables));

    [Theory]
    [InlineData("PMIX_RANK=0", true)]
    [InlineData("PMIX_RANK=0 OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1", false)]
    [InlineData("PMIX_RANK=0 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1", false)]
    [InlineData("PMIX_NAMESPACE=x", false)]
    public void PMIx_without_a_number_of_processes_leaves_it_to_MPI(string variables, bool expected) =>
        Assert.Equal(expected, Launcher.DetectPmix(Of(variables)));

    static Launcher? Detect(string variables) => Launcher.Detect(Of(variables));

    static Func<string, string?> Of(string variables)
    {
        Dictionary<string, string> set = variables
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(v => v.Split('='))
            .ToDictionary(v => v[0], v => v[1]);
        return set.GetValueOrDefault;
    }
}
