using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Writes down the depth-first search for a travel plan, in the fixed words of the benchmark.</summary>
/// <remarks>Source: princeton-pli/LongProc @78e873a (Apache-2.0), build_travel_plan_demonstration.</remarks>
sealed class TravelSearch
{
    const string Start = "the starting point";

    readonly int _cities;
    readonly List<Stay> _free = [];
    readonly List<Stay> _fixed = [];
    readonly HashSet<(string From, string To)> _flights;
    readonly List<string> _lines = [];

    TravelSearch(DataRecord record)
    {
        _cities = record.Number("num_cities");
        _flights =
            [.. record.Records("connected_cities")
                .Select(c => c.Texts() is [var from, var to] ? (from, to) : throw record.Lacks("pairs of cities in 'connected_cities'"))];
        DataRecord[] constraints = [.. record.Records("constraints")];
        foreach (DataRecord one in constraints.Where(c => c.Text("type") == "fixed"))
        {
            (int from, int to) = (one.Number("start_day"), one.Number("end_day"));
            _fixed.Add(new(one.Text("city"), to - from + 1, from));
        }
        Add("Read the requirements and identify the cities that have fixed schedules and the cities that need to be arranged.");
        foreach (DataRecord one in constraints.Where(c => c.Text("type") == "duration"))
        {
            string city = one.Text("city");
            int days = one.Number("num_days");
            Stay? own = _fixed.Find(f => f.City == city);
            Add($"* City: {city}, Duration: {days} days{(own is null ? "" : $", Fixed Schedule: Day {own.From} - {own.To}")}.");
            if (own is null)
            {
                _free.Add(new(city, days, 0));
            }
        }
        Add("");
        _fixed = [.. _fixed.OrderBy(f => f.From)];
        Add(_fixed.Count == 0
            ? "Cities that have fixed schedules: None."
            : "Cities that have fixed schedules (sorted by their arrival days):");
        _fixed.ForEach(f => Add($"* City: {f.City}, Fixed Schedule: Day {f.From} - {f.To}."));
        Add("");
        Add(_free.Count == 0 ? "Cities needing arrangement: None." : "Cities needing arrangement:");
        _free.ForEach(f => Add($"* City: {f.City}, Duration: {f.Days} days."));
        Add("");
    }

    /// <summary>Returns the procedure and the plan of a record, in their tags.</summary>
    /// <exception cref="Engine.InputException">The record is damaged, or has no plan.</exception>
    internal static string Procedure(DataRecord record)
    {
        TravelSearch search = new(record);
        IReadOnlyList<Stay> plan = search.From(1, [], search._free) ?? throw record.Lacks("a plan that fits its 'constraints'");
        return $"<Solving Procedure>\n{string.Join('\n', search._lines)}\n</Solving Procedure>\n\nOutput the plan in the required format:\n"
            + $"<Plan>\n{string.Join('\n', PlanLines(plan))}\n</Plan>";
    }

    static IEnumerable<string> PlanLines(IReadOnlyList<Stay> plan)
    {
        for (int i = 0; i < plan.Count; i++)
        {
            Stay stay = plan[i];
            yield return $"**Day {stay.From}-{stay.To}:** {(i == 0 ? $"Arriving in {stay.City} and visit" : "Visit")} {stay.City} for "
                + $"{stay.Days} days.";
            if (i + 1 < plan.Count)
            {
                yield return $"**Day {stay.To}:** Fly from {stay.City} to {plan[i + 1].City}.";
            }
        }
    }

    IReadOnlyList<Stay>? From(int day, IReadOnlyList<Stay> plan, IReadOnlyList<Stay> free)
    {
        int level = plan.Count * 2;
        Log(level, $"Current day: {day}. Current plan: {List(plan)}.");
        if (plan.Count == _cities)
        {
            Log(level, $"All {_cities} cities are arranged. Complete plan is found!");
            return plan;
        }
        Log(level, $"Check whether the city with an arrival day of Day {day} - is fixed.");
        Stay? due = _fixed.Find(f => f.From == day);
        Log(level, due is null
            ? $"No. Consider possible options from cities needing arrangement: {List(free)} and explore these options in order."
            : $"Yes. The city with an arrival day of Day {day} - is fixed: {due.City}.");
        Stay? next = _fixed.Find(f => f.From > day);
        foreach (Stay stay in due is null ? free.Select(f => f with { From = day }) : [due])
        {
            if (Fits(level + 1, stay, plan.Count == 0 ? Start : plan[^1].City, next)
                && From(stay.To, [.. plan, stay], [.. free.Where(f => f.City != stay.City)]) is { } found)
            {
                return found;
            }
        }
        Log(level + 1, $"Fail to arrange any option on day {day} in the current arrangement. Drop this branch.");
        return null;
    }

    bool Fits(int level, Stay stay, string last, Stay? next)
    {
        Log(
            level,
            $"Try arranging to visit {stay.City} from Day {stay.From}. Duration: {stay.Days} days. Schedule: Day {stay.From} - {stay.To}.");
        Log(level, $"Check for direct flight from {last} to {stay.City}.");
        if (last != Start && !_flights.Contains((last, stay.City)))
        {
            Log(level, "No. Drop this branch.");
            return false;
        }
        Log(level, "Yes.");
        Log(
            level,
            $"Check whether this arrangement is compatible with the next fixed schedule after Day {stay.From}: "
                + $"{(next is null ? "None" : $"{next.City} (Day {next.From} - {next.To})")}.");
        if (next is null)
        {
            Log(level, "No following fixed schedules. This arrangement is compatible.");
        }
        else
        {
            bool isLate = stay.To > next.From;
            Log(
                level,
                $"The departure day of {stay.City} is Day {stay.To}. The arrival day of {next.City} is Day {next.From}. Day {stay.To} is "
                    + (isLate
                        ? $"later than (>) Day {next.From}. This arrangement is incompatible. Drop this branch."
                        : $"not later than (<=) Day {next.From}. This arrangement is compatible."));
            if (isLate)
            {
                return false;
            }
        }
        Log(level, "This arrangement is feasible for now. Continue to arrange the rest of the plan.");
        return true;
    }

    static string List(IEnumerable<Stay> stays) => $"[{string.Join(", ", stays.Select(s => s.City))}]";

    void Log(int level, string line) => Add(level == 0 ? line : $"{new string(' ', level)}|- {line}");

    void Add(string line) => _lines.Add(line);

    /// <summary>Represents a stay.</summary>
    sealed record Stay(string City, int Days, int From)
    {
        internal int To => From + Days - 1;
    }
}
