using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Training;

/// <summary>Represents a sample in a tree, with all that its objective reads there.</summary>
/// <param name="Sample">The sample, with the responses that it has now.</param>
/// <param name="Questions">[K] nodes of its questions.</param>
/// <param name="Short">Nodes of each turn or question after its short context; empty if they are not read.</param>
/// <param name="Teacher">[K] the first scored place of the teacher's tokens; empty without a teacher.</param>
sealed record PlacedSample(
    SampleTokens Sample, IReadOnlyList<SampleNodes> Questions, IReadOnlyList<SampleNodes> Short, IReadOnlyList<int> Teacher)
{
    /// <summary>Adds a sample to a tree.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="positions">Positions of its prompt.</param>
    /// <param name="objective">Selects the parts that are read.</param>
    /// <param name="samples">Short contexts and teacher.</param>
    internal static PlacedSample Add(
        SampleTree tree, SampleTokens sample, PromptPositions positions, IPreferenceObjective objective, PreferenceSamples samples)
    {
        int? rejected = objective is ISampledObjective ? null : objective.RejectedResponses; // sampled responses stand in their place
        IReadOnlyList<SampleNodes> questions = tree.Add(sample, positions, rejected, objective.ScoresPrompt);
        return new(
            sample,
            questions,
            objective.ReadsShort
                ? [.. samples.ShortTurns[sample.Id].Select(t =>
                    tree.Add(t, Plain.Of(t.Shape), objective.FewestRejected, scorePrompt: false).Single())]
                : [],
            objective.Distillation is null
                ? []
                : [.. sample.QuestionIds.Zip(questions, (id, nodes) => samples.Teacher.GetValueOrDefault(id) is { } top
                    ? tree.Score(nodes.Chosen, [.. top.Select(t => t.Tokens)])
                    : 0)]); // planned, not trained
    }

    /// <summary>Returns what the objective reads of a question.</summary>
    /// <param name="question">Its number.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="logProbs">One a scored token; nats.</param>
    /// <param name="samples">References and teacher.</param>
    /// <param name="sampled">The sampled responses; null for none.</param>
    internal PreferenceLogProbs Read(
        int question, TokenTree tree, ReadOnlySpan<float> logProbs, PreferenceSamples samples, IReadOnlyList<SampledResponse>? sampled)
    {
        string id = PreferenceSample.QuestionId(Sample.Id, question);
        SampleNodes nodes = Questions[question];
        PreferenceLogProbs read = PreferenceBridge.Read(tree, nodes, logProbs, samples.Reference.GetValueOrDefault(id));
        if (Short.Count > 0)
        {
            List<PreferenceLogProbs> turns = [];
            foreach (SampleNodes turn in ShortOf(question))
            {
                turns.Add(PreferenceBridge.Read(tree, turn, logProbs));
            }
            PreferenceLogProbs all = PreferenceLogProbs.OverTurns(turns, null);
            read = read with { Short = all with { Reference = samples.ShortReference.GetValueOrDefault(id) } };
        }
        if (Teacher.Count > 0)
        {
            List<DistilledToken> tokens = [];
            int first = Teacher[question];
            foreach (TeacherFile.Top top in samples.Teacher[id])
            {
                int k = top.Tokens.Length;
                tokens.Add(new(Widen(top.LogProbs), Widen(logProbs.Slice(first, k))));
                first += k;
            }
            read = read with { Distilled = tokens };
        }
        if (sampled is not null)
        {
            SampledLogProbs[] responses = new SampledLogProbs[sampled.Count];
            for (int j = 0; j < responses.Length; j++)
            {
                responses[j] = sampled[j].With(PreferenceBridge.ReadTokens(tree, nodes.Rejected[j], logProbs));
            }
            read = read with { Sampled = responses };
        }
        return read;
    }

    /// <summary>Gives every scored token of a question its derivative.</summary>
    /// <param name="question">Its number.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="value">The objective's result for it.</param>
    /// <param name="weight">Its share of the step's loss.</param>
    /// <param name="dLogProbs">One a scored token; accumulated.</param>
    internal void Spread(int question, TokenTree tree, ObjectiveValue value, double weight, Span<float> dLogProbs)
    {
        PreferenceBridge.Spread(tree, Questions[question], value, weight, dLogProbs);
        if (value.Short is { } after)
        {
            ObjectiveValue own = new(0, after.DChosen, after.DRejected);
            foreach (SampleNodes turn in ShortOf(question))
            {
                PreferenceBridge.Spread(tree, turn, own, weight, dLogProbs);
            }
        }
        int first = value.DDistilled is null ? 0 : Teacher[question];
        foreach (double[] derivatives in value.DDistilled ?? [])
        {
            PreferenceBridge.Accumulate(dLogProbs.Slice(first, derivatives.Length), derivatives, weight);
            first += derivatives.Length;
        }
    }

    /// <summary>All turns of a sample of one question, or the one of a question that is asked alone.</summary>
    IEnumerable<SampleNodes> ShortOf(int question) => Questions.Count == 1 ? Short : [Short[question]];

    static double[] Widen(ReadOnlySpan<float> values)
    {
        double[] wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }
        return wide;
    }
}
