using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Represents a report, section by section. An empty list omits its section. All strings are plain text.</summary>
public sealed record ReportModel
{
    /// <summary>Gets the heading, which is also the page's title.</summary>
    public required string Title { get; init; }

    /// <summary>Gets one or two sentences under the heading.</summary>
    public string Lead { get; init; } = "";

    /// <summary>Gets a mark of what the report is about, which keeps another report from replacing it; empty for none.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Gets the most important numbers.</summary>
    public IReadOnlyList<Headline> Headlines { get; init; } = [];

    /// <summary>Gets sections of any kind, which come before those of tasks.</summary>
    public IReadOnlyList<ReportSection> Sections { get; init; } = [];

    /// <summary>Gets the note on the numbers of the overview.</summary>
    public string OverviewNote { get; init; } =
        "The mean of each task with its 95 % interval. n counts the examples of all lengths, failed ones included. Prompts cut is the "
        + "share of prompts that were shortened to fit. A mean near chance shows no ability.";

    /// <summary>Gets the note on the numbers of the differences.</summary>
    public string DifferencesNote { get; init; } =
        "Paired over the shared examples: bootstrap, or jackknife over the documents that examples share. "
        + "A difference counts when its 95 % interval excludes 0; one in twenty does so by chance.";

    /// <summary>Gets the note on the curves.</summary>
    public string TrainingNote { get; init; } = "Faint lines are single steps, bold ones a moving mean.";

    /// <summary>Gets all tasks, one table per benchmark.</summary>
    public IReadOnlyList<ReportTable> Overview { get; init; } = [];

    /// <summary>Gets the differences from the first variant, one table per other variant.</summary>
    public IReadOnlyList<ReportTable> Differences { get; init; } = [];

    /// <summary>Gets one section per task, with its variants side by side.</summary>
    public IReadOnlyList<TaskSection> Tasks { get; init; } = [];

    /// <summary>Gets how much each head copied, one map per variant.</summary>
    public IReadOnlyList<HeadMap> Heads { get; init; } = [];

    /// <summary>Gets loss, margin, accuracy and so on over the steps; several runs in one chart.</summary>
    public IReadOnlyList<LineChart> Training { get; init; } = [];

    /// <summary>Gets sample answers of the models.</summary>
    public IReadOnlyList<SampleAnswer> Samples { get; init; } = [];

    /// <summary>Gets the answers that lost most, task by task.</summary>
    public IReadOnlyList<WorstAnswers> Worst { get; init; } = [];

    /// <summary>Gets the failed examples, with the reasons.</summary>
    public IReadOnlyList<Setting> Failures { get; init; } = [];

    /// <summary>Gets what was requested and not run or compared, with the reason.</summary>
    public IReadOnlyList<Setting> NotRun { get; init; } = [];

    /// <summary>Gets the settings behind the numbers.</summary>
    public IReadOnlyList<Setting> Settings { get; init; } = [];

    /// <summary>Gets the provenance of each variant's numbers.</summary>
    public IReadOnlyList<Provenance> Provenance { get; init; } = [];
}

/// <summary>Represents one number in large type.</summary>
/// <param name="Value">"88 %".</param>
/// <param name="Label">"LOGO at 4K".</param>
/// <param name="Note">"35 of 40 answers exact".</param>
public sealed record Headline(string Value, string Label, string Note);

/// <summary>Represents one section; its parts appear in the order of the properties.</summary>
/// <param name="Title">"Curves".</param>
/// <param name="Note">How to read it; may be empty.</param>
public sealed record ReportSection(string Title, string Note = "")
{
    /// <summary>Gets names and values.</summary>
    public IReadOnlyList<Setting> Facts { get; init; } = [];

    /// <summary>Gets tables.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    /// <summary>Gets charts.</summary>
    public IReadOnlyList<LineChart> Charts { get; init; } = [];

    /// <summary>Gets questions and answers.</summary>
    public IReadOnlyList<SampleAnswer> Samples { get; init; } = [];

    /// <summary>Gets whether the section is marked as one that needs attention.</summary>
    public bool IsWarning { get; init; }
}

/// <summary>Represents one task: maps side by side, then lines by length, then tables.</summary>
/// <param name="Title">"One needle".</param>
/// <param name="Note">The metric and the number of examples.</param>
/// <param name="Maps">One for each variant, in the order of comparison; those without cells are not drawn.</param>
/// <param name="Charts">Means by length.</param>
/// <param name="Tables">Means with intervals, by length and by the other groups.</param>
public sealed record TaskSection(
    string Title,
    string Note,
    IReadOnlyList<HeatMap> Maps,
    IReadOnlyList<LineChart> Charts,
    IReadOnlyList<ReportTable> Tables);

/// <summary>Represents scores by context length (columns) and depth (rows).</summary>
/// <param name="Variant">"base", "LOGO".</param>
/// <param name="Cells">Cells that were measured; others stay blank.</param>
public sealed record HeatMap(string Variant, IReadOnlyList<HeatCell> Cells);

/// <summary>Represents one cell of a heat map.</summary>
/// <param name="Length">Context tokens.</param>
/// <param name="Depth">0 to 1.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="N">Examples.</param>
public sealed record HeatCell(int Length, double Depth, double Score, int N);

