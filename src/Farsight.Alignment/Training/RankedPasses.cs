using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Divides the passes of a step among ranks: micro-step i belongs to the data rank i mod D.</summary>
/// <remarks>
/// <para>
/// The result has the same bits for any number of data ranks, because every gradient is summed in the order of the micro-steps. Its running
/// sum travels from rank to rank: before a rank's backward pass adds to the gradients of a layer, it receives their sum over all earlier
/// micro-steps, and afterwards it sends the new sum to the rank of the next micro-step. These are the additions of a single process, in its
/// order. Forward passes run at the same time; each backward pass follows the one before it at a distance of one layer.
/// </para>
/// <para>
/// A rank sends the trainable gradients once per micro-step, and all ranks receive the final sums. Log-probabilities are exchanged, so that
/// every rank computes the loss and the metrics of all micro-steps in order.
/// </para>
/// <para>
/// Context ranks compute the same micro-steps, each a share of the rows and so of the gradients. The sums over the micro-steps are added at
/// the end of a step, in an order of the context ranks. So the result has the bits of one number of context ranks, and another number
/// changes its rounding.
/// </para>
/// </remarks>
/// <param name="model">The model, with equal parameters on every rank; it divides the rows among the context ranks.</param>
/// <param name="grid">The ranks.</param>
sealed class RankedPasses(ITrainable model, RankGrid grid)
{
    readonly Communicator _ranks = grid.Data;

    /// <summary>Computes all micro-steps and adds to the gradients of all parameters.</summary>
    /// <param name="microSteps">The micro-steps; the same on every rank.</param>
    /// <param name="sums">Receives the metrics.</param>
    /// <param name="samples">Receives the samples.</param>
    /// <param name="count">Counts the micro-steps of this rank; null for none.</param>
    /// <returns>Tokens of all micro-steps.</returns>
    internal long Train(IEnumerable<MicroStep> microSteps, MetricSums sums, StepSamples samples, PassCount? count = null)
    {
        MicroStep[] all = [.. microSteps];
        count?.Begin(Own(all));
        if (grid.All.Size == 1)
        {
            return all.Sum(m => TrainAlone(m, sums, samples, count));
        }
        foreach (MicroStep microStep in all)
        {
            model.Touch(microStep.Tree);
        }
        RecordedPass[] results = [.. all.Select(m => new RecordedPass(m.Tree.Scored.Count))];
        GradientRelay relay = new(_ranks, model.Parameters, all.Length);
        for (int i = _ranks.Rank; i < all.Length; i += _ranks.Size)
        {
            using ITreePass pass = model.Forward(all[i].Tree);
            results[i].Record(pass);
            float[] dLogProbs = new float[pass.LogProbs.Length];
            all[i].Loss(pass, dLogProbs, new());
            relay.MicroStep = i;
            pass.Backward(dLogProbs, _ranks.Size == 1 ? null : relay);
            count?.Add(all[i]);
        }
        relay.ShareSums();
        AddShares();
        Exchange(results);
        foreach ((MicroStep microStep, RecordedPass result) in all.Zip(results))
        {
            float[] dLogProbs = new float[result.LogProbs.Length];
            microStep.Loss(result, dLogProbs, sums);
            samples.Add(microStep.Samples, result.LogProbs, dLogProbs);
        }
        return all.Sum(m => (long)m.Tree.Count);
    }

    /// <summary>Computes the metrics of micro-steps without training on them.</summary>
    /// <param name="microSteps">The micro-steps; the same on every rank.</param>
    /// <param name="count">Counts the micro-steps of this rank; null for none.</param>
    /// <returns>Null if there are none.</returns>
    internal MetricSums? Measure(IEnumerable<MicroStep> microSteps, PassCount? count = null)
    {
        MetricSums sums = new();
        MicroStep[] all = [.. microSteps];
        count?.Begin(Own(all));
        if (_ranks.Size == 1)
        {
            foreach (MicroStep microStep in all)
            {
                using ITreePass pass = model.Evaluate(microStep.Tree);
                microStep.Loss(pass, new float[pass.LogProbs.Length], sums);
                count?.Add(microStep);
            }
            return all.Length > 0 ? sums : null;
        }
        RecordedPass[] results = [.. all.Select(m => new RecordedPass(m.Tree.Scored.Count))];
        for (int i = _ranks.Rank; i < all.Length; i += _ranks.Size)
        {
            using ITreePass pass = model.Evaluate(all[i].Tree);
            results[i].Record(pass);
            count?.Add(all[i]);
        }
        Exchange(results);
        foreach ((MicroStep microStep, RecordedPass result) in all.Zip(results))
        {
            microStep.Loss(result, new float[result.LogProbs.Length], sums);
        }
        return all.Length > 0 ? sums : null;
    }

    /// <summary>Returns the micro-steps that this rank computes.</summary>
    MicroStep[] Own(MicroStep[] all) => [.. all.Where((_, i) => i % _ranks.Size == _ranks.Rank)];

