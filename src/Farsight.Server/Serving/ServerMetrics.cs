using System.Globalization;
using System.Text;
using Farsight.Server.Protocol;

namespace Farsight.Server.Serving;

/// <summary>Holds the numbers of /metrics. Labels are routes, statuses and names of served models, never text of a request.</summary>
/// <remarks>Source: Prometheus, "Exposition formats", text format 0.0.4.</remarks>
/// <param name="admission">Requests in progress.</param>
/// <param name="models">The served models.</param>
sealed class ServerMetrics(Admission admission, ModelCatalog models)
{
    static readonly double[] s_seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    readonly Lock _access = new();
    readonly SortedDictionary<string, double> _requests = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, double> _prompt = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, double> _cached = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, double> _completion = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, Durations> _duration = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, Durations> _first = new(StringComparer.Ordinal);

    /// <summary>Counts a request.</summary>
    internal void CountRequest(string route, int status, double seconds)
    {
        lock (_access)
        {
            Add(_requests, string.Create(CultureInfo.InvariantCulture, $"{Label("route", route)},status=\"{status}\""), 1);
            Observe(_duration, Label("route", route), seconds);
        }
    }

    /// <summary>Counts the tokens of an answered request.</summary>
    internal void CountTokens(string model, TokenUsage usage)
    {
        lock (_access)
        {
            string label = Label("model", model);
            Add(_prompt, label, usage.Prompt);
            Add(_cached, label, usage.Cached);
            Add(_completion, label, usage.Completion);
        }
    }

    /// <summary>Records the time to the first token of an answer.</summary>
    internal void CountFirstToken(string model, double seconds)
    {
        lock (_access)
        {
            Observe(_first, Label("model", model), seconds);
        }
    }

    /// <summary>Returns all numbers in Prometheus' text format.</summary>
    internal string Write()
    {
        StringBuilder text = new();
        lock (_access)
        {
            Family("farsight_requests_total", "counter", "Requests by route and status.", _requests);
            Family("farsight_prompt_tokens_total", "counter", "Prompt tokens, cached ones included.", _prompt);
            Family("farsight_cached_tokens_total", "counter", "Prompt tokens that were in the cache.", _cached);
            Family("farsight_completion_tokens_total", "counter", "Generated tokens.", _completion);
            Histogram("farsight_request_seconds", "Duration of requests.", _duration);
            Histogram("farsight_first_token_seconds", "Time from a request to its first token.", _first);
        }
        Head("farsight_requests_in_progress", "gauge", "Requests in progress, those that wait included.");
        text.Append(CultureInfo.InvariantCulture, $"farsight_requests_in_progress {admission.Count}\n");
        IReadOnlyList<ServedModel> served = models.Models;
        Family(
            "farsight_cache_tokens", "gauge", "Tokens whose keys and values are in the cache.",
            served.Select(m => KeyValuePair.Create(Label("model", m.Name), (double)m.CacheTokens.InUse)));
        Family(
            "farsight_cache_capacity_tokens", "gauge", "Tokens that the cache can hold.",
            served.Select(m => KeyValuePair.Create(Label("model", m.Name), (double)m.CacheTokens.Capacity)));
        return text.ToString();

        void Head(string name, string type, string help) => text.Append(
            CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

        void Family(string name, string type, string help, IEnumerable<KeyValuePair<string, double>> values)
        {
            Head(name, type, help);
            foreach ((string label, double value) in values)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{{label}}} {value}\n");
            }
        }

        void Histogram(string name, string help, SortedDictionary<string, Durations> values)
        {
            Head(name, "histogram", help);
            foreach ((string label, Durations durations) in values)
            {
                long below = 0;
                for (int i = 0; i < s_seconds.Length; i++)
                {
                    below += durations.Counts[i];
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{label},le=\"{s_seconds[i]}\"}} {below}\n");
                }
                below += durations.Counts[^1];
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{label},le=\"+Inf\"}} {below}\n");
                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{label}}} {durations.Sum}\n{name}_count{{{label}}} {below}\n");
            }
        }
    }

    static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    static void Add(SortedDictionary<string, double> values, string label, double value) =>
        values[label] = values.GetValueOrDefault(label) + value;

    static void Observe(SortedDictionary<string, Durations> values, string label, double seconds)
    {
        if (!values.TryGetValue(label, out Durations? durations))
        {
            durations = values[label] = new();
        }
        int bucket = Array.FindIndex(s_seconds, s => seconds <= s);
        durations.Counts[bucket < 0 ? s_seconds.Length : bucket]++;
        durations.Sum += seconds;
    }

    /// <summary>Represents durations, counted by the first bound that they do not exceed; the last count is beyond all bounds.</summary>
    sealed class Durations
    {
        internal long[] Counts { get; } = new long[s_seconds.Length + 1];

        internal double Sum { get; set; }
    }
}
