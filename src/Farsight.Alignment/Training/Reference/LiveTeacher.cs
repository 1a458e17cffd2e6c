using Farsight.Alignment.Data;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Asks a teacher in memory about the samples of each step, instead of once about the whole dataset (<see cref="TeacherFile"/>).
/// </summary>
/// <remarks>
/// Nothing is written. A resumed run asks about the samples of a step together, as before, and gets the same bits. They may differ by
/// rounding from those of <see cref="TeacherFile"/>, which asks about other samples together.
/// </remarks>
/// <param name="teacher">The teacher; freed with it.</param>
/// <param name="top">Its most likely tokens per place that are kept.</param>
/// <param name="places">All questions of the run.</param>
public sealed class LiveTeacher(LoadedTeacher teacher, int top, IEnumerable<TeacherFile.Place> places) : IDisposable
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
        foreach ((string id, IReadOnlyList<TeacherFile.Top> tokens) in TeacherFile.Ask(
            teacher.Model, top, asked, null, CancellationToken.None))
        {
            _current[id] = tokens;
        }
    }
}