    long TrainAlone(MicroStep microStep, MetricSums sums, StepSamples samples, PassCount? count)
    {
        using ITreePass pass = model.Forward(microStep.Tree);
        float[] dLogProbs = new float[pass.LogProbs.Length];
        microStep.Loss(pass, dLogProbs, sums);
        samples.Add(microStep.Samples, pass.LogProbs, dLogProbs);
        pass.Backward(dLogProbs);
        count?.Add(microStep);
        return microStep.Tree.Count;
    }

    /// <summary>Gives all context ranks the sums over their gradients, each of which one of them adds.</summary>
    void AddShares()
    {
        for (int i = 0; i < model.Parameters.Count; i++)
        {
            grid.Context.Sum(model.Parameters[i].Gradient, root: i % grid.Context.Size);
        }
    }

    void Exchange(RecordedPass[] results)
    {
        for (int i = 0; i < results.Length; i++)
        {
            results[i].Share(_ranks, i % _ranks.Size);
        }
    }

    /// <summary>Represents the results of a forward pass, which another rank may have computed.</summary>
    sealed class RecordedPass(int scored) : ITreePass
    {
        readonly float[] _logProbs = new float[scored];
        readonly int[] _topTokens = new int[scored];

        public ReadOnlySpan<float> LogProbs => _logProbs;

        public ReadOnlySpan<int> TopTokens => _topTokens;

        public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages) =>
            throw new InvalidOperationException("A recorded pass has results only, so backward cannot run.");

        public void Dispose()
        {
        }

        internal void Record(ITreePass pass)
        {
            pass.LogProbs.CopyTo(_logProbs);
            pass.TopTokens.CopyTo(_topTokens);
        }

        internal void Share(Communicator ranks, int owner)
        {
            ranks.Broadcast<float>(_logProbs, owner);
            ranks.Broadcast<int>(_topTokens, owner);
        }
    }

    /// <summary>Passes the running sums of gradients from the rank of a micro-step to that of the next.</summary>
    sealed class GradientRelay(Communicator ranks, IReadOnlyList<Parameter> parameters, int microSteps) : IGradientStages
    {
        readonly Dictionary<Parameter, int> _tags = parameters.Index().ToDictionary(p => p.Item, p => Communicator.FirstTag + p.Index);
        readonly Dictionary<Parameter, Transfer> _sent = [];

        /// <summary>The micro-step whose backward pass runs.</summary>
        internal int MicroStep { get; set; }

        public void Begin(IReadOnlyList<Parameter> began)
        {
            if (MicroStep > 0)
            {
                List<Transfer> received = [];
                foreach (Parameter parameter in began)
                {
                    WaitUntilSent(parameter);
                    received.Add(ranks.Receive(parameter.Gradient, (MicroStep - 1) % ranks.Size, _tags[parameter]));
                }
                received.ForEach(t => t.Wait());
            }
        }

        public void Finish(IReadOnlyList<Parameter> finished)
        {
            if (MicroStep < microSteps - 1)
            {
                foreach (Parameter parameter in finished)
                {
                    _sent[parameter] = ranks.Send(parameter.Gradient, (MicroStep + 1) % ranks.Size, _tags[parameter]);
                }
            }
        }

        /// <summary>Gives all ranks the sums over all micro-steps.</summary>
        internal void ShareSums()
        {
            foreach (Parameter parameter in parameters)
            {
                WaitUntilSent(parameter);
                ranks.Broadcast(parameter.Gradient, (microSteps - 1) % ranks.Size);
            }
        }

        void WaitUntilSent(Parameter parameter)
        {
            if (_sent.Remove(parameter, out Transfer? transfer))
            {
                transfer.Wait();
            }
        }
    }
}

/// <summary>Counts the samples of a step or of a measurement as a rank computes them.</summary>
/// <param name="kind">The part.</param>
/// <param name="step">Steps that are done.</param>
/// <param name="steps">Steps of the whole run.</param>
/// <param name="report">Receives the count.</param>
sealed class PassCount(TrainingPartKind kind, int step, int steps, Action<TrainingPart> report)
{
    int _done, _total;
    long _doneTokens, _tokens;

    /// <summary>Begins with the micro-steps of the rank.</summary>
    internal void Begin(IReadOnlyList<MicroStep> own)
    {
        (_done, _doneTokens) = (0, 0);
        (_total, _tokens) = (own.Sum(SamplesOf), own.Sum(m => (long)m.Tree.Count));
        Report();
    }

    /// <summary>Adds a micro-step that is done.</summary>
    internal void Add(MicroStep microStep)
    {
        _done += SamplesOf(microStep);
        _doneTokens += microStep.Tree.Count;
        Report();
    }

    /// <summary>Returns the number of samples; a tree of pretraining counts as one.</summary>
    static int SamplesOf(MicroStep microStep) => Math.Max(1, microStep.Samples.Count);

    void Report() => report(new(kind, _done, _total)
    {
        Share = _tokens > 0 ? (double)_doneTokens / _tokens : 0,
        Step = step,
        Steps = steps,
    });
}
