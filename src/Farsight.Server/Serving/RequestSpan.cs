using System.Diagnostics;
using Farsight.Alignment.Answering;
using Farsight.Server.Protocol;

namespace Farsight.Server.Serving;

/// <summary>Represents the span of a request in a trace, with the spans queue, prefill and decode below it.</summary>
/// <remarks>
/// Spans hold numbers and names of served models, never text of a request. Names of attributes: OpenTelemetry, "Semantic conventions for
/// generative AI"; those without a convention begin with "farsight". Nothing is recorded without a listener.
/// </remarks>
sealed class RequestSpan : IDisposable
{
    /// <summary>Name of the source of the spans.</summary>
    internal const string Source = "Farsight.Server";

    static readonly ActivitySource s_source = new(Source);

    readonly Activity? _activity; // null without a listener

    RequestSpan(Activity? activity) => _activity = activity;

    /// <summary>Starts the span of a request.</summary>
    /// <param name="parent">The client's span; default for none.</param>
    /// <param name="operation">Name of the operation: "chat".</param>
    /// <param name="model">Name of the served model.</param>
    internal static RequestSpan Start(ActivityContext parent, string operation, string model)
    {
        Activity? activity = s_source.StartActivity($"{operation} {model}", ActivityKind.Server, parent);
        activity?.SetTag("gen_ai.operation.name", operation).SetTag("gen_ai.request.model", model);
        return new(activity);
    }

    /// <summary>Adds the phases of the answers to the current span: until one begins, until the first token, and until all end.</summary>
    /// <param name="begin">When the answers were requested, in UTC.</param>
    /// <param name="answers">The answers; those of a context method have no phases.</param>
    internal static void AddPhases(DateTime begin, IReadOnlyList<Completion> answers)
    {
        if (answers.Min(a => a.QueueSeconds) is not { } queue)
        {
            return;
        }
        double end = answers.Max(a => a.Seconds);
        double first = answers.Min(a => a.FirstTokenSeconds) ?? end;
        Add("queue", 0, queue);
        Add("prefill", queue, first);
        if (first < end)
        {
            Add("decode", first, end);
        }

        void Add(string name, double from, double to)
        {
            using Activity? phase = s_source.StartActivity(
                ActivityKind.Internal, startTime: new DateTimeOffset(begin.AddSeconds(from)), name: name);
            phase?.SetEndTime(begin.AddSeconds(to));
        }
    }

    /// <summary>Records the tokens of the request and why its answers ended.</summary>
    internal void End(TokenUsage usage, string[] finishReasons) => _activity?
        .SetTag("gen_ai.usage.input_tokens", usage.Prompt)
        .SetTag("gen_ai.usage.output_tokens", usage.Completion)
        .SetTag("farsight.cached_tokens", usage.Cached)
        .SetTag("gen_ai.response.finish_reasons", finishReasons);

    /// <summary>Records that the request failed.</summary>
    /// <param name="type">A word for the reason, without text of the request.</param>
    internal void Fail(string type) => _activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", type);

    /// <summary>Ends the span.</summary>
    public void Dispose() => _activity?.Dispose();
}
