using Farsight.Alignment.Recipes;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Runs that follow each other in one process, as those of a study do, each within its own plan.</summary>
[Collection(NativeMemory.Collection)]
public sealed class TrainMemoryTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact]
    public void A_second_run_in_the_same_process_stays_within_its_plan_and_frees_its_memory()
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, ["steps=3", "checkpoint_every=3", "eval_every=3"]);
        MemoryPlan plan = TrainPlan.Of(recipe, TrainInputs.Read(recipe, _files.RecipePath, null), null).Levels[0].Memory;
        Train("first"); // kernels keep their buffers for later calls
        long before = AlignedBuffer.LiveBytes;

        long peak = NativeMemory.PeakOf(() => Train("second"));

        // The weights are mapped. Kernels may need further buffers when more threads run at the same time than before.
        long trained = plan.Adapter + plan.Embeddings + plan.Optimizer;
        Assert.InRange(peak, trained + plan.Activations, trained + plan.Activations + plan.Scratch + plan.Weights);
        Assert.InRange(AlignedBuffer.LiveBytes - before, 0, plan.Scratch);

        void Train(string folder) =>
            TrainRun.Start(new(recipe, _files.RecipePath, _files.In(folder), Resume: false), _ => { }, null, CancellationToken.None);
    }

    public void Dispose() => _files.Dispose();
}