/// <summary>Represents the retrieval scores of a model's heads.</summary>
/// <param name="Variant">"base", "LOGO".</param>
/// <param name="Scores">By layer and head.</param>
public sealed record HeadMap(string Variant, HeadScores Scores);

/// <summary>Represents a table with one heading row and one heading column.</summary>
/// <param name="Columns">Headings; the first is that of the heading column.</param>
/// <param name="Rows">As many cells as columns.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<TableCell>> Rows)
{
    /// <summary>Gets the heading; may be empty.</summary>
    public string Caption { get; init; } = "";
}

/// <summary>Represents a cell of a table.</summary>
/// <param name="Text">The number or name.</param>
/// <param name="Note">In small type beside it: an interval. Empty for none.</param>
/// <param name="Strong">Whether it is highlighted as the best of its kind.</param>
public sealed record TableCell(string Text, string Note = "", bool Strong = false)
{
    /// <summary>Gets the value behind the cell's color, 0 to 1, as in heat maps; null for none.</summary>
    public double? Heat { get; init; }
}

/// <summary>Represents several series over one axis.</summary>
/// <param name="Title">The title.</param>
/// <param name="XLabel">The label of the horizontal axis, with its unit.</param>
/// <param name="YLabel">The label of the vertical axis, with its unit.</param>
/// <param name="Series">A name has the same color in all charts of a report.</param>
public sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>Gets whether equal ratios have equal horizontal distances, with a tick at every x that occurs.</summary>
    public bool LogX { get; init; }

    /// <summary>Gets whether equal ratios have equal heights; all values must be positive.</summary>
    public bool LogY { get; init; }

    /// <summary>Gets the values that the vertical axis must include: 0 and 100 for percent.</summary>
    public IReadOnlyList<double> MustShow { get; init; } = [];

    /// <summary>Gets the share of a long series over which its moving mean extends to each side; 0 for single steps only.</summary>
    public double Smoothing { get; init; } = 1 / 40.0;

    /// <summary>Gets whether intervals are drawn as an area around each line, without marked points.</summary>
    public bool Band { get; init; }

    /// <summary>Gets the level of the line named "chance"; null for none.</summary>
    public double? Chance { get; init; }

    /// <summary>Gets the places on the horizontal axis that are marked by a vertical line.</summary>
    public IReadOnlyList<ChartMark> Marks { get; init; } = [];
}

/// <summary>Represents a vertical line in a chart.</summary>
/// <param name="X">Its place.</param>
/// <param name="Label">The text on it: "alarm".</param>
public sealed record ChartMark(double X, string Label);

/// <summary>Represents one line of a chart.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="Points">By rising x. Points that are not finite are left out.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points)
{
    /// <summary>Gets the color and dashes, 0 to 7; null for those that belong to the name in the whole report.</summary>
    public int? Style { get; init; }
}

/// <summary>Represents one point.</summary>
/// <param name="X">Step, or tokens.</param>
/// <param name="Y">Value.</param>
/// <param name="Low">Lower end of its interval; null for none.</param>
/// <param name="High">Upper end.</param>
public readonly record struct ChartPoint(double X, double Y, double? Low = null, double? High = null);

/// <summary>Represents one question and the answer of every variant.</summary>
/// <param name="Heading">"One needle · 4096 tokens · depth 50 %".</param>
/// <param name="Question">The question.</param>
/// <param name="Answer">The right answer.</param>
/// <param name="Completions">One for each variant.</param>
public sealed record SampleAnswer(string Heading, string Question, string Answer, IReadOnlyList<VariantAnswer> Completions)
{
    /// <summary>Gets the name of <see cref="Answer"/>.</summary>
    public string AnswerName { get; init; } = "right answer";
}

/// <summary>Represents the answer of one variant.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Completion">The answer; may be empty.</param>
/// <param name="Score">0 to 1; null if it was not scored.</param>
public sealed record VariantAnswer(string Variant, string Completion, double? Score);

/// <summary>Represents the worst answers to one task.</summary>
/// <param name="Title">"One needle".</param>
/// <param name="Note">The rule by which they were selected.</param>
/// <param name="Samples">The worst first.</param>
public sealed record WorstAnswers(string Title, string Note, IReadOnlyList<WorstAnswer> Samples);

/// <summary>Represents one of the worst answers.</summary>
/// <param name="Summary">Which example, and its scores.</param>
/// <param name="Question">The question; may be empty.</param>
/// <param name="PromptEnd">The last words of the prompt; may be empty.</param>
/// <param name="References">The right answers.</param>
/// <param name="Answers">One for each variant: its name with the score, and its words.</param>
public sealed record WorstAnswer(
    string Summary,
    string Question,
    string PromptEnd,
    IReadOnlyList<string> References,
    IReadOnlyList<Setting> Answers);

/// <summary>Represents the provenance of a variant's numbers.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Facts">Model and hashes, templates, stop reasons, versions, command.</param>
public sealed record Provenance(string Variant, IReadOnlyList<Setting> Facts);

/// <summary>Represents a name and its value.</summary>
/// <param name="Name">"seed".</param>
/// <param name="Value">"1".</param>
public sealed record Setting(string Name, string Value);
