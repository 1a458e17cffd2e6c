using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Represents html_to_tsv: a table from a web page.</summary>
/// <remarks>Items whose page is not in the folder are left out, and the results name them as skipped.</remarks>
sealed class HtmlToTsv(string size) : LongProcTask("html_to_tsv", size, "F1 of the table's rows")
{
    /// <inheritdoc/>
    protected override IEnumerable<EvalDataFile> MoreData =>
        [From($"{Folder}/webpage/{FirstPage}") with { Source = "princeton-pli/LongProc @78e873a: the folder data/html_to_tsv/webpage" }];

    // Pages of all sizes share a folder, so one of them stands for its size.
    string FirstPage => Size switch { "0.5k" => "", "2k" => "W80_2k_1.html", _ => "W237_8k_1.html" };

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        (PrecisionRecall rows, double extraction) = LongProcTable.Score(completion, example.References[0]);
        return new(
            rows.F1,
            new Dictionary<string, double>
            {
                ["precision"] = rows.Precision,
                ["recall"] = rows.Recall,
                ["extraction"] = extraction,
            });
    }

    /// <inheritdoc/>
    public override string? Omission(EvalSetting setting)
    {
        string[] pages = [.. Records(setting.Data).Select(PageOf)], missing = [.. pages.Where(p => !setting.Data.Exists(p))];
        return missing.Length == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{missing.Length} of {pages.Length} items are left out, because their pages are missing, such as {missing[0]}; "
                + $"{EvalData.Advice}.");
    }

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        string page = PageOf(record);
        if (!data.Exists(page))
        {
            return null;
        }
        string[] names = ["task_id", "website_id", "task_topic", "task_description", "tsv_header", "filtering_instruction"];
        Dictionary<string, string> values = names.ToDictionary(n => n, record.Text);
        // Python opens texts with these line ends.
        values["html_str"] = data.ReadText(page).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return new(values, record.Text("gt"), record.Text("task_topic"));
    }

    string PageOf(DataRecord record) => $"{Folder}/{record.Text("html_path")}";
}
