using Farsight.Alignment.Data;
using Farsight.Engine.Communication;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Asks a teacher in memory about the samples of each step, instead of once about the whole dataset (<see cref="TeacherFile"/>).
/// </summary>
/// <remarks>
/// Nothing is written. A resumed run asks about the samples of a step together, as before, and gets the same bits. They may differ by
/// rounding from those of <see cref="TeacherFile"/>, which asks about other samples together. Ranks divide the calls of a step, of which a
/// batch of usual size has one; that one is computed by rank 0.
/// </remarks>
/// <param name="teacher">The teacher; freed with it.</param>
/// <param name="top">Its most likely tokens per place that are kept.</param>
/// <param name="places">All questions of the run.</param>
/// <param name="ranks">The ranks, which prepare the same samples together.</param>
public sealed class LiveTeacher(LoadedTeacher teacher, int top, IEnumerable<TeacherFile.Place> places, Communicator ranks) : IDisposable
{
    readonly Dictionary<string, TeacherFile.Place> _places = places.ToDictionary(p => p.Id, StringComparer.Ordinal);
    readonly Dictionary<string, IReadOnlyList<TeacherFile.Top>> _current = new(StringComparer.Ordinal);

    /// <summary>Gets the answers about the samples that were prepared last, by question id; the same object during the whole run.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<TeacherFile.Top>> Current => _current;

    /// <inheritdoc/>
    public void Dispose() => teacher.Dispose();

    /// <summary>Asks about samples, and forgets the answers about others.</summary>
    internal void Prepare(IEnumerable<SampleTokens> samples)
    {
        TeacherFile.Place[] asked =
            [.. samples.SelectMany(s => s.QuestionIds).Distinct(StringComparer.Ordinal).Select(id => _places[id])];
        _current.Clear(); // also of those that are asked again: the last bits of an answer may depend on what is asked with it
        // Not cancelled: a step is finished with everything that belongs to it.
        foreach (TeacherFile.Answer answer in TeacherFile.Ask(teacher.Model, top, asked, ranks, null, CancellationToken.None))
        {
            _current[answer.Id] = answer.Tokens;
        }
    }
}
